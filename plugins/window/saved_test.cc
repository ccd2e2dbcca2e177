// Saved states: what other options refuse, and bytes that nobody saved.
#include <gtest/gtest.h>

#include <random>

#include "window_harness.h"

namespace streamhost::window {
namespace {

std::string saved_by(const std::string& component, const Options& options) {
  WindowHarness windows(component, options);
  EXPECT_EQ(windows.error, "");
  windows.process({{"k", "1", 5}, {"k", "2", 17}, {"k", "3", 11}, {"k", "4", 200}});
  return windows.saved("k");
}

// Why a step with these options does not take the state up; empty: it does.
std::string refusal(const std::string& saved, const std::string& component,
                    const Options& options) {
  WindowHarness windows(component, options);
  if (windows.restore("k", saved) == SH_OK) return "";
  EXPECT_EQ(windows.state_count(), 0u);
  return windows.message();
}

TEST(SavedWindows, AreRefusedByWindowsThatAreOthers) {
  const std::string saved = saved_by("count", Options::sliding(12, 3).align(1));
  const auto says = [&](const Options& options, const std::string& part,
                        const std::string& component = "count") {
    const std::string message = refusal(saved, component, options);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  says(Options::sliding(15, 3).align(1),
       "it was saved with length = \"12us\", and the manifest now says length = \"15us\"");
  says(Options::sliding(12, 4).align(1), "offset = \"3us\"");
  says(Options::sliding(12, 3), "align_to = 1970-01-01T00:00:00.000001Z");
  says(Options::tumbling(12).align(1), "kind = \"sliding\"");
  says(Options::session(12), "kind = \"session\"");
  says(Options::sliding(12, 3).align(1).per_key(0), "clock = { kind = \"event\", per = \"key\" }");
  says(Options::sliding(12, 3).align(1), "agg.count", "max");
  EXPECT_NE(refusal(saved_by("count", Options::session(5)), "count", Options::session(6))
                .find("gap = \"5us\""),
            std::string::npos);
}

TEST(SavedWindows, AreTakenUpWhenOtherOptionsChange) {
  const std::string saved = saved_by("count", Options::tumbling(10).ordered().early(5));
  EXPECT_EQ(refusal(saved, "count", Options::tumbling(10)), "");
  EXPECT_EQ(refusal(saved, "count", Options::tumbling(10).lateness(50).early(7)), "");
}

TEST(SavedWindows, GoOnWithoutOrderWhenTheManifestSaysSo) {
  const std::string saved = saved_by("collect", Options::tumbling(10).ordered());
  WindowHarness windows("collect", Options::tumbling(10));
  ASSERT_EQ(windows.restore("k", saved), SH_OK) << windows.message();
  windows.take("k", 12, "5");
  windows.finish();
  const auto results = windows.results();
  ASSERT_EQ(results.size(), 3u);
  EXPECT_NE(results[1].find("\"value\":[5,3,2]"), std::string::npos) << results[1];
}

TEST(SavedWindows, OfOneMinuteAreTheBytesThatAreWrittenDown) {
  WindowHarness windows("count", Options::tumbling(60'000'000));
  windows.take("k", 61'000'000);
  const std::string saved = windows.saved("k");
  const std::string begin(
      "\x00\x00\x80\x8e\xce\x1c\x80\x8e\xce\x1c\x00\x00\x0d\x01\x00\x09"
      "agg.count\x01",
      26);
  EXPECT_EQ(saved.substr(0, begin.size()), begin);
  const std::string end("\x80\xb8\xb8\x72\x00\x01\x02\x00\x02\x01\x01\x00", 12);
  ASSERT_GE(saved.size(), end.size());
  EXPECT_EQ(saved.substr(saved.size() - end.size()), end);
}

// Every change of one byte, every cut, and noise: refused, or a state that can be gone on with.
TEST(SavedWindows, NeverDoHarmWhenTheyAreDamaged) {
  TestAggregates aggregates;
  const std::vector<std::pair<std::string, Options>> steps = {
      {"count", Options::tumbling(10)},
      {"collect", Options::sliding(12, 5).ordered().early(3)},
      {"aggregate", Options::sliding(12, 5).use("test.texts", aggregates.texts)},
      {"max", Options::session(5).per_key(3)},
      {"count", Options::session(8).lateness(100)}};
  std::mt19937_64 random(7);
  for (const auto& [component, options] : steps) {
    const std::string saved = saved_by(component, options);
    const auto try_it = [&, &name = component, &with = options](const std::string& bytes) {
      WindowHarness windows(name, with);
      if (windows.restore("k", bytes) != SH_OK) {
        EXPECT_NE(windows.message(), "");
        return;
      }
      windows.process({{"k", "1", 6}, {"k", "2", 300}, {"k", "3", -7}});
      windows.move_watermark(250);
      windows.save_and_restore();
      windows.finish();
    };
    try_it(saved);
    for (size_t i = 0; i < saved.size(); ++i) {
      try_it(saved.substr(0, i));
      for (int change = 0; change < 8; ++change) {
        std::string damaged = saved;
        damaged[i] = static_cast<char>(static_cast<uint8_t>(damaged[i]) ^ (1u << change));
        try_it(damaged);
      }
    }
    for (int i = 0; i < 500; ++i) {
      // The head is right, so that what comes behind is looked at.
      std::string noise = saved.substr(0, i % 2 == 0 ? 0 : saved.size() / 2);
      for (uint64_t n = random() % 60; n != 0; --n) noise += static_cast<char>(random());
      try_it(noise);
    }
  }
}

}  // namespace
}  // namespace streamhost::window
