// Windows of this plugin in a test: their options, and aggregates to be used by them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "common/component_harness.h"
#include "emitter.h"

namespace streamhost::window {

using plugin_common::ComponentHarness;
using plugin_common::TestOptions;
using plugin_common::TestRecord;

// The texts of a window's records as a JSON array, as agg.collect has it.
struct Texts {
  struct State {
    std::string text;
  };
  void add(State& state, const Record& record) {
    if (record.value() == "bad") throw bad_data("a bad value");
    if (!state.text.empty()) state.text += ',';
    state.text += record.value();
  }
  void finish(const State& state, Writer& to) {
    to.write("[");
    to.write(state.text);
    to.write("]");
  }
  void save(const State& state, Writer& to) { to.write(state.text); }
  State restore(std::string_view saved, uint32_t) { return {std::string(saved)}; }
};

// The same; merging takes the texts out of the state that is merged.
struct MovingTexts : Texts {
  void merge(State& into, State& from) {
    if (!into.text.empty() && !from.text.empty()) into.text += ',';
    into.text += from.text;
    from.text.clear();
  }
};

// Components of these two, as the host would find them in another plugin.
struct TestAggregates {
  TestAggregates() : texts_(aggregate<Texts>("texts")), moving_(aggregate<MovingTexts>("moving")) {}
  Component texts_, moving_;
  const sh_component& texts = *texts_.finish();
  const sh_component& moving = *moving_.finish();
};

// Options as a manifest would have them; times in microseconds.
struct Options {
  std::map<std::string, std::string> plain;
  TestOptions more;

  static Options tumbling(int64_t length) {
    return Options().set("kind", "tumbling", "length", length);
  }
  static Options sliding(int64_t length, int64_t offset) {
    return Options().set("kind", "sliding", "length", length, "offset", offset);
  }
  static Options session(int64_t gap) { return Options().set("kind", "session", "gap", gap); }

  Options& align(int64_t at) { return set("align_to", at); }
  Options& per_key(int64_t wait) {
    more.table("clock")["per"] = {"key"};
    more.table("clock")["wait"] = {std::to_string(wait)};
    return *this;
  }
  Options& system() {
    more.table("clock")["kind"] = {"system"};
    return *this;
  }
  Options& lateness(int64_t us) { return with("allowed_lateness", std::to_string(us)); }
  Options& early(int64_t us) { return with("early", std::to_string(us)); }
  Options& ordered() { return with("ordered", "true"); }
  Options& with(const std::string& option, const std::string& value) {
    plain[option] = value;
    return *this;
  }
  Options& use(const std::string& id, const sh_component& component, const std::string& name = "") {
    more.use("aggregate", id, component, name);
    return *this;
  }

 private:
  Options& set() { return *this; }
  template <class... Rest>
  Options& set(const char* field, const std::string& value, Rest... rest) {
    more.table("window")[field] = {value};
    return set(rest...);
  }
  template <class... Rest>
  Options& set(const char* field, int64_t value, Rest... rest) {
    return set(field, std::to_string(value), rest...);
  }
};

// One step of this plugin.
class WindowHarness : public ComponentHarness {
 public:
  WindowHarness(const std::string& component, const Options& options, bool event_time = true)
      : ComponentHarness(component, options.plain, options.more, event_time) {}

  // Takes one record.
  sh_status take(const std::string& key, int64_t time, const std::string& value = "1",
                 uint32_t port = 0) {
    return process({{key, value, time}}, port);
  }
  // What came by a port since the last call: the values.
  std::vector<std::string> taken(uint32_t port) {
    std::vector<std::string> values;
    std::vector<TestRecord> rest;
    for (TestRecord& record : out) {
      if (record.port == port) {
        values.push_back(record.value.value_or("(none)"));
      } else {
        rest.push_back(std::move(record));
      }
    }
    out = std::move(rest);
    return values;
  }
  std::vector<std::string> results() { return taken(kOutPort); }
  std::vector<std::string> late() { return taken(kLatePort); }
  std::vector<std::string> meta() { return taken(kMetaPort); }
  // The end of the input, as the host tells of it.
  void finish() {
    EXPECT_EQ(move_watermark(INT64_MAX), SH_OK) << message();
    EXPECT_EQ(end(), SH_OK) << message();
  }
};

}  // namespace streamhost::window
