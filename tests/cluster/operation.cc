#include "cluster/operation.h"

#include <algorithm>
#include <fstream>
#include <thread>

namespace streamhost::cluster_test {
namespace {

namespace fs = std::filesystem;

constexpr Millis kLook{4};          // from one look at the processes to the next
constexpr Millis kLatecomer{1500};  // one who has ended for so long is missed by those who run
constexpr int kKilled = 128 + SIGKILL;
constexpr size_t kLastWords = 2500;

std::string last_part(const std::string& text, size_t size) {
  return text.size() <= size ? text : "..." + text.substr(text.size() - size);
}

}  // namespace

std::string Shape::text() const {
  std::string all;
  for (const int w : workers) all += (all.empty() ? "" : "+") + std::to_string(w);
  return std::to_string(workers.size()) + " processes with " + all + " workers, " +
         (separate ? "separate stores" : "one store") + " of " + std::to_string(store_partitions) +
         ", epochs of " + epoch;
}

Operation::Operation(const crash::CrashJob& job, Network& network, Limits limits,
                     const std::string& more)
    : job_(job), network_(network), limits_(limits), folder_("cluster-" + job.name) {
  std::ofstream out(folder() / "job.toml");
  out << job.manifest << "[cluster]\ntimeout = \"" << limits.timeout.count() << "ms\"\nwait = \""
      << limits.wait.count() << "ms\"\n"
      << more;
}

fs::path Operation::store(size_t process) const {
  return folder() / (shape_.separate ? "store." + std::to_string(process) : "store");
}

void Operation::reshape(const Shape& shape) {
  if (shape_.separate && shape.processes() < shape_.processes()) {
    shape_.workers.resize(shape.processes());
    gather_store();
  }
  shape_ = shape;
  while (members_.size() < size()) {
    members_.emplace_back(folder() / ("process-" + std::to_string(members_.size()) + ".log"));
  }
  while (members_.size() > size()) members_.pop_back();
  armed_.assign(size(), false);
  ended_at_.assign(size(), std::nullopt);
  latecomers_ = false;
  note("the cluster is " + shape.text());
}

// Moves the parts of those who are no more to the first one, as an operator has to.
void Operation::gather_store() {
  for (size_t process = size(); fs::exists(store(process)); ++process) {
    for (const auto& entry : fs::directory_iterator(store(process))) {
      const std::string name = entry.path().filename().string();
      if (name.rfind("part-", 0) == 0) fs::rename(entry.path(), store(0) / name);
    }
    fs::remove_all(store(process));
  }
}

std::vector<std::string> Operation::command(size_t process) const {
  std::vector<std::string> words = network_.prefix(process);
  std::string addresses;
  for (const std::string& address : network_.addresses(process, size())) {
    addresses += (addresses.empty() ? "" : ",") + address;
  }
  const std::vector<std::string> job = {testing::streamhost_path(),
                                        "--manifest",
                                        (folder() / "job.toml").string(),
                                        "--plugin-path",
                                        CRASH_PLUGINS "/v1",
                                        "-w",
                                        std::to_string(shape_.workers[process]),
                                        "-i",
                                        std::to_string(process),
                                        "-a",
                                        addresses};
  words.insert(words.end(), job.begin(), job.end());
  if (shape_.recovery) {
    const std::vector<std::string> recovery = {
        "-r",         store(process).string(), "-s",
        shape_.epoch, "--recovery-partitions", std::to_string(shape_.store_partitions)};
    words.insert(words.end(), recovery.begin(), recovery.end());
  }
  return words;
}

std::vector<std::string> Operation::environment() const {
  return {"CRASH_SLOWER=" + std::to_string(shape_.slower)};
}

void Operation::start(size_t process, const std::string& point,
                      const std::vector<std::string>& more) {
  std::vector<std::string> with = more;  // first, since the first of a name counts
  for (const std::string& setting : environment()) with.push_back(setting);
  if (!point.empty()) with.push_back("STREAMHOST_TEST_CRASH=" + point);
  armed_[process] = !point.empty();
  ended_at_[process].reset();
  members_[process].start(command(process), with);
  note("process " + std::to_string(process) + " starts" +
       (point.empty() ? "" : ", to die at " + point));
}

void Operation::start_all() {
  for (size_t i = 0; i < size(); ++i) start(i);
}

bool Operation::all_together() {
  return std::all_of(members_.begin(), members_.end(),
                     [](Member& m) { return m.is_running() && m.is_together(); });
}

bool Operation::all_ended() {
  return std::all_of(members_.begin(), members_.end(), [](Member& m) { return m.status() == 0; });
}

bool Operation::anybody_runs() {
  return std::any_of(members_.begin(), members_.end(), [](Member& m) { return m.is_running(); });
}

bool Operation::anybody_armed() const {
  return std::find(armed_.begin(), armed_.end(), true) != armed_.end();
}

int Operation::went_back() {
  int times = 0;
  for (const Member& member : members_) times += member.went_back();
  return times;
}

void Operation::look_after() {
  const auto now = Clock::now();
  // Asked before anybody's status: nobody who runs now can have ended before that.
  const bool others_go_on = anybody_runs();
  for (size_t i = 0; i < size(); ++i) {
    const auto status = members_[i].status();
    if (!status) continue;
    const std::string name = "process " + std::to_string(i);
    if (armed_[i] && *status == kKilled) {
      note(name + " has died at its point");
      ++died_at_points_;
      latecomers_ = true;
      start(i);
    } else if (*status == kKilled) {
      continue;  // by the test, which will start it again
    } else if (*status != 0) {
      fail(name + " has ended with status " + std::to_string(*status));
    } else if (!ended_at_[i]) {
      ended_at_[i] = now;
      note(name + " has ended");
    } else if (latecomers_ && others_go_on && now - *ended_at_[i] > kLatecomer) {
      note(name + " is needed again");
      start(i);
    }
  }
}

bool Operation::wait_until(const std::function<bool()>& condition, Millis limit) {
  const auto end = Clock::now() + limit;
  for (;;) {
    look_after();
    if (failure_) return false;
    if (condition()) return true;
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kLook);
  }
}

void Operation::note(const std::string& what) {
  const auto at = std::chrono::duration_cast<Millis>(Clock::now() - begin_);
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis =
      static_cast<int>(std::chrono::duration_cast<Millis>(now.time_since_epoch()).count() % 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char clock[32], line[64];
  std::strftime(clock, sizeof clock, "%H:%M:%S", &local);
  std::snprintf(line, sizeof line, "%s.%03d %6ld ms  ", clock, millis,
                static_cast<long>(at.count()));
  std::ofstream(folder() / "history", std::ios::app) << line << what << "\n";
}

void Operation::fail(const std::string& what) {
  if (failure_) return;
  note("FAILED: " + what);
  folder_.keep();
  std::string text = "job " + job_.name + ": " + what + "\nfolder (kept): " + folder().string() +
                     "\nhistory:\n" + testing::read_file(folder() / "history");
  for (size_t i = 0; i < members_.size(); ++i) {
    text += "process " + std::to_string(i) + " (" + (members_[i].is_running() ? "runs" : "ended") +
            "):\n" + last_part(members_[i].said(), kLastWords);
  }
  failure_ = text;
}

}  // namespace streamhost::cluster_test
