// The plugin `agg`: aggregates, by which windows and folds make one value of many. See README.md.
#include "collect.h"
#include "distinct.h"
#include "first_last.h"
#include "frequent.h"
#include "numbers.h"
#include "quantile.h"
#include "top_k.h"

using namespace streamhost::agg;
using streamhost::Component;
using streamhost::option;
using streamhost::Option;
using streamhost::Type;

namespace {

Option of(const char* help =
              "JSON Pointer into the value, as \"/price\"; without it the whole "
              "value counts") {
  return option("of", Type::string, help);
}

// For what needs numbers.
Option missing() {
  return option("missing", Type::string,
                "a record without the value, or with null: \"error\" makes it a bad record, "
                "\"skip\" goes past it")
      .otherwise("error")
      .choices({"error", "skip"});
}

// For what takes any value.
Option missing_any() {
  return option("missing", Type::string,
                "a record without the value, or with null: \"error\" makes it a bad record, "
                "\"skip\" goes past it, \"null\" takes it as null")
      .otherwise("error")
      .choices({"error", "skip", "null"});
}

Component count() {
  return component<Count>()
      .summary("How many records there are, or how many have a field")
      .options({of("JSON Pointer: count only records that have something there; without it all "
                   "count"),
                option("missing", Type::string,
                       "with `of`, a record that has nothing there, or null: \"skip\" does not "
                       "count it, \"error\" makes it a bad record")
                    .otherwise("skip")
                    .choices({"skip", "error"})});
}

Component sum() {
  return component<SumOf>()
      .summary("The sum of numbers, exact for decimals; 0 of nothing")
      .options({of(), missing()});
}

Component least() {
  return component<Min>().summary("The least number; null of nothing").options({of(), missing()});
}

Component greatest() {
  return component<Max>()
      .summary("The greatest number; null of nothing")
      .options({of(), missing()});
}

Component mean() {
  return component<Mean>()
      .summary("The arithmetic mean of numbers; null of nothing")
      .options({of(), missing()});
}

Component stddev() {
  return component<Stddev>()
      .summary("The standard deviation of numbers; null of nothing")
      .options({option("kind", Type::string,
                       "\"sample\" divides by n - 1 (null for one number), \"population\" by n")
                    .otherwise("sample")
                    .choices({"sample", "population"}),
                of(), missing()});
}

Component first() {
  return component<First>()
      .summary("The value with the earliest event time, or that came first; null of nothing")
      .options({of(), missing_any()});
}

Component last() {
  return component<Last>()
      .summary("The value with the latest event time, or that came last; null of nothing")
      .options({of(), missing_any()});
}

Component collect() {
  return component<Collect>()
      .summary("The values as a JSON array; [] of nothing")
      .options({option("as", Type::string,
                       "\"list\": all values, in the order they came; \"set\": each once, sorted")
                    .otherwise("list")
                    .choices({"list", "set"}),
                option("limit", Type::integer,
                       "keep at most so many: the first of a list, the least of a set; without "
                       "it all")
                    .at_least(1),
                of(), missing_any()});
}

Component distinct() {
  return component<Distinct>()
      .summary("How many different values there are, exactly or about; 0 of nothing")
      .options({option("method", Type::string,
                       "\"exact\" keeps every value once; \"hll\" is HyperLogLog, a few KiB")
                    .otherwise("exact")
                    .choices({"exact", "hll"}),
                option("precision", Type::integer,
                       "of hll: at most 2^precision bytes, standard error 1.04 / 2^(precision/2)")
                    .otherwise("14")
                    .at_least(HyperLogLog::kLeastPrecision)
                    .at_most(HyperLogLog::kMostPrecision),
                of(), missing_any()});
}

Component quantile() {
  return component<Quantile>()
      .summary("Quantiles of numbers, within a relative error (DDSketch); null of nothing")
      .options({option("q", Type::list,
                       "from 0 to 1: 0.5 is the median; several give an array in their order")
                    .required(),
                option("accuracy", Type::number, "the relative error of the result")
                    .otherwise("0.01")
                    .at_least(DdScale::kFinest)
                    .at_most(0.5),
                option("max_buckets", Type::integer,
                       "the most memory, 16 bytes each; numbers too far apart for it lower the "
                       "accuracy")
                    .otherwise("2048")
                    .at_least(64)
                    .at_most(65536),
                of(), missing()});
}

Component top_k() {
  return component<TopK>()
      .summary("The k largest numbers, or the values that rank highest; [] of nothing")
      .options({option("k", Type::integer, "how many").required().at_least(1).at_most(10000),
                option("by", Type::string,
                       "JSON Pointer to the number that ranks; without it the values are numbers "
                       "and rank themselves"),
                option("order", Type::string, "which ones, best first")
                    .otherwise("largest")
                    .choices({"largest", "smallest"}),
                of(), missing()});
}

Component frequent() {
  return component<Frequent>()
      .summary("The k most frequent values with their counts; [] of nothing")
      .options({option("k", Type::integer, "how many").required().at_least(1).at_most(10000),
                option("capacity", Type::integer,
                       "how many values are counted at a time: counts are exact up to so many "
                       "different ones, then within n / capacity")
                    .otherwise("10000")
                    .at_least(1)
                    .at_most(1000000),
                of(), missing_any()});
}

}  // namespace

SH_PLUGIN("agg", "0.1.0", "Apache-2.0", count(), sum(), least(), greatest(), mean(), stddev(),
          first(), last(), collect(), distinct(), quantile(), top_k(), frequent())
