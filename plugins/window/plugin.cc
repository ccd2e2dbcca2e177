// The plugin `window`: what happens in a span of time, for each key. See README.md.
#include <streamhost/sdk.hpp>

#include "step.h"

namespace sh = streamhost;
using namespace streamhost::window;
using sh::Component;
using sh::option;
using sh::Option;
using sh::Type;

namespace {

Component window(const char* name, Computes computes, std::vector<Option> own) {
  Component c(name, &sh::detail::lifecycle_of<WindowStep>);
  c.raw().keyed = &window_table;
  for (Option& each : window_options()) own.push_back(std::move(each));
  return std::move(c)
      .options(std::move(own))
      .outputs({{"out", "one result of each window, when it closes"},
                {"late", "the records that came too late, as they are"},
                {"meta", "for each result: the window, and the sessions that it was merged of"}})
      .data(computes);
}

Option of(const char* help =
              "JSON Pointer into the value, as \"/price\"; without it the whole value counts") {
  return option("of", Type::string, help);
}

Option missing() {
  return option("missing", Type::string,
                "a record without the value, or with null: \"error\" makes it a bad record, "
                "\"skip\" goes past it")
      .otherwise("error")
      .choices({"error", "skip"});
}

Option aggregate(const char* help) {
  return option("aggregate", Type::component, help).required().named();
}

Component count() {
  return window("count", Computes::kCount,
                {of("JSON Pointer: count only records that have something there; without it all "
                    "count"),
                 option("missing", Type::string,
                        "with `of`, a record that has nothing there, or null: \"skip\" does not "
                        "count it, \"error\" makes it a bad record")
                     .otherwise("skip")
                     .choices({"skip", "error"})})
      .summary("How many records there are in each window");
}

Component collect() {
  return window("collect", Computes::kCollect,
                {option("as", Type::string,
                        "\"list\": all values, in the order they came; \"set\": each once, sorted")
                     .otherwise("list")
                     .choices({"list", "set"}),
                 option("limit", Type::integer,
                        "keep at most so many: the first of a list, the least of a set; without "
                        "it all")
                     .at_least(1),
                 of(),
                 option("missing", Type::string,
                        "a record without the value, or with null: \"error\" makes it a bad "
                        "record, \"skip\" goes past it, \"null\" takes it as null")
                     .otherwise("error")
                     .choices({"error", "skip", "null"})})
      .summary("The values of each window as a JSON array");
}

Component least() {
  return window("min", Computes::kMin, {of(), missing()})
      .summary("The least number of each window");
}

Component greatest() {
  return window("max", Computes::kMax, {of(), missing()})
      .summary("The greatest number of each window");
}

Component any_aggregate() {
  return window("aggregate", Computes::kAggregate,
                {aggregate("what is computed of each window: one aggregate, or several by name")})
      .summary("Any aggregate of each window, or several at once");
}

Component fold() {
  return window("fold", Computes::kAggregate,
                {aggregate("how the records of a window are folded, as { use = \"lua.fold\", … }")})
      .summary("The records of each window, folded from an initial value on");
}

Component reduce() {
  return window("reduce", Computes::kAggregate,
                {aggregate("how two values become one, as { use = \"lua.reduce\", … }")})
      .summary("The values of each window, reduced to one");
}

Component join() {
  return window("join", Computes::kJoin,
                {option("mode", Type::string,
                        "which results there are: of windows with a value of all inputs, of the "
                        "first one, of any; inputs without a value are null")
                     .otherwise("inner")
                     .choices({"inner", "left", "outer"}),
                 option("insert", Type::string,
                        "of several values of one input, take the last or the first, or make a "
                        "result of each combination")
                     .otherwise("last")
                     .choices({"last", "first", "product"}),
                 option("limit", Type::integer,
                        "insert = \"product\": the most values of one key and window; a record "
                        "beyond is a bad one; 0: any number")
                     .otherwise("10000")
                     .at_least(0)})
      .summary("The values that several inputs have for one key in each window")
      .any_inputs();
}

}  // namespace

SH_PLUGIN("window", "0.1.0", "Apache-2.0", count(), collect(), any_aggregate(), fold(), reduce(),
          least(), greatest(), join())
