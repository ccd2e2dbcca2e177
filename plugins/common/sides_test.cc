#include "common/sides.h"

#include <gtest/gtest.h>

#include <random>

#include "common/json_text.h"

namespace plugin_common {
namespace {

using Texts = std::vector<std::string>;

SideRules two(Insert insert = Insert::kLast, uint64_t limit = 0) {
  return {{"left", "right"}, insert, limit};
}

Texts rows_of(const SideRules& rules, const Sides& sides, JoinMode mode = JoinMode::kOuter) {
  Texts texts;
  Rows rows(rules);
  rows.begin(sides, mode);
  while (rows.next()) texts.emplace_back(rows.text());
  return texts;
}

TEST(Sides, ALaterValueReplacesUnderLast) {
  const SideRules rules = two();
  Sides sides;
  sides.add(rules, 0, "1", SH_NO_TIME);
  sides.add(rules, 1, "\"b\"", SH_NO_TIME);
  sides.add(rules, 0, "{\"long enough to move things\":2}", SH_NO_TIME);
  EXPECT_EQ(rows_of(rules, sides),
            (Texts{R"({"left":{"long enough to move things":2},"right":"b"})"}));
}

TEST(Sides, TheFirstValueStaysUnderFirst) {
  const SideRules rules = two(Insert::kFirst);
  Sides sides;
  sides.add(rules, 0, "1", SH_NO_TIME);
  sides.add(rules, 0, "2", SH_NO_TIME);
  sides.add(rules, 1, "3", SH_NO_TIME);
  EXPECT_EQ(rows_of(rules, sides), (Texts{R"({"left":1,"right":3})"}));
}

TEST(Sides, ProductIsEveryCombinationInTheOrderOfArrival) {
  const SideRules rules({"a", "b", "c"}, Insert::kProduct, 0);
  Sides sides;
  sides.add(rules, 1, "10", SH_NO_TIME);
  sides.add(rules, 0, "1", SH_NO_TIME);
  sides.add(rules, 1, "20", SH_NO_TIME);
  sides.add(rules, 0, "2", SH_NO_TIME);
  sides.add(rules, 2, "x", SH_NO_TIME);
  EXPECT_EQ(rows_of(rules, sides),
            (Texts{R"({"a":1,"b":10,"c":"x"})", R"({"a":1,"b":20,"c":"x"})",
                   R"({"a":2,"b":10,"c":"x"})", R"({"a":2,"b":20,"c":"x"})"}));
}

TEST(Sides, TheModeSaysWhichSidesARowNeeds) {
  const SideRules rules = two();
  Sides left, right, both;
  left.add(rules, 0, "1", SH_NO_TIME);
  right.add(rules, 1, "2", SH_NO_TIME);
  both.add(rules, 0, "1", SH_NO_TIME);
  both.add(rules, 1, "2", SH_NO_TIME);
  const Texts of_left{R"({"left":1,"right":null})"}, of_right{R"({"left":null,"right":2})"};
  const Texts of_both{R"({"left":1,"right":2})"};
  EXPECT_EQ(rows_of(rules, left, JoinMode::kInner), Texts{});
  EXPECT_EQ(rows_of(rules, right, JoinMode::kInner), Texts{});
  EXPECT_EQ(rows_of(rules, both, JoinMode::kInner), of_both);
  EXPECT_EQ(rows_of(rules, left, JoinMode::kLeft), of_left);
  EXPECT_EQ(rows_of(rules, right, JoinMode::kLeft), Texts{});
  EXPECT_EQ(rows_of(rules, both, JoinMode::kLeft), of_both);
  EXPECT_EQ(rows_of(rules, left, JoinMode::kOuter), of_left);
  EXPECT_EQ(rows_of(rules, right, JoinMode::kOuter), of_right);
  EXPECT_EQ(rows_of(rules, Sides(), JoinMode::kOuter), Texts{});
}

TEST(Sides, ARowHasTheLatestTimeOfItsValues) {
  const SideRules rules = two(Insert::kProduct);
  Sides sides;
  sides.add(rules, 0, "1", 50);
  sides.add(rules, 0, "2", SH_NO_TIME);
  sides.add(rules, 1, "3", -7);
  Rows rows(rules);
  rows.begin(sides, JoinMode::kInner);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.event_time_us(), 50);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.event_time_us(), -7);
  EXPECT_FALSE(rows.next());
  EXPECT_FALSE(rows.next());
}

