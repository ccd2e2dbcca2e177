#include "slow.h"

#include <gtest/gtest.h>

#include "clocked_host.h"
#include "test_folder.h"

namespace testing_plugin {
namespace {

using Strings = std::vector<std::string>;

struct SlowSink : testing::Test {
  SlowSink() {
    host.options["delay"] = {"1000"};
    host.options["format"] = {"{value}"};
  }
  void open() {
    sink = std::make_unique<Slow>(host.context(), host.config());
    part = sink->open("", std::nullopt);
  }
  const TestFolder folder;
  ClockedHost host;
  std::unique_ptr<Slow> sink;
  std::unique_ptr<SlowPart> part;
  const Strings text = {"a", "b", "c", "d"};
  const ValueBatch batch{text};
};

TEST_F(SlowSink, TakesARecordForEachDelay) {
  open();
  streamhost::Written written = part->write(batch.get());
  EXPECT_EQ(written.records, 1u);
  EXPECT_EQ(written.again_us, host.now_us + 1000);
  host.now_us += 500;
  EXPECT_EQ(part->write(batch.get()).records, 0u);
  host.now_us += 500;
  EXPECT_EQ(part->write(batch.get()).records, 1u);
  host.now_us += 2000;  // called late, which is made up for
  EXPECT_EQ(part->write(batch.get()).records, 2u);
}

TEST_F(SlowSink, TimeWithNothingToDoIsNotSavedUp) {
  open();
  const Strings one = {"a"};
  const ValueBatch single(one);
  EXPECT_EQ(part->write(single.get()).records, 1u);
  host.now_us += 1'000'000;
  EXPECT_EQ(part->write(batch.get()).records, 1u);
}

TEST_F(SlowSink, WithoutADelayItTakesAll) {
  host.options["delay"] = {"0"};
  open();
  EXPECT_EQ(part->write(batch.get()).records, 4u);
}

TEST_F(SlowSink, WritesWhatItTookAndOnlyAppends) {
  host.options["path"] = {folder.write("out", "old\n")};
  open();
  part->write(batch.get());
  host.now_us += 3000;
  part->write(batch.get());
  part->flush();
  EXPECT_EQ(folder.read("out"), "old\na\na\nb\nc\n");
  EXPECT_EQ(host.prepare(*part), "");
  host.options["path"] = {folder / "no/out"};
  EXPECT_EQ(failure([&] { open(); }),
            "cannot write \"" + folder / "no/out" + "\": No such file or directory");
}

}  // namespace
}  // namespace testing_plugin
