// window.join: what several inputs have for a key in each window.
#include <gtest/gtest.h>

#include "window_harness.h"

namespace streamhost::window {
namespace {

using Strings = std::vector<std::string>;

Options named(Options options, std::vector<std::string> names = {"left", "right"}) {
  options.more.inputs(std::move(names));
  return options;
}

// The `value` of each result.
Strings values(WindowHarness& windows) {
  Strings found;
  for (const std::string& text : windows.results()) {
    const size_t at = text.find("\"value\":") + 8;
    found.push_back(text.substr(at, text.size() - at - 1));
  }
  return found;
}

TEST(WindowJoin, InnerNeedsAValueOfAllSides) {
  WindowHarness windows("join", named(Options::tumbling(10)));
  windows.take("a", 1, "1", 0);
  windows.take("a", 2, "text", 1);
  windows.take("b", 2, "2", 1);
  windows.take("a", 12, "3", 0);
  windows.save_and_restore();
  windows.finish();
  EXPECT_EQ(values(windows), Strings{R"({"left":1,"right":"text"})"});
  EXPECT_EQ(windows.state_count(), 0u);
}

TEST(WindowJoin, LeftAndOuterFillWithNull) {
  WindowHarness left("join", named(Options::tumbling(10).with("mode", "left")));
  WindowHarness outer("join", named(Options::tumbling(10).with("mode", "outer")));
  for (WindowHarness* windows : {&left, &outer}) {
    windows->take("a", 1, "1", 0);
    windows->take("b", 2, "2", 1);
    windows->finish();
  }
  EXPECT_EQ(values(left), Strings{R"({"left":1,"right":null})"});
  EXPECT_EQ(values(outer), (Strings{R"({"left":1,"right":null})", R"({"left":null,"right":2})"}));
}

TEST(WindowJoin, InsertSaysWhichOfSeveralValuesCount) {
  const auto run = [](const std::string& insert) {
    WindowHarness windows("join", named(Options::tumbling(10).with("insert", insert)));
    windows.take("a", 1, "1", 0);
    windows.take("a", 1, "2", 0);
    windows.take("a", 1, "3", 1);
    windows.finish();
    return values(windows);
  };
  EXPECT_EQ(run("last"), Strings{R"({"left":2,"right":3})"});
  EXPECT_EQ(run("first"), Strings{R"({"left":1,"right":3})"});
  EXPECT_EQ(run("product"), (Strings{R"({"left":1,"right":3})", R"({"left":2,"right":3})"}));
}

TEST(WindowJoin, TakesMoreThanTwoSides) {
  WindowHarness windows("join", named(Options::tumbling(10), {"a", "b", "c"}));
  for (uint32_t port = 0; port < 3; ++port) windows.take("k", 1, std::to_string(port), port);
  windows.finish();
  EXPECT_EQ(values(windows), Strings{R"({"a":0,"b":1,"c":2})"});
}

TEST(WindowJoin, OfSlidingWindowsForgetsWhatATombstoneTakesAway) {
  WindowHarness windows("join", named(Options::sliding(10, 5).with("mode", "outer")));
  windows.take("k", 4, "1", 0);
  windows.take("k", 6, "2", 1);
  windows.process({{"k", std::nullopt, 7}}, 0);
  windows.finish();
  EXPECT_EQ(values(windows), (Strings{R"({"left":1,"right":null})", R"({"left":null,"right":2})",
                                      R"({"left":null,"right":2})"}));
}

TEST(WindowJoin, OfSessionsMergesTheSides) {
  WindowHarness windows("join", named(Options::session(5)));
  windows.take("k", 10, "1", 0);
  windows.take("k", 20, "2", 1);
  windows.take("k", 15, "3", 0);
  windows.finish();
  EXPECT_EQ(values(windows), Strings{R"({"left":3,"right":2})"});
}

TEST(WindowJoin, RemembersTheSidesOfRecordsThatWait) {
  WindowHarness windows("join", named(Options::tumbling(10).ordered()));
  windows.take("k", 3, "late", 0);
  windows.take("k", 2, "right", 1);
  windows.take("k", 1, "early", 0);
  windows.save_and_restore();
  windows.finish();
  EXPECT_EQ(values(windows), Strings{R"({"left":"late","right":"right"})"});
}

TEST(WindowJoin, RejectsValuesBeyondTheLimitOfAProduct) {
  WindowHarness windows("join",
                        named(Options::tumbling(10).with("insert", "product").with("limit", "2")));
  for (int i = 0; i < 3; ++i) windows.take("k", 1, std::to_string(i), 0);
  EXPECT_EQ(windows.rejected.size(), 1u);
}

TEST(WindowJoin, NeedsNamedInputs) {
  WindowHarness windows("join", Options::tumbling(10));
  EXPECT_NE(windows.error.find("from = { left = \"STEP\", right = \"STEP\" }"), std::string::npos)
      << windows.error;
}

}  // namespace
}  // namespace streamhost::window
