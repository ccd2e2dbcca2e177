// Aggregates put to work by a component in a unit test: sdk/use_aggregate.hpp with the TestHost.
#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

#include "common/test_host.h"

namespace plugin_common {
namespace {

namespace sh = streamhost;

// The values with something between them; its state owns memory.
struct Joined {
  struct State {
    State() { ++alive; }
    State(State&& other) noexcept : text(std::move(other.text)) { ++alive; }
    ~State() { --alive; }
    static inline int alive = 0;
    std::string text;
  };
  static constexpr uint32_t state_version = 3;
  Joined(const sh::Context& ctx, const sh::Config& config) : between(config.str("between")) {
    if (between == "x") throw sh::config_error("not x");
    ctx.info("made");
  }
  ~Joined() { between = "gone"; }
  void add(State& state, const sh::Record& r) {
    if (r.value() == "bad") throw sh::bad_data("a bad value");
    if (r.value() == "worse") throw std::runtime_error("all is lost");
    if (!state.text.empty()) state.text += between;
    state.text += r.value();
  }
  void merge(State& into, State& from) { into.text += between + from.text; }
  void finish(const State& state, sh::Writer& to) {
    to.write("\"");
    to.write(state.text);
    to.write("\"");
  }
  void save(const State& state, sh::Writer& to) { to.write(state.text); }
  State restore(std::string_view saved, uint32_t version) {
    State state;
    state.text = saved;
    if (version < 3) state.text += " (old)";
    return state;
  }
  std::string between;
};

struct Count {
  using State = uint64_t;
  void add(uint64_t& n, const sh::Record&) { ++n; }
  void finish(const uint64_t& n, sh::Writer& to) { to.write(std::to_string(n)); }
};

// A step that is made as the host makes it.
struct Step {
  Step(const sh::Context& ctx, const sh::Config& config) {
    for (const sh::Use& use : config.components("aggregate")) aggregates.emplace_back(ctx, use);
    if (const auto clock = config.table("clock")) wait_us = clock->integer("wait");
  }
  std::vector<sh::Aggregate> aggregates;
  int64_t wait_us = -1;
};

class UseAggregate : public ::testing::Test {
 protected:
  UseAggregate()
      : joined_component_(sh::aggregate<Joined>("joined").options(
            {sh::option("between", sh::Type::string, "").otherwise("-")})),
        count_component_(sh::aggregate<Count>("count")) {
    joined_ = joined_component_.finish();
    count_ = count_component_.finish();
  }
  ~UseAggregate() override { EXPECT_EQ(Joined::State::alive, 0); }

  Step step() { return {host.context(), host.config()}; }
  static sh_record record(std::string_view value) {
    sh_record r{};
    r.key_len = SH_ABSENT;
    r.value = sh::to_bytes(value).ptr;
    r.value_len = static_cast<uint32_t>(value.size());
    return r;
  }
  static std::string finish(const sh::Aggregate& aggregate, const void* state) {
    std::string json = ">";
    aggregate.finish(state, json);
    return json;
  }

