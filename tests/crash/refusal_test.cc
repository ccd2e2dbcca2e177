// Stores that cannot be used now, or not by this job: refused, untouched, and with a way out.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "crash/scene.h"

namespace streamhost::crash {
namespace {

namespace fs = std::filesystem;

class StoreRefusal : public Scene {};

TEST_F(StoreRefusal, TwoJobsCannotUseOneStoreAtOnce) {
  const auto trial = new_trial();
  RunWith first;
  first.workers = 1;
  testing::RunOptions slowly;
  slowly.environment = {kSlowly};
  testing::Child child(trial->command(first), slowly);
  // It runs when it writes.
  while (!fs::exists(trial->folder() / "out.txt")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (::testing::Test::HasFailure()) return;
  }
  const testing::RunResult second = testing::run(trial->command({}));
  EXPECT_EQ(second.status, 4) << second.err;
  EXPECT_NE(second.err.find(std::to_string(child.pid())), std::string::npos) << second.err;
  const testing::RunResult look =
      testing::streamhost({"recovery", "show", "-r", store(*trial).string()});
  EXPECT_EQ(look.status, 0) << look.err;
  const testing::RunResult ended = child.wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(
      difference(trial->job(), small_job().expected(), read_outputs(trial->job(), trial->folder()))
          .value_or(""),
      "");
}

TEST_F(StoreRefusal, LookingAtTheStoreOfADeadJobChangesNothing) {
  const auto trial = new_trial();
  RunWith with;
  with.store_partitions = 2;
  run_until(*trial, 5, with);
  const Contents before = contents_of(trial->folder());
  const testing::RunResult look =
      testing::streamhost({"recovery", "show", "-r", store(*trial).string()});
  EXPECT_EQ(look.status, 0) << look.err;
  EXPECT_NE(look.out.find("numbered"), std::string::npos) << look.out;
  EXPECT_EQ(changed(before, contents_of(trial->folder())), "");
  expect_right(*trial, with);
}

TEST_F(StoreRefusal, AStoreOfAnotherDataflowIsRefused) {
  const auto trial = new_trial();
  run_until(*trial, 4);
  edit_manifest(*trial, "name = \"running\"", "name = \"walking\"");
  expect_refused(*trial, {"running", "walking"});
  edit_manifest(*trial, "name = \"walking\"", "name = \"running\"");
  expect_right(*trial);
}

TEST_F(StoreRefusal, AnotherNumberOfStorePartitionsIsRefused) {
  const auto trial = new_trial();
  RunWith two, three;
  two.store_partitions = 2;
  three.store_partitions = 3;
  run_until(*trial, 4, two);
  expect_refused(*trial, {"2", "3", "partitions"}, three);
  expect_right(*trial, two);
}

TEST_F(StoreRefusal, ADirectoryThatIsAFileIsRefused) {
  const auto trial = new_trial();
  std::ofstream(store(*trial)) << "a file\n";
  expect_refused(*trial, {kStore, "directory"});
  fs::remove(store(*trial));
  expect_right(*trial);
}

TEST_F(StoreRefusal, AStoreThatCannotBeWrittenIsRefused) {
  if (!can_mount()) GTEST_SKIP();
  const auto trial = new_trial();
  run_until(*trial, 4);
  const Contents before = contents_of(trial->folder());
  std::vector<std::string> arguments = trial->command({});
  arguments.insert(arguments.begin(), store(*trial).string());
  const testing::RunResult result = testing::run(with_own_mounts(
      "mount --bind -o ro \"$1\" \"$1\" || exit 99; shift; exec \"$@\"", arguments));
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_NE(result.err.find("write"), std::string::npos) << result.err;
  EXPECT_EQ(changed(before, contents_of(trial->folder())), "");
  expect_right(*trial);
}

TEST_F(StoreRefusal, AFullDiskStopsTheJobAndRoomLetsItGoOn) {
  if (!can_mount()) GTEST_SKIP();
  const auto trial = new_trial();
  fs::create_directories(store(*trial));
  for (const std::string size : {"16k", "64k", "96k", "128k", "160k"}) {
    fs::remove(trial->folder() / "out.txt");
    std::vector<std::string> arguments = trial->command({});
    arguments.insert(arguments.begin(), {store(*trial).string(), size});
    const testing::RunResult result = testing::run(
        with_own_mounts("dir=$1; mount -t tmpfs -o size=$2 tmpfs \"$dir\" || exit 99; shift 2\n"
                        "CRASH_PACE=15ms \"$@\"; echo first status $? >&2\n"
                        "mount -o remount,size=64m \"$dir\" || exit 98\n"
                        "exec \"$@\"",
                        arguments));
    EXPECT_EQ(result.status, 0) << size << result.err;
    EXPECT_NE(result.err.find("first status 4"), std::string::npos) << size << result.err;
    EXPECT_NE(result.err.find("make room"), std::string::npos) << size << result.err;
    EXPECT_EQ(difference(trial->job(), small_job().expected(),
                         read_outputs(trial->job(), trial->folder()))
                  .value_or(""),
              "")
        << size;
  }
}

TEST_F(StoreRefusal, AnotherComponentCannotTakeUpTheStateOfAStep) {
  const auto trial = new_trial();
  run_until(*trial, 4);
  edit_manifest(*trial, "crash.running", "crash.walking");
  expect_refused(*trial, {"numbered", "crash.walking", "crash.running", "--drop-state numbered"});
  edit_manifest(*trial, "crash.walking", "crash.running");
  expect_right(*trial);
}

TEST_F(StoreRefusal, TheStateOfAStepCanBeDroppedForAnotherComponent) {
  const auto trial = new_trial();
  run_until(*trial, 4);
  edit_manifest(*trial, "crash.running", "crash.walking");
  RunWith with;
  with.more = {"--drop-state", "numbered"};
  const testing::RunResult result = testing::run(trial->command(with));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("numbered"), std::string::npos) << result.err;
  // Sources and sinks went on where they were: every record is there once, though the numbers
  // began again.
  const std::string out = testing::read_file(trial->folder() / "out.txt");
  EXPECT_EQ(split_lines(out).size(), line_count(small_job().input()));
  EXPECT_NE(out, small_job().expected().at(0));
}

TEST_F(StoreRefusal, AStepThatIsGoneIsReportedAndItsStateKept) {
  const auto trial = new_trial();
  const std::string step = "[operator.second]\nuse = \"crash.running\"\nfrom = \"keyed\"\n";
  const std::string sink =
      "[sink.second_out]\nuse = \"file.lines\"\nfrom = \"second\"\npath = \"second.txt\"\n";
  edit_manifest(*trial, "[sink.out]", step + sink + "[sink.out]");
  run_until(*trial, 4);
  edit_manifest(*trial, step + sink, "");
  RunWith with;
  testing::RunOptions options;
  options.environment = {kSlowly, "STREAMHOST_TEST_CRASH=store.committed:2"};
  const testing::RunResult without = testing::run(trial->command(with), options);
  EXPECT_EQ(without.status, 137) << without.err;
  EXPECT_NE(without.err.find("--drop-state second"), std::string::npos) << without.err;
  EXPECT_NE(without.err.find("--drop-state second_out"), std::string::npos) << without.err;
  // Its state is discarded when that is asked for; then nothing is said any more.
  with.more = {"--drop-state", "second", "--drop-state", "second_out"};
  const testing::RunResult dropped = testing::run(trial->command(with), options);
  EXPECT_EQ(dropped.status, 137) << dropped.err;
  with.more = {};
  const testing::RunResult last = testing::run(trial->command(with));
  EXPECT_EQ(last.status, 0) << last.err;
  EXPECT_EQ(last.err.find("second"), std::string::npos) << last.err;
  EXPECT_EQ(
      difference(trial->job(), small_job().expected(), read_outputs(trial->job(), trial->folder()))
          .value_or(""),
      "");
}

TEST_F(StoreRefusal, TheStateOfAStepThatComesBackIsTakenUpAgain) {
  const auto trial = new_trial();
  const std::string step = "[operator.second]\nuse = \"crash.running\"\nfrom = \"keyed\"\n";
  const std::string sink =
      "[sink.second_out]\nuse = \"file.lines\"\nfrom = \"second\"\npath = \"second.txt\"\n"
      "format = \"{key}\\t{value}\"\n";
  edit_manifest(*trial, "[sink.out]", step + sink + "[sink.out]");
  run_until(*trial, 4);
  edit_manifest(*trial, step + sink, "");
  run_until(*trial, 2);
  edit_manifest(*trial, "[sink.out]", step + sink + "[sink.out]");
  expect_right(*trial);
  // Its counters went on from where they were when it went: no number comes twice for a key.
  std::string counted = testing::read_file(trial->folder() / "second.txt");
  std::map<std::string, int> last;
  for (const std::string_view line : split_lines(counted)) {
    const std::string key(line.substr(0, line.find('\t')));
    const int number = std::stoi(std::string(line.substr(line.rfind('\t') + 1)));
    EXPECT_EQ(number, ++last[key]) << line;
  }
}

TEST_F(StoreRefusal, TheStateOfAStepThatIsUnknownCannotBeDropped) {
  const auto trial = new_trial();
  run_until(*trial, 4);
  RunWith with;
  with.more = {"--drop-state", "nummered"};
  expect_refused(*trial, {"--drop-state nummered", "nummered"}, with);
  expect_right(*trial);
}

TEST_F(StoreRefusal, StateOfANewerVersionIsRefusedAndAnUpgradeIsNot) {
  const auto trial = new_trial();
  RunWith older, newer;
  newer.plugins = "v2";
  run_until(*trial, 3, older);
  run_until(*trial, 3, newer);
  expect_refused(*trial, {"numbered", "version 2", "up to 1", "--drop-state numbered"}, older);
  expect_right(*trial, newer);
}

}  // namespace
}  // namespace streamhost::crash
