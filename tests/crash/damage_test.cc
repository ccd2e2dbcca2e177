// Stores that are not what they were: files that are gone, foreign, old or damaged.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "crash/scene.h"

namespace streamhost::crash {
namespace {

namespace fs = std::filesystem;

#ifdef CRASH_SANITIZED
constexpr int kFlips = 8;
#else
constexpr int kFlips = 40;
#endif

class StoreDamage : public Scene {};

// A store file and what SQLite keeps beside it.
std::vector<fs::path> with_companions(const fs::path& file) {
  return {file, file.string() + "-wal", file.string() + "-shm", file.string() + "-journal"};
}

// Makes the store file `to` what the same file was in `old`.
void replace_file(const Contents& old, const fs::path& store, const fs::path& file) {
  for (const fs::path& part : with_companions(file)) {
    fs::remove(part);
    const auto it = old.find(part.lexically_relative(store).string());
    if (it != old.end()) std::ofstream(part, std::ios::binary) << it->second;
  }
}

RunWith two_partitions(std::vector<std::string> more = {}) {
  RunWith with;
  with.store_partitions = 2;
  with.more = std::move(more);
  return with;
}

TEST_F(StoreDamage, AFileThatIsGoneIsNamedAndTheStoreIsRefused) {
  const auto trial = new_trial();
  run_until(*trial, 5, two_partitions());
  const Contents whole = contents_of(store(*trial));
  const auto files = databases(store(*trial));
  ASSERT_EQ(files.size(), 2U);
  for (const fs::path& file : files) {
    for (const fs::path& part : with_companions(file)) fs::remove(part);
    expect_refused(*trial, {file.filename().string(), "missing"}, two_partitions());
    put_back(whole, store(*trial));
  }
  expect_right(*trial, two_partitions());  // with the file back in its place
}

TEST_F(StoreDamage, WithoutAnyFileTheJobBeginsAnew) {
  const auto trial = new_trial();
  run_until(*trial, 5);
  fs::remove_all(store(*trial));
  expect_right(*trial);
}

TEST_F(StoreDamage, AFileOfAnotherJobIsRefused) {
  const auto trial = new_trial(), other = new_trial();
  edit_manifest(*other, "name = \"running\"", "name = \"somebody_else\"");
  run_until(*trial, 5, two_partitions());
  run_until(*other, 5, two_partitions());
  const Contents whole = contents_of(store(*trial)), foreign = contents_of(store(*other));
  for (const fs::path& file : databases(store(*trial))) {
    replace_file(foreign, store(*trial), file);
    expect_refused(*trial, {file.filename().string()}, two_partitions());
    put_back(whole, store(*trial));
  }
  put_back(foreign, store(*trial));
  expect_refused(*trial, {"somebody_else", "running"}, two_partitions());
  put_back(whole, store(*trial));
  expect_right(*trial, two_partitions());
}

TEST_F(StoreDamage, AFileOfAnotherStoreOfTheSameJobIsRefused) {
  const auto trial = new_trial(), other = new_trial();
  run_until(*trial, 5, two_partitions());
  run_until(*other, 5, two_partitions());
  const Contents whole = contents_of(store(*trial));
  for (const fs::path& file : databases(store(*trial))) {
    replace_file(contents_of(store(*other)), store(*trial), file);
    expect_refused(*trial, {file.filename().string()}, two_partitions());
    put_back(whole, store(*trial));
  }
}

TEST_F(StoreDamage, FilesThatChangedPlacesAreRefused) {
  const auto trial = new_trial();
  run_until(*trial, 5, two_partitions());
  const auto files = databases(store(*trial));
  ASSERT_EQ(files.size(), 2U);
  const auto a = with_companions(files[0]), b = with_companions(files[1]);
  const auto swap = [&] {
    for (size_t i = 0; i < a.size(); ++i) {
      const bool has_a = fs::exists(a[i]), has_b = fs::exists(b[i]);
      if (has_a) fs::rename(a[i], a[i].string() + ".away");
      if (has_b) fs::rename(b[i], a[i]);
      if (has_a) fs::rename(a[i].string() + ".away", b[i]);
    }
  };
  swap();
  expect_refused(*trial, {files[0].filename().string()}, two_partitions());
  swap();
  expect_right(*trial, two_partitions());
}

TEST_F(StoreDamage, AnOlderCopyOfOneFileIsRefusedWithoutBackup) {
  const auto trial = new_trial();
  run_until(*trial, 3, two_partitions());
  const Contents old = contents_of(store(*trial));
  run_until(*trial, 6, two_partitions());
  const Contents whole = contents_of(store(*trial));
  for (const fs::path& file : databases(store(*trial))) {
    replace_file(old, store(*trial), file);
    expect_refused(*trial, {file.filename().string(), "epoch", "backup"}, two_partitions());
    put_back(whole, store(*trial));
  }
  expect_right(*trial, two_partitions());
}

TEST_F(StoreDamage, AnOlderCopyOfOneFileIsGoneBackToWithBackup) {
  const RunWith with = two_partitions({"-b", "1h"});
  for (const size_t which : {0U, 1U}) {
    const auto trial = new_trial();
    run_until(*trial, 3, with);
    const Contents old = contents_of(store(*trial));
    run_until(*trial, 6, with);
    replace_file(old, store(*trial), databases(store(*trial)).at(which));
    expect_right(*trial, with);
  }
}

TEST_F(StoreDamage, AnOlderCopyOfTheWholeStoreIsContinuedFrom) {
  const auto trial = new_trial();
  run_until(*trial, 3, two_partitions());
  const Contents old = contents_of(store(*trial));
  run_until(*trial, 6, two_partitions());
  put_back(old, store(*trial));
  expect_right(*trial, two_partitions());
}

TEST_F(StoreDamage, AFileThatIsNoDatabaseIsRefused) {
  const auto trial = new_trial();
  run_until(*trial, 5, two_partitions());
  const Contents whole = contents_of(store(*trial));
  const fs::path file = databases(store(*trial)).at(1);
  for (const std::string& bytes :
       {std::string(), std::string("this is no database\n"), std::string(8192, '\0')}) {
    for (const fs::path& part : with_companions(file)) fs::remove(part);
    std::ofstream(file, std::ios::binary) << bytes;
    expect_refused(*trial, {file.filename().string()}, two_partitions());
    put_back(whole, store(*trial));
  }
  // Cut in half.
  fs::resize_file(file, fs::file_size(file) / 2);
  const testing::RunResult cut = testing::run(trial->command(two_partitions()));
  EXPECT_TRUE(cut.status == 4 || cut.status == 0) << cut.status << cut.err;
}

// As another program would do it.
void execute(const fs::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  sqlite3_close(database);
}

TEST_F(StoreDamage, ANewerFormatIsRefusedAndNamed) {
  const auto trial = new_trial();
  run_until(*trial, 4, two_partitions());
  const fs::path file = databases(store(*trial)).at(1);
  execute(file, "PRAGMA user_version = 4711");
  expect_refused(*trial, {file.filename().string(), "version 4711", "newer"}, two_partitions());
  execute(file, "PRAGMA user_version = 1");
  expect_right(*trial, two_partitions());
}

TEST_F(StoreDamage, RowsThatSomebodyEditedAreNoticed) {
  for (const std::string sql :
       {"DELETE FROM epoch WHERE epoch = (SELECT max(epoch) FROM epoch)",
        "DELETE FROM run WHERE id = (SELECT max(id) FROM run)",
        "UPDATE step SET component = 'crash.walking'", "DELETE FROM execution",
        "UPDATE chunk SET data = CAST(replace(data, '1', '2') AS BLOB)", "DELETE FROM chunk",
        "UPDATE meta SET dataflow = 'walking'", "DROP TABLE chunk"}) {
    const auto trial = new_trial();
    run_until(*trial, 4);
    const Contents whole = contents_of(store(*trial));
    const fs::path file = databases(store(*trial)).at(0);
    execute(file, sql);
    SCOPED_TRACE(sql);
    expect_refused(*trial, {file.filename().string()});
    put_back(whole, store(*trial));
    expect_right(*trial);
  }
}

// One byte, or a sector that the disk lost. Says what was done.
std::string damage(Random& random, const std::string& name, std::string& bytes) {
  const size_t at = random.below(bytes.size());
  if (random.chance(0.2)) {
    const size_t from = at / 512 * 512, size = std::min<size_t>(512, bytes.size() - from);
    bytes.replace(from, size, size, '\0');
    return name + ": sector at " + std::to_string(from) + " zeroed";
  }
  const auto flip = static_cast<char>(1 + random.below(255));
  bytes[at] = static_cast<char>(bytes[at] ^ flip);
  return name + ": byte " + std::to_string(at) + " xor " + std::to_string(int{flip} & 255);
}

// Whatever is damaged: the store is refused, or the output is right; it is never wrong.
void flip_bytes(const CrashRunner& runner, std::unique_ptr<Trial> trial, const RunWith& with) {
  const Contents whole = contents_of(trial->folder());
  std::vector<std::string> files;  // of the store, with something in them
  for (const auto& [name, bytes] : whole) {
    if (name.rfind(kStore, 0) == 0 && !bytes.empty()) files.push_back(name);
  }
  Random random(5);
  int refused = 0;
  for (int i = 0; i < kFlips; ++i) {
    Contents damaged = whole;
    const std::string name = random.pick(files);
    const std::string what = damage(random, name, damaged.at(name));
    put_back(damaged, trial->folder());
    testing::RunResult result = testing::run(trial->command(with));
    ASSERT_TRUE(result.status == 0 || result.status == 4)
        << what << ": status " << result.status << "\n"
        << result.err;
    if (result.status == 4) {
      ++refused;
      EXPECT_NE(result.err.find((trial->folder() / kStore).string()), std::string::npos)
          << what << ": the message names no file of the store: " << result.err;
      // With the byte put right the job can be gone on with.
      std::ofstream(trial->folder() / name, std::ios::binary) << whole.at(name);
      if (changed(whole, contents_of(trial->folder())) != "") continue;  // it had begun to write
      result = testing::run(trial->command(with));
      ASSERT_EQ(result.status, 0) << what << ", then repaired: " << result.err;
    }
    const auto wrong =
        difference(trial->job(), runner.expected(), read_outputs(trial->job(), trial->folder()));
    if (wrong) trial->fail(what + ": " + *wrong + result.err);
    ASSERT_FALSE(wrong) << *trial->failure();
  }
  std::printf("%d of %d were refused\n", refused, kFlips);
}

TEST_F(StoreDamage, FlippedBytesNeverMakeWrongOutput) {
  auto trial = new_trial();
  RunWith with = two_partitions();
  with.workers = 4;  // the fastest
  run_until(*trial, 4, with);
  run_until(*trial, 4, with);
  flip_bytes(small_job(), std::move(trial), with);
}

TEST_F(StoreDamage, FlippedBytesNeverMakeATwoPhaseSinkCommitTwice) {
  auto trial = new_trial(small_two_phase_job());
  RunWith with;
  with.workers = 4;
  run_until(*trial, 4, with);
  run_until(*trial, 4, with);
  flip_bytes(small_two_phase_job(), std::move(trial), with);
}

}  // namespace
}  // namespace streamhost::crash
