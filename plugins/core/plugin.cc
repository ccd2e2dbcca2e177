// The plugin `core`: what nearly every job needs. See README.md.
#include <streamhost/sdk.hpp>

#include "branch.h"
#include "collect.h"
#include "dedupe.h"
#include "enrich.h"
#include "enrich_cached.h"
#include "fold_final.h"
#include "folds.h"
#include "join.h"
#include "keying.h"
#include "observe.h"
#include "running.h"
#include "stateful.h"

namespace sh = streamhost;
using namespace streamhost::core;
using sh::option;
using sh::Type;

namespace {

sh::Option limit() {
  return option("limit", Type::integer, "how many records each worker shows; 0: all")
      .otherwise("0")
      .at_least(0);
}

}  // namespace

SH_PLUGIN(
    "core", "0.1.0", "Apache-2.0",
    sh::op<KeyOn>("key_on")
        .summary("Gives each record a key")
        .options({option("key", Type::string, "\"value\", \"header:NAME\" or \"constant:TEXT\"")
                      .required()}),
    sh::op<KeyRm>("key_rm").summary("Takes the key of each record away"),
    sh::op<Redistribute, SH_OPERATOR_REDISTRIBUTE>("redistribute")
        .summary("Spreads the records evenly over all workers"),
    sh::op<Inspect>("inspect").summary("Logs each record and passes it on").options({limit()}),
    sh::op<InspectDebug>("inspect_debug")
        .summary("Logs each record with epoch, worker and event time, and passes it on")
        .options({limit()}),
    sh::op<Raises>("raises")
        .summary("Fails the job at the first record")
        .options({option("message", Type::string, "what the error begins with")
                      .otherwise("a record came to a step that admits none")}),
    sh::keyed<Collect>("collect")
        .summary("Gathers the values of each key into JSON arrays")
        .options({option("max_size", Type::integer, "the most values in one array")
                      .otherwise("1000")
                      .at_least(1),
                  option("timeout", Type::duration,
                         "put an array out this long after its first value; 0s: wait until it is "
                         "full or the input ends")
                      .otherwise("0s")
                      .at_least(0),
                  option("values", Type::string,
                         "\"auto\": JSON goes in as it is and other text as a string; \"text\": "
                         "all values go in as strings")
                      .otherwise("auto")
                      .choices({"auto", "text"})}),
    sh::keyed<CountFinal>("count_final").summary("Counts the records of each key, at the end"),
    sh::keyed<SumFinal>("sum_final").summary("Adds up the values of each key, at the end"),
    sh::keyed<MinFinal>("min_final").summary("Finds the least value of each key, at the end"),
    sh::keyed<MaxFinal>("max_final").summary("Finds the greatest value of each key, at the end"),
    sh::keyed<StatsFinal>("stats_final")
        .summary("Finds count, min, mean and max of the values of each key, at the end"),
    fold_final_component(), reduce_final_component(), aggregate_component(),
    stateful_map_component(), stateful_flat_map_component(), dedupe_component(), branch_component(),
    enrich_component(), enrich_cached_component(), join_component())
