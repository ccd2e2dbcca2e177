// Windows of all kinds and clocks over random records, held against the slow model.
#include <gtest/gtest.h>

#include <random>

#include "model.h"
#include "window_harness.h"

namespace streamhost::window {
namespace {

enum class Folds { kCollect, kTexts, kMoving };

struct Case {
  Kind kind;
  Clock clock;
  Folds folds;
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  static constexpr const char* kKinds[] = {"Tumbling", "Sliding", "Session"};
  static constexpr const char* kClocks[] = {"Stream", "Key", "System"};
  static constexpr const char* kFolds[] = {"Collect", "Unmergeable", "Moving"};
  return std::string(kKinds[static_cast<int>(info.param.kind)]) +
         kClocks[static_cast<int>(info.param.clock)] + kFolds[static_cast<int>(info.param.folds)];
}

class RandomWindows : public testing::TestWithParam<Case> {
 protected:
  using Random = std::mt19937_64;

  static int64_t from_to(Random& random, int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  }

  void run(uint64_t seed) {
    Random random(seed);
    const Case& c = GetParam();
    Spec spec;
    spec.kind = c.kind;
    spec.clock = c.clock;
    Options options;
    switch (c.kind) {
      case Kind::kTumbling:
        spec.length_us = spec.offset_us = from_to(random, 1, 12);
        options = Options::tumbling(spec.length_us);
        break;
      case Kind::kSliding:
        spec.length_us = from_to(random, 1, 12);
        spec.offset_us = from_to(random, 1, spec.length_us);
        options = Options::sliding(spec.length_us, spec.offset_us);
        break;
      case Kind::kSession:
        spec.gap_us = from_to(random, 0, 4);
        options = Options::session(spec.gap_us);
        break;
    }
    if (c.kind != Kind::kSession) {
      spec.align_us = from_to(random, -20, 20);
      options.align(spec.align_us);
    }
    if (c.clock == Clock::kKey) {
      spec.wait_us = from_to(random, 0, 1) * from_to(random, 0, 6);
      options.per_key(spec.wait_us);
    }
    if (c.clock == Clock::kSystem) options.system();
    spec.lateness_us = from_to(random, 0, 1) * from_to(random, 0, 8);
    spec.early_us = from_to(random, 0, 1) * from_to(random, 1, 4);
    spec.ordered = from_to(random, 0, 2) == 0;
    options.lateness(spec.lateness_us).early(spec.early_us);
    if (spec.ordered) options.ordered();
    if (c.folds == Folds::kTexts) options.use("test.texts", aggregates_.texts);
    if (c.folds == Folds::kMoving) options.use("test.moving", aggregates_.moving);
    const bool shares =
        c.kind == Kind::kSliding && spec.offset_us < spec.length_us && c.folds != Folds::kTexts;

    WindowHarness windows(c.folds == Folds::kCollect ? "collect" : "aggregate", options,
                          c.clock == Clock::kStream);
    ASSERT_EQ(windows.error, "");
    Model model(spec, shares, windows.now_us());
    // Around the epoch, so that ids and times are negative, too.
    int64_t watermark = from_to(random, -60, 0);
    int64_t value = 0;
    for (int step = 0; step < 120; ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
      switch (from_to(random, 0, 9)) {
        case 0:
          if (c.clock == Clock::kStream) {
            watermark += from_to(random, 0, 1) * from_to(random, 0, 15) + from_to(random, 0, 2);
            ASSERT_EQ(windows.move_watermark(watermark), SH_OK) << windows.message();
            model.move_watermark(watermark);
          }
          break;
        case 1:
        case 2: {
          const int64_t steps = from_to(random, 0, 3) == 0 ? from_to(random, 0, 20) : 1;
          for (int64_t i = 0; i < steps; ++i) {
            ASSERT_EQ(windows.pass_time(1), SH_OK) << windows.message();
            model.pass_time(1);
          }
          if (from_to(random, 0, 15) == 0) {
            // A step knows how far the clock was from the call before.
            model.take("a", watermark, "0");
            model.settle();
            ASSERT_EQ(windows.take("a", watermark, "0"), SH_OK);
            windows.pass_time(-3);
            model.pass_time(-3);
          }
          break;
        }
        case 3: windows.save_and_restore(); break;
        default: {
          std::vector<TestRecord> batch;
          for (int64_t n = from_to(random, 1, 6); n != 0; --n) {
            const std::string key(1, static_cast<char>('a' + from_to(random, 0, 2)));
            const int64_t time = watermark + from_to(random, -12, 20);
            const std::string text = std::to_string(++value);
            batch.push_back({key, text, time});
            model.take(key, time, text);
          }
          model.settle();
          ASSERT_EQ(windows.process(batch), SH_OK) << windows.message();
        }
      }
      compare(windows, model);
      if (HasFatalFailure()) return;
      EXPECT_EQ(windows.state_count(), model.keys());
    }
    if (c.clock == Clock::kStream) {
      windows.finish();
    } else {
      EXPECT_EQ(windows.end(), SH_OK) << windows.message();
    }
    model.end();
    compare(windows, model);
  }

  static void compare(WindowHarness& windows, Model& model) {
    std::map<std::string, ModelOutput> got;
    for (const TestRecord& r : windows.out) {
      ModelOutput& of = got[*r.key];
      (r.port == kOutPort ? of.out : r.port == kLatePort ? of.late : of.meta).push_back(*r.value);
    }
    windows.out.clear();
    for (const auto& [key, wanted] : model.output) {
      EXPECT_EQ(got[key].out, wanted.out) << key;
      EXPECT_EQ(got[key].late, wanted.late) << key;
      EXPECT_EQ(got[key].meta, wanted.meta) << key;
    }
    for (const auto& [key, each] : got) {
      if (model.output.count(key) != 0) continue;
      EXPECT_EQ(each.out, std::vector<std::string>()) << key;
      EXPECT_EQ(each.late, std::vector<std::string>()) << key;
    }
    model.output.clear();
    ASSERT_FALSE(HasFailure());
  }

  TestAggregates aggregates_;
};

TEST_P(RandomWindows, PutOutWhatTheModelDoes) {
  for (uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) run(seed);
}

INSTANTIATE_TEST_SUITE_P(All, RandomWindows,
                         testing::ValuesIn(std::vector<Case>{
                             {Kind::kTumbling, Clock::kStream, Folds::kCollect},
                             {Kind::kTumbling, Clock::kKey, Folds::kCollect},
                             {Kind::kTumbling, Clock::kSystem, Folds::kTexts},
                             {Kind::kSliding, Clock::kStream, Folds::kCollect},
                             {Kind::kSliding, Clock::kStream, Folds::kTexts},
                             {Kind::kSliding, Clock::kStream, Folds::kMoving},
                             {Kind::kSliding, Clock::kKey, Folds::kCollect},
                             {Kind::kSliding, Clock::kKey, Folds::kTexts},
                             {Kind::kSliding, Clock::kSystem, Folds::kMoving},
                             {Kind::kSession, Clock::kStream, Folds::kCollect},
                             {Kind::kSession, Clock::kStream, Folds::kMoving},
                             {Kind::kSession, Clock::kKey, Folds::kCollect},
                             {Kind::kSession, Clock::kSystem, Folds::kMoving},
                         }),
                         name_of);

}  // namespace
}  // namespace streamhost::window
