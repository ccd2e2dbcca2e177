#include "manifest/manifest.h"

#include <gtest/gtest.h>

#include "manifest/parse_for_test.h"
#include "support/process.h"

namespace streamhost {
namespace {

using testing::mistakes;
using testing::parse;
using testing::Parsed;

constexpr const char* kSteps = "[source.a]\nuse = \"p.c\"\n[sink.b]\nuse = \"p.d\"\nfrom = \"a\"\n";

TEST(Manifest, TheNameIsTheFilesUnlessSaid) {
  EXPECT_EQ(parse(kSteps).document.name, "job");
  EXPECT_EQ(parse(kSteps, {}, "/etc/jobs/clicks.v2.toml").document.name, "clicks.v2");
  EXPECT_EQ(parse(std::string("name = \"word count\"\n") + kSteps).document.name, "word count");
}

TEST(Manifest, TheNameIsCheckedToo) {
  EXPECT_EQ(mistakes("name = 7\n"), "job.toml:1:8: error: name must be a string, not an integer");
  EXPECT_EQ(mistakes("name = \"\"\n"), "job.toml:1:8: error: name is empty");
}

TEST(Manifest, TheFolderIsTheFiles) {
  EXPECT_EQ(parse(kSteps).document.folder, ".");
  EXPECT_EQ(parse(kSteps, {}, "jobs/a.toml").document.folder, "jobs");
}

TEST(Manifest, StepsOfAllKindsComeInFileOrder) {
  const Parsed parsed = parse(
      "[sink.z]\nuse = \"p.c\"\nfrom = \"a\"\n[operator.m]\nuse = \"p.c\"\nfrom = \"a\"\n"
      "[source.a]\nuse = \"p.c\"\n[sink.b]\nuse = \"p.c\"\nfrom = \"m\"\n");
  ASSERT_EQ(parsed.text(), "");
  ASSERT_EQ(parsed.document.steps.size(), 4U);
  EXPECT_EQ(parsed.document.steps[0].id, "z");
  EXPECT_EQ(parsed.document.steps[1].id, "m");
  EXPECT_EQ(parsed.document.steps[2].id, "a");
  EXPECT_EQ(parsed.document.steps[3].id, "b");
}

TEST(Manifest, AnUnknownTableIsAMistake) {
  EXPECT_EQ(mistakes("[sources.a]\nuse = \"p.c\"\n"),
            "job.toml:1:2: error: unknown table \"sources\" (did you mean \"source\"?)");
  EXPECT_EQ(mistakes("[colours]\n"), "job.toml:1:2: error: unknown table \"colours\"");
  EXPECT_EQ(mistakes("[[rnu]]\nx = 1\n"),
            "job.toml:1:3: error: unknown table \"rnu\" (did you mean \"run\"?)");
}

TEST(Manifest, AnUnknownKeyIsAMistake) {
  EXPECT_EQ(mistakes("nane = \"x\"\n"),
            "job.toml:1:1: error: unknown key \"nane\" outside of all tables (did you mean "
            "\"name\"?)");
  EXPECT_EQ(mistakes("[source]\nuse = \"x\"\n"),
            "job.toml:2:1: error: unknown key \"use\" in [source]: steps have tables of their own, "
            "[source.ID]");
}

TEST(Manifest, KindsAreTablesOfTables) {
  EXPECT_EQ(mistakes("sink = 3\n"),
            "job.toml:1:1: error: sink must be tables, one for each step: [sink.ID], not an "
            "integer");
  EXPECT_EQ(mistakes("[[source.a]]\nuse = \"p.c\"\n"),
            "job.toml:1:10: error: a step is one table: write [source.a], not [[source.a]]");
}

TEST(Manifest, IdsHaveAForm) {
  for (const char* id : {"A", "1a", "a-b", "_a"}) {
    EXPECT_EQ(mistakes("[source." + std::string(id) + "]\nuse = \"p.c\"\n"),
              "job.toml:1:9: error: \"" + std::string(id) +
                  "\" is not an id: use a-z, 0-9 and _, a letter first");
  }
  EXPECT_EQ(mistakes("[source.\"a\\u001b\"]\n"),
            "job.toml:1:9: error: \"a\\u001b\" is not an id: use a-z, 0-9 and _, a letter first");
}

TEST(Manifest, AnIdIsUniqueInTheWholeFile) {
  EXPECT_EQ(mistakes("[source.a]\nuse = \"p.c\"\n[sink.a]\nuse = \"p.c\"\nfrom = \"a\"\n"),
            "job.toml:3:1: error: the id \"a\" is taken: [source.a] at job.toml:1:1 has it");
}

TEST(Manifest, ATableGivenTwiceIsADuplicateToo) {
  const Parsed parsed = parse("[source.a]\nuse = \"p.c\"\n[source.a]\nuse = \"p.c\"\n");
  EXPECT_FALSE(parsed.document.readable);
  EXPECT_EQ(parsed.text(),
            "job.toml:3:1: error: table [source.a] is given twice; the first is in line 1");
}

TEST(Manifest, AllMistakesComeAtOnceInFileOrder) {
  EXPECT_EQ(
      mistakes("colour = 1\n"
               "[run]\n"
               "workers = \"many\"\n"
               "epoc = \"10s\"\n"
               "[source.a]\n"
               "[operator.b]\n"
               "use = \"core\"\n"
               "[sink.c]\n"
               "use = \"p.c\"\n"
               "from = [1, 2]\n"),
      "job.toml:1:1: error: unknown key \"colour\" outside of all tables\n"
      "job.toml:3:11: error: workers: \"many\" is not a whole number from 0 to 1024, or "
      "\"auto\"\n"
      "job.toml:4:1: error: unknown key \"epoc\" in [run] (did you mean \"epoch\"?)\n"
      "job.toml:5:1: error: [source.a] has no \"use\": say which component it is, such as "
      "use = \"file.lines\"\n"
      "job.toml:6:1: error: [operator.b] has no \"from\": say whose records it reads, such as "
      "from = \"lines\"\n"
      "job.toml:7:7: error: use: \"core\" is not a component: write \"plugin.component\", such "
      "as \"file.lines\"\n"
      "job.toml:10:9: error: each step in from must be a string, not an integer\n"
      "job.toml:10:12: error: each step in from must be a string, not an integer");
}

TEST(Manifest, IsReadFromAFile) {
  const testing::TempDir folder;
  const std::string path = folder.write("job.toml", kSteps);
  Diagnostics diagnostics;
  const Result<Document> document = load_manifest(path, testing::environment_of({}), diagnostics);
  ASSERT_TRUE(document) << document.status().message();
  EXPECT_EQ(diagnostics.text(), "");
  EXPECT_EQ(document->steps.size(), 2U);
  EXPECT_EQ(document->folder, folder.path());
}

TEST(Manifest, AFileThatCannotBeReadIsSaid) {
  const testing::TempDir folder;
  Diagnostics diagnostics;
  const Environment none = testing::environment_of({});
  const Status missing = load_manifest(folder / "none.toml", none, diagnostics).status();
  EXPECT_EQ(missing.code(), Code::kUsage);
  EXPECT_EQ(missing.message(),
            "cannot read " + (folder / "none.toml") + ": No such file or directory");
  EXPECT_EQ(load_manifest(folder.path(), none, diagnostics).status().message(),
            "cannot read " + folder.path().string() + ": Is a directory");
}

TEST(Manifest, AnEmptyFileIsReadable) {
  const Parsed parsed = parse("");
  EXPECT_TRUE(parsed.document.readable);
  EXPECT_EQ(parsed.text(), "");
}

}  // namespace
}  // namespace streamhost
