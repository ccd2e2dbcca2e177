#include "crash/scene.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace streamhost::crash {

namespace fs = std::filesystem;

Contents contents_of(const fs::path& folder) {
  Contents contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory()) {
      contents[name + "/"] = "";
    } else if (entry.is_regular_file() && !name.ends_with("-shm")) {
      contents[name] = testing::read_file(entry.path());
    }
  }
  return contents;
}

void put_back(const Contents& contents, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& [name, bytes] : contents) {
    if (name.back() == '/') {
      fs::create_directories(folder / name);
    } else {
      fs::create_directories((folder / name).parent_path());
      std::ofstream(folder / name, std::ios::binary) << bytes;
    }
  }
}

std::string changed(const Contents& before, const Contents& after) {
  std::string names;
  for (const auto& [name, bytes] : before) {
    const auto it = after.find(name);
    if (it == after.end()) {
      names += " removed:" + name;
    } else if (it->second != bytes) {
      names += " changed:" + name;
    }
  }
  for (const auto& [name, bytes] : after) {
    if (before.count(name) == 0) names += " new:" + name;
  }
  return names;
}

std::vector<fs::path> databases(const fs::path& store) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(store)) {
    if (!entry.is_regular_file()) continue;
    std::string head(15, '\0');
    std::ifstream(entry.path(), std::ios::binary).read(head.data(), 15);
    if (head == "SQLite format 3") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

namespace {

CrashJob smaller(const std::string& job, const std::string& name) {
  CrashJob made = job_named(job);
  made.name = name;
  const std::string pace = "\"1500us\"";
  made.manifest.replace(made.manifest.find(pace), pace.size(), "\"${CRASH_PACE:-300us}\"");
  made.input = [](Random& random) { return keyed_lines(random, 2, 3000, 400); };
  return made;
}

}  // namespace

const CrashRunner& Scene::small_job() {
  static const CrashJob job = smaller("running", "small");
  static const CrashRunner runner(job, 11);
  return runner;
}

const CrashRunner& Scene::small_two_phase_job() {
  static const CrashJob job = smaller("running_two_phase", "small_two_phase");
  static const CrashRunner runner(job, 11);
  return runner;
}

std::unique_ptr<Trial> Scene::new_trial(const CrashRunner& of) {
  EXPECT_FALSE(of.failure()) << *of.failure();
  auto trial = std::make_unique<Trial>(of.job());
  append_part(of.input(), trial->folder(), 0, 1);
  return trial;
}

void Scene::run_until(Trial& trial, int epochs, RunWith with) {
  with.environment.push_back(kSlowly);
  Disturbance kill;
  kill.kind = Disturbance::Kind::kKillAtPoint;
  kill.point = {"store.committed", epochs};
  const Trial::End end = trial.run(kill, with);
  EXPECT_EQ(end, Trial::End::kDisturbed) << trial.failure().value_or("it ended before");
}

void Scene::expect_refused(Trial& trial, const std::vector<std::string>& words,
                           const RunWith& with) {
  const Contents before = contents_of(trial.folder());
  const testing::RunResult result = testing::run(trial.command(with));
  EXPECT_EQ(result.status, 4) << result.err;
  for (const std::string& word : words) {
    EXPECT_NE(result.err.find(word), std::string::npos)
        << "the message does not say \"" << word << "\": " << result.err;
  }
  EXPECT_EQ(changed(before, contents_of(trial.folder())), "");
  if (HasFailure()) trial.fail("not refused as it should be");
}

void Scene::expect_right(Trial& trial, const RunWith& with) {
  if (trial.run({}, with) == Trial::End::kByItself) {
    const auto what =
        difference(trial.job(), small_job().expected(), read_outputs(trial.job(), trial.folder()));
    if (what) trial.fail(*what);
  }
  if (trial.failure()) ADD_FAILURE() << *trial.failure();
}

void Scene::edit_manifest(const Trial& trial, const std::string& from, const std::string& to) {
  const fs::path path = trial.folder() / "job.toml";
  std::string text = testing::read_file(path);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  std::ofstream(path) << text;
}

std::vector<std::string> with_own_mounts(const std::string& script,
                                         const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"unshare", "--mount"};
  if (::geteuid() != 0) command.push_back("--map-root-user");
  command.insert(command.end(), {"sh", "-c", script, "sh"});
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

bool can_mount() {
  const testing::TempDir folder;
  const testing::RunResult result =
      testing::run(with_own_mounts("mount -t tmpfs -o size=1m tmpfs \"$1\" && mount --bind -o ro "
                                   "\"$1\" \"$1\" && ! touch \"$1/x\" 2>/dev/null",
                                   {folder.path().string()}));
  if (result.status == 0) return true;
  std::printf("NOT CHECKED: no mounts can be made here: %s\n", result.err.c_str());
  return false;
}

}  // namespace streamhost::crash
