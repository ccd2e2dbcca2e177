#include "recovery/schema.h"

#include <gtest/gtest.h>

#include <array>

#include "recovery/partition.h"
#include "support/process.h"

namespace streamhost::recovery {
namespace {

using streamhost::testing::TempDir;

MetaRow some_meta() {
  MetaRow meta;
  meta.store = "0123";
  meta.dataflow = "test";
  return meta;
}

TEST(Format, AFileThatWasMadeIsReadBack) {
  TempDir dir;
  ASSERT_TRUE(make_file(dir / "file", some_meta()));
  auto partition = Partition::open(dir / "file");
  ASSERT_TRUE(partition) << partition.failure().message;
  EXPECT_EQ((*partition)->catalog().meta.dataflow, "test");
  EXPECT_FALSE(std::filesystem::exists(dir / "file.new"));
}

// A version to come, and the way there: a file of today is an old one for it.
struct Future {
  std::array<Migration, 2> migrations = {
      Migration{1, [](Database& database) { database.execute("CREATE TABLE more(a INTEGER)"); }},
      Migration{2, [](Database& database) { database.execute("CREATE TABLE most(b INTEGER)"); }}};
  Format format{.version = 3,
                .migrations = migrations,
                .schema = current_format().schema +
                          "CREATE TABLE more(a INTEGER);\nCREATE TABLE most(b INTEGER);\n"};
};

TEST(Format, AnOlderFileIsBroughtUpToDateStepByStep) {
  TempDir dir;
  ASSERT_TRUE(make_file(dir / "file", some_meta()));
  const Future future;
  {
    auto partition = Partition::open(dir / "file", future.format);
    ASSERT_TRUE(partition) << partition.failure().message;
    EXPECT_EQ((*partition)->catalog().meta.dataflow, "test");
    EXPECT_EQ((*partition)->database().number("PRAGMA user_version"), 3);
  }
  // Once is enough.
  ASSERT_TRUE(Partition::open(dir / "file", future.format));
  auto today = Partition::open(dir / "file");
  ASSERT_FALSE(today);
  EXPECT_NE(today.failure().message.find("format version 3, and this streamhost knows versions up "
                                         "to 1 only; use the newer streamhost that wrote it"),
            std::string::npos)
      << today.failure().message;
}

TEST(Format, AMigrationThatFailsLeavesTheFileAsItWas) {
  TempDir dir;
  ASSERT_TRUE(make_file(dir / "file", some_meta()));
  Future future;
  future.migrations[1].run = [](Database& database) { database.execute("CREATE TABLE more(a)"); };
  auto partition = Partition::open(dir / "file", future.format);
  ASSERT_FALSE(partition);
  EXPECT_NE(partition.failure().message.find("bring it from format version 1 to 3"),
            std::string::npos)
      << partition.failure().message;
  EXPECT_TRUE(Partition::open(dir / "file"));
}

TEST(Format, AFileTooOldForAnyMigrationIsRefused) {
  TempDir dir;
  ASSERT_TRUE(make_file(dir / "file", some_meta()));
  {
    Database database(dir / "file", Database::Access::kReadWrite);
    database.execute("PRAGMA user_version = 0");
    ASSERT_TRUE(database.ok());
  }
  auto partition = Partition::open(dir / "file");
  ASSERT_FALSE(partition);
  EXPECT_NE(partition.failure().message.find("oldest that can be read is 1"), std::string::npos)
      << partition.failure().message;
}

}  // namespace
}  // namespace streamhost::recovery
