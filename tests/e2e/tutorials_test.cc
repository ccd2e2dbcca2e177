// What manifests/tutorials/README.md promises beyond the output of the jobs: state survives a
// crash.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "e2e/lines_by_key.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(STREAMHOST_SOURCE_DIR) / "manifests";

size_t count_lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The first `count` lines of a text.
std::string first_lines(const std::string& text, size_t count) {
  size_t end = 0;
  for (; count > 0; --count) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

// The shopping carts, over a file of events that grows while the job is killed and started again.
class ShoppingCart : public ::testing::Test {
 protected:
  ShoppingCart() : events_(read_file(kFolder / "data" / "carts.jsonl")) {
    dir_.write("events.jsonl", "");
  }

  RunOptions options(bool follow) const {
    RunOptions options;
    options.environment = {"EVENTS=" + dir_ / "events.jsonl", "OUT=" + dir_ / "out",
                           std::string("FOLLOW=") + (follow ? "true" : "false")};
    return options;
  }
  std::vector<std::string> command(int workers) const {
    return {streamhost_path(),
            "--manifest",
            (kFolder / "tutorials" / "shopping_cart.toml").string(),
            "-r",
            dir_ / "state",
            "-s",
            "50ms",
            "-w",
            std::to_string(workers)};
  }

  // Adds events to the file, until it has the first `count`.
  void let_come(size_t count) {
    std::ofstream(dir_ / "events.jsonl", std::ios::app)
        << first_lines(events_, count).substr(first_lines(events_, there_).size());
    there_ = count;
  }
  std::string out() const { return read_file(dir_.path() / "out" / "carts.txt"); }
  // Waits until as many lines were put out as events have come.
  bool wait_for_output() const {
    for (int i = 0; i < 2000; ++i) {
      if (fs::exists(dir_.path() / "out" / "carts.txt") && count_lines(out()) >= there_)
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // Waits until all that has come is in a snapshot: until two more epochs have ended.
  bool wait_for_snapshot() const {
    const std::string name = "\"resume_epoch\":";
    for (int i = 0, ended = 0, last = 0; i < 500; ++i) {
      const RunResult shown = streamhost({"recovery", "show", "-r", dir_ / "state", "--json"});
      const size_t at = shown.out.find(name);
      const int epoch = at == std::string::npos ? 0 : std::atoi(&shown.out[at + name.size()]);
      if (epoch > last && ++ended == 3) return true;
      last = epoch;
    }
    return false;
  }
  // All events have come: nothing was lost, and nothing put out twice.
  void expect_all_carts() const {
    EXPECT_EQ(lines_by_key(out()),
              lines_by_key(read_file(kFolder / "expected" / "tutorials" / "shopping_cart.txt")));
  }

  const TempDir dir_;
  const std::string events_;
  size_t there_ = 0;
};

TEST_F(ShoppingCart, IsThereAgainAfterTheJobWasKilled) {
  const size_t all = count_lines(events_);
  let_come(9);
  {
    Child job(command(2), options(true));
    ASSERT_TRUE(wait_for_output()) << job.err();
    ASSERT_TRUE(wait_for_snapshot());
    job.signal(SIGKILL);
    ASSERT_EQ(job.wait().status, 128 + SIGKILL);
  }
  EXPECT_NE(out().find("ada {\"items\":[\"teapot\",\"cups\"],\"total\":42.25}"), std::string::npos);
  let_come(14);
  {
    Child job(command(3), options(true));
    ASSERT_TRUE(wait_for_output()) << job.err();
    EXPECT_NE(job.err().find("resuming from epoch"), std::string::npos) << job.err();
    // Ada pays for what she had put into her cart before the crash.
    EXPECT_NE(out().find("ada {\"items\":[\"teapot\",\"cups\"],\"paid\":42.25}"),
              std::string::npos);
    job.signal(SIGKILL);  // whether or not that is in a snapshot already
    ASSERT_EQ(job.wait().status, 128 + SIGKILL);
  }
  let_come(all);
  const RunResult last = run(command(1), options(false));
  EXPECT_EQ(last.status, 0) << last.err;
  expect_all_carts();
}

TEST_F(ShoppingCart, SurvivesKillsAtAnyMoment) {
  const size_t all = count_lines(events_);
  for (int i = 0; i < 8; ++i) {
    let_come(std::min(all, there_ + 3));
    Child job(command(2), options(true));
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 37 * i));
    job.signal(SIGKILL);
    ASSERT_EQ(job.wait().status, 128 + SIGKILL) << job.err();
  }
  let_come(all);
  const RunResult last = run(command(2), options(false));
  EXPECT_EQ(last.status, 0) << last.err;
  expect_all_carts();
}

TEST_F(ShoppingCart, WithoutARecoveryStoreTheJobBeginsAnew) {
  const size_t all = count_lines(events_);
  let_come(9);
  std::vector<std::string> plain = command(2);
  plain.erase(plain.begin() + 3, plain.begin() + 7);
  {
    Child job(plain, options(true));
    ASSERT_TRUE(wait_for_output()) << job.err();
    job.signal(SIGTERM);
    EXPECT_EQ(job.wait().status, 0);
  }
  EXPECT_EQ(count_lines(out()), 9u);
  let_come(all);
  const RunResult last = run(plain, options(false));
  EXPECT_EQ(last.status, 0) << last.err;
  expect_all_carts();
}

}  // namespace
}  // namespace streamhost::testing
