#include <gtest/gtest.h>

#include <random>

#include "common/component_harness.h"

namespace streamhost::core {
namespace {

using plugin_common::ComponentHarness;
using plugin_common::TestOptions;
using plugin_common::TestRecord;

using Records = std::vector<TestRecord>;
constexpr auto kNone = std::nullopt;

class JoinTest : public ::testing::Test {
 protected:
  explicit JoinTest(std::vector<std::string> inputs = {"name", "email"}) {
    inputs_.inputs(std::move(inputs));
  }
  ComponentHarness& join(const std::string& emit, const std::string& insert = "last",
                         const std::string& limit = "10000") {
    h_ = std::make_unique<ComponentHarness>(
        "join",
        std::map<std::string, std::string>{{"emit", emit}, {"insert", insert}, {"limit", limit}},
        inputs_);
    return *h_;
  }
  TestOptions inputs_;
  std::unique_ptr<ComponentHarness> h_;
};

TEST_F(JoinTest, CompletePutsTheRowOutOnceAllSidesAreThereAndForgetsTheKey) {
  ComponentHarness& h = join("complete");
  ASSERT_EQ(h.process({{"1", "Bee", 10}, {"2", "Hive", 30}}, 0), SH_OK);
  EXPECT_TRUE(h.out.empty());
  ASSERT_EQ(h.process({{"1", "bee@x", 5}}, 1), SH_OK);
  EXPECT_EQ(h.out, (Records{{"1", R"({"name":"Bee","email":"bee@x"})", 10}}));
  EXPECT_EQ(h.hashes, (std::vector<uint64_t>{77}));
  EXPECT_EQ(h.state_count(), 1u);
  ASSERT_EQ(h.process({{"1", "again@x", 40}}, 1), SH_OK);
  EXPECT_EQ(h.out.size(), 1u);
  ASSERT_EQ(h.end(), SH_AGAIN) << "what is half joined waits for a later run";
  EXPECT_EQ(h.out.size(), 1u);
}

TEST_F(JoinTest, CompleteBeginsAnewWithinABatch) {
  ComponentHarness& h = join("complete");
  ASSERT_EQ(h.process({{"1", "a"}}, 0), SH_OK);
  ASSERT_EQ(h.process({{"1", "b"}, {"1", "c"}}, 1), SH_OK);
  EXPECT_EQ(h.out, (Records{{"1", R"({"name":"a","email":"b"})"}}));
  ASSERT_EQ(h.state_count(), 1u);
  ASSERT_EQ(h.process({{"1", "d"}}, 0), SH_OK);
  EXPECT_EQ(h.out.back().value, R"({"name":"d","email":"c"})");
  EXPECT_EQ(h.state_count(), 0u);
}

TEST_F(JoinTest, FinalPutsOutWhatIsThereAtTheEnd) {
  ComponentHarness& h = join("final", "product");
  ASSERT_EQ(h.process({{"1", "a", 3}, {"1", "b", 4}, {"2", "x", 5}}, 0), SH_OK);
  ASSERT_EQ(h.process({{"1", "m", 1}}, 1), SH_OK);
  EXPECT_TRUE(h.out.empty());
  ASSERT_EQ(h.end(), SH_OK);
  EXPECT_EQ(h.out, (Records{{"1", R"({"name":"a","email":"m"})", 3},
                            {"1", R"({"name":"b","email":"m"})", 4},
                            {"2", R"({"name":"x","email":null})", 5}}));
}

TEST_F(JoinTest, RunningPutsOutWhatIsThereAfterEveryRecord) {
  ComponentHarness& h = join("running");
  ASSERT_EQ(h.process({{"1", "a", 1}}, 0), SH_OK);
  ASSERT_EQ(h.process({{"1", "m", 2}}, 1), SH_OK);
  ASSERT_EQ(h.process({{"1", "b", 3}}, 0), SH_OK);
  EXPECT_EQ(h.out, (Records{{"1", R"({"name":"a","email":null})", 1},
                            {"1", R"({"name":"a","email":"m"})", 2},
                            {"1", R"({"name":"b","email":"m"})", 3}}));
  h.end();
  EXPECT_EQ(h.out.size(), 3u);
}

TEST_F(JoinTest, FirstKeepsTheFirstValue) {
  ComponentHarness& h = join("complete", "first");
  ASSERT_EQ(h.process({{"1", "a"}, {"1", "b"}}, 0), SH_OK);
  ASSERT_EQ(h.process({{"1", "m"}}, 1), SH_OK);
  EXPECT_EQ(h.out, (Records{{"1", R"({"name":"a","email":"m"})"}}));
}

TEST_F(JoinTest, ARecordWithoutValueTakesItsSideAway) {
  ComponentHarness& h = join("complete");
  ASSERT_EQ(h.process({{"1", "a"}, {"1", kNone}, {"2", kNone}}, 0), SH_OK);
  EXPECT_EQ(h.state_count(), 0u);
  ASSERT_EQ(h.process({{"1", "m"}}, 1), SH_OK);
  EXPECT_TRUE(h.out.empty());
}

TEST_F(JoinTest, RunningTellsThatNothingIsLeftByARecordWithoutValue) {
  ComponentHarness& h = join("running");
  ASSERT_EQ(h.process({{"1", "a", 1}}, 0), SH_OK);
  ASSERT_EQ(h.process({{"1", "m", 2}}, 1), SH_OK);
  ASSERT_EQ(h.process({{"1", kNone, 3, {{"h", "x"}}}}, 0), SH_OK);
  ASSERT_EQ(h.process({{"1", kNone, 4}, {"1", kNone, 5}}, 1), SH_OK);
  EXPECT_EQ(h.out, (Records{{"1", R"({"name":"a","email":null})", 1},
                            {"1", R"({"name":"a","email":"m"})", 2},
                            {"1", R"({"name":null,"email":"m"})", 2},
                            {"1", kNone, 4}}));
  EXPECT_EQ(h.state_count(), 0u);
}

TEST_F(JoinTest, ARecordBeyondTheLimitIsRejectedAndTheOthersGoOn) {
  ComponentHarness& h = join("final", "product", "2");
  ASSERT_EQ(h.process({{"1", "a"}, {"1", "b"}, {"1", "c"}, {"2", "d"}}, 0), SH_OK);
  ASSERT_EQ(h.rejected.size(), 1u);
  EXPECT_NE(h.rejected[0].find("its key has 2 values already"), std::string::npos);
  h.end();
  EXPECT_EQ(h.out.size(), 3u);
}

TEST_F(JoinTest, AProductOfThousandsIsPutOutRowByRow) {
  ComponentHarness& h = join("final", "product");
  Records many;
  for (int i = 0; i < 500; ++i) many.push_back({"k", std::to_string(i)});
  ASSERT_EQ(h.process(many, 0), SH_OK);
  ASSERT_EQ(h.process(many, 1), SH_OK);
  h.end();
  ASSERT_EQ(h.out.size(), 250'000u);
  EXPECT_EQ(h.out[777].value, R"({"name":1,"email":277})");
  EXPECT_EQ(h.out.back().value, R"({"name":499,"email":499})");
}

TEST_F(JoinTest, BytesThatAreNoStateAreRefused) {
  ComponentHarness& h = join("final");
  EXPECT_EQ(h.restore("k", ""), SH_E_STATE);
  EXPECT_EQ(h.restore("k", std::string(64, '\xff')), SH_E_STATE);
  EXPECT_EQ(h.state_count(), 0u);
}

class WrongInputs : public JoinTest {
 protected:
  WrongInputs() : JoinTest({""}) {}
};
TEST_F(WrongInputs, AreRefusedWithWhatToWrite) {
  EXPECT_NE(join("final").error.find("say from = { left = \"STEP\", right = \"STEP\" }"),
            std::string::npos)
      << h_->error;
}

// All modes against lists of values, with saving and restoring in between.
class RandomJoin : public JoinTest {
 protected:
  RandomJoin() : JoinTest({"a", "b", "c"}) {}
};
TEST_F(RandomJoin, AgreesWithASlowModel) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const std::string emit = std::vector<std::string>{"complete", "final", "running"}[round % 3];
    const std::string insert = std::vector<std::string>{"last", "first", "product"}[round / 3 % 3];
    ComponentHarness& h = join(emit, insert);
    std::map<std::string, std::vector<Records>> model;
    Records expected;
    const auto rows = [&](const std::string& key, bool ended) {
      const std::vector<Records>& sides = model[key];
      const Records none{{key, "null", SH_NO_TIME}};
      for (const TestRecord& a : sides[0].empty() ? none : sides[0]) {
        for (const TestRecord& b : sides[1].empty() ? none : sides[1]) {
          for (const TestRecord& c : sides[2].empty() ? none : sides[2]) {
            expected.push_back(
                {key, "{\"a\":" + *a.value + ",\"b\":" + *b.value + ",\"c\":" + *c.value + "}",
                 std::max({a.event_time_us, b.event_time_us, c.event_time_us})});
          }
        }
      }
      if (ended || emit == "complete") model.erase(key);
    };
    for (int batch = 0; batch < 40; ++batch) {
      const auto side = static_cast<uint32_t>(random() % 3);
      Records records;
      for (size_t i = random() % 4 + 1; i != 0; --i) {
        TestRecord r{std::string(1, static_cast<char>('k' + random() % 3)),
                     std::to_string(random() % 1000), static_cast<int64_t>(random() % 50)};
        if (random() % 6 == 0) r.value.reset();
        records.push_back(r);
        const std::string& key = *r.key;
        auto& sides = model.try_emplace(key, 3).first->second;
        const bool had = !sides[side].empty();
        if (!r.value || insert == "last") sides[side].clear();
        if (r.value && (insert != "first" || !had)) sides[side].push_back(r);
        const auto there =
            std::count_if(sides.begin(), sides.end(), [](const Records& s) { return !s.empty(); });
        if (there == 0) {
          model.erase(key);
          if (had && emit == "running") expected.push_back({key, kNone, r.event_time_us});
        } else if ((emit == "running" && (r.value || had)) ||
                   (emit == "complete" && r.value && there == 3)) {
          rows(key, false);
        }
      }
      ASSERT_EQ(h.process(records, side), SH_OK);
      if (random() % 3 == 0) h.save_and_restore();
      ASSERT_EQ(h.state_count(), model.size());
    }
    if (emit == "final") {
      const auto left = model;
      for (const auto& [key, sides] : left) rows(key, true);
    }
    h.end();
    ASSERT_EQ(h.out, expected) << emit << " " << insert;
  }
}

}  // namespace
}  // namespace streamhost::core