TEST(Sides, TextThatIsNoJsonBecomesAString) {
  const SideRules rules({"plain \"text\"", "b"}, Insert::kLast, 0);
  Sides sides;
  sides.add(rules, 0, "no json", SH_NO_TIME);
  sides.add(rules, 1, "", SH_NO_TIME);
  EXPECT_EQ(rows_of(rules, sides), (Texts{R"({"plain \"text\"":"no json","b":""})"}));
}

TEST(Sides, ARemovedSideIsAbsent) {
  const SideRules rules = two(Insert::kProduct);
  Sides sides;
  sides.add(rules, 0, "1", SH_NO_TIME);
  sides.add(rules, 1, "2", SH_NO_TIME);
  sides.add(rules, 0, "3", SH_NO_TIME);
  EXPECT_TRUE(sides.remove(0));
  EXPECT_FALSE(sides.remove(0));
  EXPECT_EQ(rows_of(rules, sides), (Texts{R"({"left":null,"right":2})"}));
  EXPECT_TRUE(sides.remove(1));
  EXPECT_TRUE(sides.empty());
}

TEST(Sides, BeyondTheLimitAValueIsRefusedAndNothingChanges) {
  const SideRules rules = two(Insert::kProduct, 2);
  Sides sides;
  sides.add(rules, 0, "1", SH_NO_TIME);
  sides.add(rules, 1, "2", SH_NO_TIME);
  try {
    sides.add(rules, 1, "3", SH_NO_TIME);
    FAIL() << "was taken";
  } catch (const streamhost::Error& e) {
    EXPECT_EQ(e.status(), SH_E_DATA);
    EXPECT_NE(std::string(e.what()).find("raise `limit`"), std::string::npos) << e.what();
  }
  EXPECT_EQ(rows_of(rules, sides), (Texts{R"({"left":1,"right":2})"}));
  sides.remove(1);
  sides.add(rules, 1, "4", SH_NO_TIME);
  EXPECT_EQ(rows_of(rules, sides), (Texts{R"({"left":1,"right":4})"}));
}

TEST(Sides, AValueThatIsTooLongLeavesTheOldOne) {
  const SideRules rules = two();
  Sides sides;
  sides.add(rules, 0, "1", SH_NO_TIME);
  // Fits as it is, but not with every byte escaped.
  EXPECT_THROW(sides.add(rules, 0, std::string(SideRules::kLongestValue / 4, '\1'), SH_NO_TIME),
               streamhost::Error);
  EXPECT_EQ(rows_of(rules, sides), (Texts{R"({"left":1,"right":null})"}));
}

TEST(Sides, MergedValuesComeAfterThoseThatAreThere) {
  for (const auto& [insert, expected] : std::vector<std::pair<Insert, Texts>>{
           {Insert::kLast, {R"({"left":2,"right":9})"}},
           {Insert::kFirst, {R"({"left":1,"right":9})"}},
           {Insert::kProduct, {R"({"left":1,"right":9})", R"({"left":2,"right":9})"}}}) {
    const SideRules rules = two(insert);
    Sides into, from;
    into.add(rules, 0, "1", SH_NO_TIME);
    from.add(rules, 1, "9", SH_NO_TIME);
    from.add(rules, 0, "2", SH_NO_TIME);
    into.merge(rules, from);
    EXPECT_EQ(rows_of(rules, into), expected);
  }
}

TEST(Sides, AnotherInsertModeIsAppliedToWhatWasSaved) {
  const SideRules product = two(Insert::kProduct);
  Sides sides;
  sides.add(product, 0, "1", SH_NO_TIME);
  sides.add(product, 0, "2", SH_NO_TIME);
  std::string saved;
  sides.save(product, saved);
  EXPECT_EQ(rows_of(two(Insert::kLast), Sides::restore(two(Insert::kLast), saved)),
            (Texts{R"({"left":2,"right":null})"}));
  EXPECT_EQ(rows_of(two(Insert::kFirst), Sides::restore(two(Insert::kFirst), saved)),
            (Texts{R"({"left":1,"right":null})"}));
}

TEST(Sides, StateOfOtherInputsIsRefused) {
  Sides sides;
  sides.add(two(), 0, "1", SH_NO_TIME);
  std::string saved;
  sides.save(two(), saved);
  try {
    Sides::restore(SideRules({"right", "left"}, Insert::kLast, 0), saved);
    FAIL() << "was taken";
  } catch (const streamhost::Error& e) {
    EXPECT_EQ(e.status(), SH_E_STATE);
    EXPECT_NE(std::string(e.what()).find("than right, left"), std::string::npos) << e.what();
  }
}

TEST(Sides, NoDamageOfSavedBytesGoesUnnoticedOrCrashes) {
  const SideRules rules = two(Insert::kProduct);
  Sides sides;
  for (int i = 0; i < 5; ++i) sides.add(rules, i % 2, std::to_string(i * 1000), i);
  std::string saved;
  sides.save(rules, saved);
  for (size_t size = 0; size < saved.size(); ++size) {
    EXPECT_THROW(Sides::restore(rules, saved.substr(0, size)), streamhost::Error) << size;
  }
  EXPECT_THROW(Sides::restore(rules, saved + "x"), streamhost::Error);
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = saved;
    for (int n = 0; n < 3; ++n) bad[4 + random() % (bad.size() - 4)] = static_cast<char>(random());
    try {
      const Sides taken = Sides::restore(rules, bad);
      rows_of(rules, taken);
    } catch (const streamhost::Error& e) {
      EXPECT_EQ(e.status(), SH_E_STATE);
    }
  }
}

