// Several aggregates as one state: sdk/aggregate_set.hpp with the TestHost.
#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

#include "common/test_host.h"

namespace plugin_common {
namespace {

namespace sh = streamhost;

// The values one after another; its states own memory.
struct Text {
  struct State {
    State() { ++alive; }
    State(State&& other) noexcept : text(std::move(other.text)) { ++alive; }
    ~State() { --alive; }
    static inline int alive = 0;
    std::string text;
  };
  static constexpr uint32_t state_version = 2;
  void add(State& state, const sh::Record& r) {
    if (r.value() == "bad") throw sh::bad_data("no text");
    state.text += r.value();
  }
  void merge(State& into, State& from) { into.text += from.text; }
  void finish(const State& state, sh::Writer& to) { to.write("\"" + state.text + "\""); }
  void save(const State& state, sh::Writer& to) { to.write(state.text); }
  State restore(std::string_view saved, uint32_t) {
    if (saved == "broken") throw sh::state_error("broken");
    State state;
    state.text = saved;
    return state;
  }
};

struct Count {
  using State = uint64_t;
  void add(uint64_t& n, const sh::Record& r) {
    if (r.value() == "bad") throw sh::bad_data("not counted");
    ++n;
  }
  void merge(uint64_t& into, const uint64_t& from) { into += from; }
  void finish(const uint64_t& n, sh::Writer& to) { to.write(std::to_string(n)); }
};

struct CannotMerge {
  using State = char;
  void add(char&, const sh::Record&) {}
  void finish(const char&, sh::Writer& to) { to.write("0"); }
};

class AggregateSet : public ::testing::Test {
 protected:
  AggregateSet()
      : text_(sh::aggregate<Text>("text")),
        count_(sh::aggregate<Count>("count")),
        cannot_(sh::aggregate<CannotMerge>("cannot")) {}
  ~AggregateSet() override { EXPECT_EQ(Text::State::alive, 0); }

  // Of "name=component", or "component" alone.
  sh::AggregateSet set(const std::vector<std::string>& uses) {
    host.options = TestOptions();
    for (const std::string& use : uses) {
      const size_t at = use.find('=');
      const std::string id = at == std::string::npos ? use : use.substr(at + 1);
      const sh_component* component = id == "text" ? text : id == "count" ? count : cannot;
      host.options.use("aggregate", "t." + id, *component,
                       at == std::string::npos ? "" : use.substr(0, at));
    }
    return {host.context(), host.config(), "aggregate"};
  }
  struct Memory {
    explicit Memory(const sh::AggregateSet& s) : set(s) { set.init(bytes); }
    Memory(const Memory&) = delete;
    ~Memory() { set.drop(bytes); }
    const sh::AggregateSet& set;
    alignas(64) std::byte bytes[128];
  };
  static std::string result(const sh::AggregateSet& set, const void* state) {
    std::string json;
    set.finish(state, json);
    return json;
  }
  static void add(sh::AggregateSet& set, void* state, const std::vector<std::string>& values) {
    std::vector<sh_record> records;
    std::vector<void*> states(values.size(), state);
    for (const std::string& value : values) {
      sh_record r{};
      r.key_len = SH_ABSENT;
      r.value = sh::to_bytes(value).ptr;
      r.value_len = static_cast<uint32_t>(value.size());
      records.push_back(r);
    }
    set.add(states.data(), records.data(), static_cast<uint32_t>(records.size()));
  }