  TestHost host;
  sh::Component joined_component_, count_component_;
  const sh_component *joined_, *count_;
  alignas(64) std::byte a_[64], b_[64];
};

TEST_F(UseAggregate, AStepFindsItsTablesAndAggregates) {
  host.options.table("clock")["wait"] = {"5000000"};
  host.options.use("aggregate", "t.joined", *joined_, "all")["between"] = {"+"};
  host.options.use("aggregate", "t.count", *count_, "n");
  const Step made = step();
  EXPECT_EQ(made.wait_us, 5'000'000);
  ASSERT_EQ(made.aggregates.size(), 2u);
  EXPECT_EQ(made.aggregates[0].name(), "all");
  EXPECT_EQ(made.aggregates[0].id(), "t.joined");
  EXPECT_EQ(made.aggregates[0].state_version(), 3u);
  EXPECT_TRUE(made.aggregates[0].can_merge());
  EXPECT_EQ(made.aggregates[1].name(), "n");
  EXPECT_FALSE(made.aggregates[1].can_merge());
  EXPECT_EQ(host.logs, std::vector<std::string>{"made"});
}

TEST_F(UseAggregate, WhatIsNotGivenIsNotThere) {
  EXPECT_TRUE(step().aggregates.empty());
  EXPECT_EQ(step().wait_us, -1);
  EXPECT_FALSE(host.context().has_event_time());
  host.event_time = true;
  EXPECT_TRUE(host.context().has_event_time());
}

TEST_F(UseAggregate, StatesGoThroughTheirWholeLife) {
  host.options.use("aggregate", "t.joined", *joined_);
  const Step made = step();
  const sh::Aggregate& joined = made.aggregates.at(0);
  ASSERT_LE(joined.state_size(), sizeof a_);
  joined.init(a_);
  joined.init(b_);
  const sh_record records[] = {record("x"), record("y"), record("z")};
  void* const states[] = {a_, b_, a_};
  joined.add(states, records, 3);
  EXPECT_EQ(finish(joined, a_), ">\"x-z\"");
  EXPECT_EQ(finish(joined, b_), ">\"y\"");
  joined.merge(a_, b_);
  joined.drop(b_);
  std::string saved = "before ";
  joined.save(a_, saved);
  EXPECT_EQ(saved, "before x-z-y");
  joined.restore(3, "x-z-y", b_);
  EXPECT_EQ(finish(joined, b_), ">\"x-z-y\"");
  joined.drop(b_);
  joined.restore(2, "x", b_);
  EXPECT_EQ(finish(joined, b_), ">\"x (old)\"");
  joined.drop(a_);
  joined.drop(b_);
}

TEST_F(UseAggregate, PlainStatesAreSavedAsTheyAre) {
  host.options.use("aggregate", "t.count", *count_);
  const Step made = step();
  const sh::Aggregate& count = made.aggregates.at(0);
  std::memset(a_, 7, sizeof a_);
  count.init(a_);
  const sh_record one = record("x");
  void* const state = a_;
  count.add(&state, &one, 1);
  std::string saved;
  count.save(a_, saved);
  EXPECT_EQ(saved.size(), sizeof(uint64_t));
  count.restore(1, saved, b_);
  EXPECT_EQ(finish(count, b_), ">1");
  try {
    count.restore(1, "short", b_);
    ADD_FAILURE();
  } catch (const sh::Error& e) {
    EXPECT_EQ(e.status(), SH_E_STATE);
    EXPECT_STREQ(e.what(), "t.count: the saved state has 5 bytes in place of 8");
  }
  EXPECT_THROW(count.restore(2, saved, b_), sh::Error);
}

TEST_F(UseAggregate, BadRecordsAreRejectedAndTheOthersAdded) {
  host.options.use("aggregate", "t.joined", *joined_);
  const Step made = step();
  const sh::Aggregate& joined = made.aggregates.at(0);
  joined.init(a_);
  const sh_record records[] = {record("bad"), record("x"), record("bad"), record("y"),
                               record("bad")};
  void* const states[] = {a_, a_, a_, a_, a_};
  joined.add(states, records, 5);
  EXPECT_EQ(finish(joined, a_), ">\"x-y\"");
  EXPECT_EQ(host.rejected.size(), 3u);
  EXPECT_EQ(host.reasons.at(0), "a bad value");
  std::vector<uint32_t> bad;
  joined.add(states, records, 5, [&](uint32_t i, std::string_view) { bad.push_back(i); });
  EXPECT_EQ(bad, (std::vector<uint32_t>{0, 2, 4}));
  EXPECT_EQ(host.rejected.size(), 3u);
  joined.drop(a_);
}

TEST_F(UseAggregate, WhatItComplainsOfIsThrownWithItsId) {
  host.options.use("aggregate", "t.joined", *joined_)["between"] = {"x"};
  try {
    step();
    ADD_FAILURE();
  } catch (const sh::Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    EXPECT_STREQ(e.what(), "t.joined: not x");
  }
  TestHost other;
  other.options.use("aggregate", "t.joined", *joined_);
  const Step made(other.context(), other.config());
  made.aggregates[0].init(a_);
  const sh_record lost = record("worse");
  void* const state = a_;
  EXPECT_THROW(made.aggregates[0].add(&state, &lost, 1), sh::Error);
  made.aggregates[0].drop(a_);
}

}  // namespace
}  // namespace plugin_common