TEST(SideRules, WantTwoToThirtyTwoNames) {
  EXPECT_THROW(SideRules({"a"}, Insert::kLast, 0), streamhost::Error);
  EXPECT_THROW(SideRules({""}, Insert::kLast, 0), streamhost::Error);
  Texts names(32, "n");
  for (size_t i = 0; i < names.size(); ++i) names[i] += std::to_string(i);
  const SideRules most(names, Insert::kLast, 0);
  Sides sides;
  for (uint32_t i = 0; i < 32; ++i) {
    EXPECT_FALSE(sides.complete(most));
    sides.add(most, i, "1", SH_NO_TIME);
  }
  EXPECT_TRUE(sides.complete(most));
  names.push_back("more");
  EXPECT_THROW(SideRules(names, Insert::kLast, 0), streamhost::Error);
}

// Against lists of values, with saving and restoring in between.
TEST(Sides, AgreeWithASlowModel) {
  struct Held {
    std::string text;
    int64_t time;
  };
  std::mt19937 random(42);
  for (int round = 0; round < 300; ++round) {
    const auto insert = static_cast<Insert>(round % 3);
    const size_t count = 2 + random() % 3;
    Texts names;
    for (size_t i = 0; i < count; ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
    const SideRules rules(names, insert, 0);
    Sides sides;
    std::vector<std::vector<Held>> model(count);
    for (int step = 0; step < 20; ++step) {
      const auto side = static_cast<uint32_t>(random() % count);
      if (random() % 8 == 0) {
        EXPECT_EQ(sides.remove(side), !model[side].empty());
        model[side].clear();
      } else {
        const Held value{std::string(1 + random() % 30, '4'), static_cast<int64_t>(random() % 100)};
        sides.add(rules, side, value.text, value.time);
        if (insert == Insert::kLast) model[side].clear();
        if (insert != Insert::kFirst || model[side].empty()) model[side].push_back(value);
      }
      if (random() % 4 == 0) {
        std::string saved;
        sides.save(rules, saved);
        sides = Sides::restore(rules, saved);
      }
      bool any = false;
      std::vector<Held> expected{{"{", SH_NO_TIME}};
      for (size_t i = 0; i < count; ++i) {
        any |= !model[i].empty();
        const std::vector<Held> none{{"null", SH_NO_TIME}};
        std::vector<Held> longer;
        for (const Held& row : expected) {
          for (const Held& value : model[i].empty() ? none : model[i]) {
            longer.push_back({row.text + (i == 0 ? "" : ",") + '"' + names[i] + "\":" + value.text,
                              std::max(row.time, value.time)});
          }
        }
        expected = longer;
      }
      if (!any) expected.clear();
      Rows rows(rules);
      rows.begin(sides, JoinMode::kOuter);
      for (const Held& row : expected) {
        ASSERT_TRUE(rows.next());
        EXPECT_EQ(rows.text(), row.text + "}");
        EXPECT_EQ(rows.event_time_us(), row.time);
      }
      EXPECT_FALSE(rows.next());
    }
  }
}

}  // namespace
}  // namespace plugin_common