  TestHost host;
  sh::Component text_, count_, cannot_;
  const sh_component* text = text_.finish();
  const sh_component* count = count_.finish();
  const sh_component* cannot = cannot_.finish();
};

TEST_F(AggregateSet, OfOneWithoutANameGivesItsResult) {
  sh::AggregateSet one = set({"count"});
  const Memory state(one);
  add(one, const_cast<std::byte*>(state.bytes), {"a", "b"});
  EXPECT_EQ(result(one, state.bytes), "2");
}

TEST_F(AggregateSet, OfSeveralGivesAnObjectInTheManifestsOrder) {
  sh::AggregateSet all = set({"z=count", "a \"quoted\"=text", "n=count"});
  EXPECT_EQ(all.size(), 3u);
  Memory state(all);
  add(all, state.bytes, {"x", "y"});
  EXPECT_EQ(result(all, state.bytes), R"({"z":2,"a \"quoted\"":"xy","n":2})");
}

TEST_F(AggregateSet, ReportsABadRecordOnceAndAddsTheOthers) {
  sh::AggregateSet all = set({"n=count", "t=text"});
  Memory state(all);
  add(all, state.bytes, {"x", "bad", "y", "bad"});
  EXPECT_EQ(result(all, state.bytes), R"({"n":2,"t":"xy"})");
  EXPECT_EQ(host.rejected, (std::vector<std::string>{"bad", "bad"}));
  EXPECT_NE(host.reasons.at(0).find("n: "), std::string::npos) << host.reasons.at(0);
}

TEST_F(AggregateSet, StatesAreMergedPartByPart) {
  sh::AggregateSet all = set({"n=count", "t=text"});
  Memory into(all), from(all);
  add(all, into.bytes, {"x"});
  add(all, from.bytes, {"y", "z"});
  all.merge(into.bytes, from.bytes);
  EXPECT_EQ(result(all, into.bytes), R"({"n":3,"t":"xyz"})");
  EXPECT_TRUE(all.can_merge());
}

TEST_F(AggregateSet, SeveralStatesAreMergedInTheirOrder) {
  sh::AggregateSet all = set({"n=count", "t=text"});
  Memory into(all), one(all), two(all), three(all);
  add(all, into.bytes, {"a"});
  add(all, one.bytes, {"b", "c"});
  add(all, three.bytes, {"d"});
  void* const from[] = {one.bytes, two.bytes, three.bytes};
  all.merge(into.bytes, from, 3);
  EXPECT_EQ(result(all, into.bytes), R"({"n":4,"t":"abcd"})");
  all.merge(into.bytes, nullptr, 0);
  EXPECT_EQ(result(all, into.bytes), R"({"n":4,"t":"abcd"})");
}

TEST_F(AggregateSet, KeepsWhatIsMergedWhenEachOfThemDoes) {
  EXPECT_TRUE(set({"n=count", "m=count"}).merge_keeps());
  EXPECT_FALSE(set({"n=count", "t=text"}).merge_keeps());
  EXPECT_EQ(count->aggregate->flags, uint32_t{SH_AGGREGATE_MERGE_KEEPS});
  EXPECT_EQ(text->aggregate->flags, 0u);
}

TEST_F(AggregateSet, SaysWhichAggregateCannotMerge) {
  sh::AggregateSet all = set({"n=count", "c=cannot"});
  EXPECT_FALSE(all.can_merge());
  try {
    all.require_merge("session windows");
    FAIL();
  } catch (const sh::Error& e) {
    EXPECT_STREQ(e.what(),
                 "session windows merge states, which t.cannot cannot; choose another aggregate");
  }
}

TEST_F(AggregateSet, IsRestoredUnderItsNamesWhateverTheirOrder) {
  std::string saved;
  {
    sh::AggregateSet before = set({"n=count", "t=text"});
    Memory one(before), two(before);
    add(before, one.bytes, {"x"});
    add(before, two.bytes, {"y", "z"});
    before.save_head(saved);
    before.save(one.bytes, saved);
    before.save(two.bytes, saved);
  }
  sh::AggregateSet after = set({"t=text", "n=count"});
  std::string_view rest = saved;
  const sh::AggregateSet::Head head = after.read_head(rest);
  std::vector<std::string> results;
  while (!rest.empty()) {
    alignas(64) std::byte bytes[128];
    after.restore(head, rest, bytes);
    results.push_back(result(after, bytes));
    after.drop(bytes);
  }
  EXPECT_EQ(results, (std::vector<std::string>{R"({"t":"x","n":1})", R"({"t":"yz","n":2})"}));
}

TEST_F(AggregateSet, RefusesWhatOtherAggregatesSaved) {
  std::string saved;
  set({"n=count"}).save_head(saved);
  for (const auto& uses : std::vector<std::vector<std::string>>{
           {"n=text"}, {"m=count"}, {"n=count", "m=count"}, {"count"}}) {
    std::string_view rest = saved;
    EXPECT_THROW(set(uses).read_head(rest), sh::Error) << uses[0];
  }
}

TEST_F(AggregateSet, RefusesWhatIsCutOffAndDropsWhatItHadMade) {
  std::string saved, head;
  {
    sh::AggregateSet before = set({"t=text", "n=count"});
    Memory one(before);
    add(before, one.bytes, {"some text"});
    before.save_head(head);
    before.save(one.bytes, saved);
  }
  sh::AggregateSet after = set({"t=text", "n=count"});
  for (size_t size = 0; size < head.size(); ++size) {
    std::string_view rest = std::string_view(head).substr(0, size);
    EXPECT_THROW(after.read_head(rest), sh::Error);
  }
  std::string_view rest = head;
  const auto read = after.read_head(rest);
  for (size_t size = 0; size < saved.size(); ++size) {
    alignas(64) std::byte bytes[128];
    rest = std::string_view(saved).substr(0, size);
    EXPECT_THROW(after.restore(read, rest, bytes), sh::Error);
  }
}

}  // namespace
}  // namespace plugin_common
