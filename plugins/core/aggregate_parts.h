// Aggregates for tests of the steps that use them: those of the plugin agg, linked in, and one
// whose result is what the test says.
#pragma once

#include <streamhost/sdk.hpp>

#include <map>
#include <string>

#include "agg/numbers.h"
#include "common/test_options.h"

namespace streamhost::core {

// The last value as it stands, as the result. It refuses the value "bad", fails at the result
// "fail", owns memory and does not merge.
struct Echo {
  struct State {
    State() { ++alive; }
    State(State&& other) noexcept : text(std::move(other.text)) { ++alive; }
    ~State() { --alive; }
    static inline int alive = 0;
    std::string text;
  };
  void add(State& state, const Record& r) {
    if (r.value() == "bad") throw bad_data("a bad value");
    state.text = r.value();
  }
  void finish(const State& state, Writer& to) {
    if (state.text == "fail") throw bad_data("no result");
    to.write(state.text);
  }
  void save(const State& state, Writer& to) { to.write(state.text); }
  State restore(std::string_view saved, uint32_t) {
    State state;
    state.text = saved;
    return state;
  }
};

class AggregateParts {
 public:
  AggregateParts()
      : sum_(agg::component<agg::SumOf>().options(input())),
        count_(agg::component<agg::Count>().options(input())),
        echo_(aggregate<Echo>("echo")),
        table_{{"agg.sum", sum_.finish()},
               {"agg.count", count_.finish()},
               {"test.echo", echo_.finish()}} {}

  // Option `aggregate` with a single one.
  plugin_common::TestOptions one(const std::string& id) const { return named({{"", id}}); }
  // The same with names; `of` is for agg.sum.
  plugin_common::TestOptions named(const std::vector<std::pair<std::string, std::string>>& ids,
                                   const std::string& of = "") const {
    plugin_common::TestOptions options;
    for (const auto& [name, id] : ids) {
      auto& own = options.use("aggregate", id, *table_.at(id), name);
      if (id == "agg.sum" && !of.empty()) own["of"] = {of};
    }
    return options;
  }

 private:
  static std::vector<Option> input() {
    return {option("of", Type::string, ""), option("missing", Type::string, "").otherwise("error")};
  }

  Component sum_, count_, echo_;
  std::map<std::string, const sh_component*> table_;
};

}  // namespace streamhost::core
