// The plugin file through the real host.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string text_of(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void append(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

// A job that prints what a source of this plugin reads.
std::string printing(const TempDir& folder, const std::string& source_options,
                     const std::string& more = "") {
  return folder.write("job.toml", "name = \"file_test\"\n[source.in]\n" + source_options +
                                      "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"in\"\n" +
                                      more);
}

RunResult print(const TempDir& folder, const std::string& source_options,
                const std::string& workers = "1", const std::string& more = "") {
  return streamhost({"--manifest", printing(folder, source_options, more), "-w", workers});
}

// A job that writes the lines of standard input by a sink of this plugin.
RunResult store(const TempDir& folder, const std::string& sink_options, const std::string& input,
                const std::string& workers = "1") {
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"file_test\"\n[source.in]\nuse = \"stdio.lines\"\n[operator.keyed]\nuse = "
      "\"core.key_on\"\nfrom = \"in\"\nkey = \"value\"\n[sink.out]\nfrom = \"keyed\"\n" +
          sink_options + "\n");
  RunOptions options;
  options.input = input;
  return streamhost({"--manifest", manifest, "-w", workers}, options);
}

TEST(FileLinesSource, ReadsOneFileRelativeToTheManifest) {
  const TempDir folder;
  folder.write("data/in.txt", "one\r\n\ntwo\nlast");
  const RunResult result = print(folder, "use = \"file.lines\"\npath = \"data/in.txt\"");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "one\n\ntwo\nlast\n");
}

TEST(FileLinesSource, KeepsCarriageReturnsWhenAskedTo) {
  const TempDir folder;
  folder.write("in.txt", "one\r\n");
  EXPECT_EQ(print(folder, "use = \"file.lines\"\npath = \"in.txt\"\nstrip_cr = false").out,
            "one\r\n");
}

TEST(FileLinesSource, ReadsADirectoryInOrderAndAGlob) {
  const TempDir folder;
  folder.write("logs/b.log", "2\n");
  folder.write("logs/a.log", "1\n");
  folder.write("logs/c.txt", "3\n");
  folder.write("logs/.hidden", "no\n");
  folder.write("logs/sub/d.log", "no\n");
  EXPECT_EQ(sorted_lines(print(folder, "use = \"file.lines\"\npath = \"logs\"").out),
            (Lines{"1", "2", "3"}));
  EXPECT_EQ(sorted_lines(print(folder, "use = \"file.lines\"\npath = \"logs/*.log\"", "3").out),
            (Lines{"1", "2"}));
}

TEST(FileLinesSource, AnEmptyFileIsNoLines) {
  const TempDir folder;
  folder.write("in.txt", "");
  const RunResult result = print(folder, "use = \"file.lines\"\npath = \"in.txt\"");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(FileLinesSource, ALargeFileComesWholeAndInOrder) {
  const TempDir folder;
  std::string text;
  for (int i = 0; i < 300'000; ++i) {
    text += std::to_string(i) + std::string(static_cast<size_t>(i % 60), '.') + "\n";
  }
  folder.write("in.txt", text);
  const RunResult result = print(folder, "use = \"file.lines\"\npath = \"in.txt\"", "2");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(result.out == text);
}

TEST(FileLinesSource, RangesGiveTheSameLinesOnAnyNumberOfWorkers) {
  const TempDir folder;
  Lines lines;
  for (int i = 0; i < 100'000; ++i) {
    lines.push_back("line " + std::to_string(i) + std::string(static_cast<size_t>(i % 7), 'x'));
  }
  folder.write("in.txt", text_of(lines));
  std::sort(lines.begin(), lines.end());
  for (const char* workers : {"1", "2", "5"}) {
    const RunResult result =
        print(folder, "use = \"file.lines\"\npath = \"in.txt\"\nranges = 7", workers);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(sorted_lines(result.out) == lines) << workers << " workers";
  }
}

TEST(FileLinesSource, FilesThatCannotBeReadFailTheJobWithTheirNames) {
  const TempDir folder;
  std::filesystem::create_directory(folder / "empty");
  ASSERT_EQ(::symlink("loop", (folder / "loop").c_str()), 0);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const std::pair<const char*, std::string> mistakes[] = {
      {"none.txt", "cannot read " + quoted(folder / "none.txt") + ": No such file or directory"},
      {"*.csv", "no file matches " + quoted(folder / "*.csv")},
      {"empty", "there are no files in the directory " + quoted(folder / "empty")},
      {"loop", "cannot read " + quoted(folder / "loop") + ": Too many levels of symbolic links"},
      {"pipe", quoted(folder / "pipe") + " is not a regular file; to read a pipe or a terminal, "
                                         "use stdio.lines"}};
  for (const auto& [path, message] : mistakes) {
    for (const char* component : {"file.lines", "file.csv"}) {
      const RunResult result =
          print(folder, "use = " + quoted(component) + "\npath = " + quoted(path));
      EXPECT_EQ(result.status, 1);
      EXPECT_EQ(result.out, "");
      EXPECT_TRUE(mentions(result.err, message)) << result.err;
      EXPECT_TRUE(mentions(result.err, "step \"in\"")) << result.err;
    }
  }
}

TEST(FileLinesSource, ALineThatIsTooLongFailsTheJobOrIsSkippedOrGoesToErrors) {
  const TempDir folder;
  folder.write("in.txt", "short\n" + std::string(5000, 'x') + "\nalso short\n");
  const std::string options = "use = \"file.lines\"\npath = \"in.txt\"\nmax_line = \"1KiB\"";
  const std::string message = quoted(folder / "in.txt") +
                              ": the line at byte 6 has 5000 bytes, more than max_line = 1024 "
                              "bytes";
  const RunResult failed = print(folder, options);
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(mentions(failed.err, message)) << failed.err;

  const RunResult skipped = print(folder, options + "\non_error = \"skip\"");
  EXPECT_EQ(skipped.status, 0) << skipped.err;
  EXPECT_EQ(skipped.out, "short\nalso short\n");
  EXPECT_TRUE(mentions(skipped.err, message)) << skipped.err;

  const RunResult wired =
      print(folder, options, "1",
            "[sink.bad]\nuse = \"file.lines\"\nfrom = \"in.errors\"\npath = \"bad.jsonl\"\n");
  EXPECT_EQ(wired.status, 0) << wired.err;
  EXPECT_EQ(wired.out, "short\nalso short\n");
  const std::string bad = read_file(folder / "bad.jsonl");
  EXPECT_TRUE(mentions(bad, "the line at byte 6 has 5000 bytes")) << bad;
}

TEST(FileLinesSource, OptionsThatMakeNoSenseAreRefusedBeforeAnythingRuns) {
  const TempDir folder;
  folder.write("in.txt", "x\n");
  const std::pair<const char*, const char*> mistakes[] = {
      {"path = \"in.txt\"\nranges = 0", "ranges"},
      {"path = \"in.txt\"\nranges = 2\nfollow = true", "`ranges` cannot be used with `follow`"},
      {"path = \"in.txt\"\nstart = \"middle\"", "start"},
      {"path = \"in.txt\"\nmax_line = \"none\"", "max_line"},
      {"pth = \"in.txt\"", "did you mean \"path\""},
      {"", "path"}};
  for (const auto& [options, message] : mistakes) {
    const RunResult result = print(folder, std::string("use = \"file.lines\"\n") + options);
    EXPECT_EQ(result.status, 2) << options;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(mentions(result.err, message)) << result.err;
  }
}

TEST(FileLinesSource, FollowGoesOnThroughGrowthRotationAndTruncationUntilDrained) {
  const TempDir folder;
  const std::string path = folder.write("app.log", "one\n");
  const std::string manifest =
      printing(folder, "use = \"file.lines\"\npath = \"app.log\"\nfollow = true");
  Child job({streamhost_path(), "--manifest", manifest, "-w", "2"});
  ASSERT_TRUE(job.wait_for_output("one\n")) << job.err();
  append(path, "two");
  append(path, " halves\n");
  ASSERT_TRUE(job.wait_for_output("two halves\n")) << job.err();
  std::filesystem::rename(path, folder / "app.log.1");
  append(folder / "app.log.1", "three, late\n");
  folder.write("app.log", "four\n");
  ASSERT_TRUE(job.wait_for_output("four\n")) << job.err();
  std::filesystem::resize_file(path, 0);
  append(path, "5\n");
  ASSERT_TRUE(job.wait_for_output("\n5\n")) << job.err();
  job.signal(SIGTERM);
  const RunResult result = job.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "one\ntwo halves\nthree, late\nfour\n5\n");
}

TEST(FileLinesSource, FollowFromTheEndLeavesOutWhatWasThere) {
  const TempDir folder;
  const std::string path = folder.write("app.log", "old\n");
  folder.write("ready.txt", "ready\n");
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"file_test\"\n"
      "[source.log]\nuse = \"file.lines\"\npath = \"app.log\"\nfollow = true\nstart = \"end\"\n"
      "[source.ready]\nuse = \"file.lines\"\npath = \"ready.txt\"\n"
      "[sink.out]\nuse = \"stdio.lines\"\nfrom = [\"log\", \"ready\"]\n");
  Child job({streamhost_path(), "--manifest", manifest, "-w", "1"});
  ASSERT_TRUE(job.wait_for_output("ready\n")) << job.err();
  append(path, "new\n");
  ASSERT_TRUE(job.wait_for_output("new\n")) << job.err();
  job.signal(SIGINT);
  const RunResult result = job.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "ready\nnew\n");
}

TEST(FileLinesSource, AFollowedFileThatIsSilentCostsNoProcessorTime) {
  const TempDir folder;
  folder.write("app.log", "one\n");
  const std::string manifest =
      printing(folder, "use = \"file.lines\"\npath = \"app.log\"\nfollow = true");
  Child job({streamhost_path(), "--manifest", manifest, "-w", "2"});
  ASSERT_TRUE(job.wait_for_output("one\n")) << job.err();
  // utime and stime, in ticks: fields 14 and 15 of /proc/PID/stat.
  const auto ticks = [&] {
    std::ifstream stat("/proc/" + std::to_string(job.pid()) + "/stat");
    std::string word;
    long total = 0;
    for (int i = 1; i <= 15 && stat >> word; ++i) {
      if (i >= 14) total += std::stol(word);
    }
    return total;
  };
  const long before = ticks();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LE(ticks() - before, ::sysconf(_SC_CLK_TCK) / 10);
  job.signal(SIGTERM);
  EXPECT_EQ(job.wait().status, 0);
}

TEST(FileCsvSource, RowsBecomeJsonObjects) {
  const TempDir folder;
  folder.write("in.csv",
               "id,name,price,ok,note\r\n"
               "1,\"Miller, Ann\",2.50,true,\r\n"
               "2,\"said \"\"hi\"\"\",-3e2,false,\"two\nlines\"\r\n"
               "\r\n"
               "03,Jos\xc3\xa9,,maybe,\"\"");
  const RunResult result = print(folder, "use = \"file.csv\"\npath = \"in.csv\"");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "{\"id\":1,\"name\":\"Miller, Ann\",\"price\":2.50,\"ok\":true,\"note\":null}\n"
            "{\"id\":2,\"name\":\"said \\\"hi\\\"\",\"price\":-3e2,\"ok\":false,"
            "\"note\":\"two\\nlines\"}\n"
            "{\"id\":\"03\",\"name\":\"Jos\xc3\xa9\",\"price\":null,\"ok\":\"maybe\","
            "\"note\":\"\"}\n");
}

TEST(FileCsvSource, ColumnsDelimiterAndTypesCanBeChosen) {
  const TempDir folder;
  folder.write("in.tsv", "1\tx\n2\t\n");
  const RunResult result =
      print(folder,
            "use = \"file.csv\"\npath = \"in.tsv\"\nheader = false\ncolumns = [\"a\", \"b\"]\n"
            "delimiter = \"\\t\"\ntypes = \"string\"");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "{\"a\":\"1\",\"b\":\"x\"}\n{\"a\":\"2\",\"b\":\"\"}\n");
}

TEST(FileCsvSource, BadRowsFailTheJobOrAreSkippedWithFileAndLine) {
  const TempDir folder;
  folder.write("in.csv", "a,b\n1,2\n3\n4,\xff\n5,\"x\"y\n6,7\n");
  const std::string options = "use = \"file.csv\"\npath = \"in.csv\"";
  const std::string line = quoted(folder / "in.csv") + " line ";
  const RunResult failed = print(folder, options);
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(mentions(failed.err, line + "3: 1 field where there are 2 columns")) << failed.err;
  const RunResult skipped = print(folder, options + "\non_error = \"skip\"");
  EXPECT_EQ(skipped.status, 0) << skipped.err;
  EXPECT_EQ(skipped.out, "{\"a\":1,\"b\":2}\n{\"a\":6,\"b\":7}\n");
  EXPECT_TRUE(mentions(skipped.err, line + "4: column \"b\" is not UTF-8")) << skipped.err;
  EXPECT_TRUE(mentions(skipped.err, line + "5, field 2: text after the closing quote"))
      << skipped.err;
}

TEST(FileCsvSource, MistakesInOptionsAndHeadersAreSaid) {
  const TempDir folder;
  folder.write("in.csv", "a,a\n1,2\n");
  const RunResult twice = print(folder, "use = \"file.csv\"\npath = \"in.csv\"");
  EXPECT_EQ(twice.status, 1);
  EXPECT_TRUE(mentions(twice.err, "line 1: the header names the column \"a\" twice")) << twice.err;
  const RunResult unnamed = print(folder, "use = \"file.csv\"\npath = \"in.csv\"\nheader = false");
  EXPECT_EQ(unnamed.status, 2);
  EXPECT_TRUE(mentions(unnamed.err, "the names of the columns have to be given")) << unnamed.err;
  const RunResult wide = print(folder, "use = \"file.csv\"\npath = \"in.csv\"\ndelimiter = \"::\"");
  EXPECT_EQ(wide.status, 2);
  EXPECT_TRUE(mentions(wide.err, "`delimiter` must be one ASCII character")) << wide.err;
}

TEST(FileLinesSink, WritesLinesByTheFormatOverWhatWasThere) {
  const TempDir folder;
  folder.write("out.txt", "old\n");
  const RunResult result =
      store(folder,
            "use = \"file.lines\"\npath = \"out.txt\"\nformat = \"{key}\\t{{{value}}}{timestamp}\"",
            "a\nb\n");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(read_file(folder / "out.txt"), "a\t{a}\nb\t{b}\n");
}

TEST(FileLinesSink, AppendsAndMakesDirectoriesWhenAskedTo) {
  const TempDir folder;
  folder.write("out.txt", "old\n");
  EXPECT_EQ(
      store(folder, "use = \"file.lines\"\npath = \"out.txt\"\nappend = true", "new\n").status, 0);
  EXPECT_EQ(read_file(folder / "out.txt"), "old\nnew\n");
  const std::string deep = "use = \"file.lines\"\npath = \"a/b/out.txt\"";
  const RunResult missing = store(folder, deep, "x\n");
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(mentions(missing.err, "cannot write " + quoted(folder / "a/b/out.txt") +
                                        ": No such file or directory (its directory is missing; "
                                        "`mkdir = true` makes it)"))
      << missing.err;
  EXPECT_EQ(store(folder, deep + "\nmkdir = true", "x\n").status, 0);
  EXPECT_EQ(read_file(folder / "a/b/out.txt"), "x\n");
}

TEST(FileLinesSink, OneFileTakesTheLinesOfAllWorkersWhole) {
  const TempDir folder;
  Lines lines;
  for (int i = 0; i < 50'000; ++i) {
    lines.push_back(std::to_string(i) + std::string(static_cast<size_t>(i % 300), 'y'));
  }
  folder.write("in.txt", text_of(lines));
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"file_test\"\n[source.in]\nuse = \"file.lines\"\npath = \"in.txt\"\nranges = 8\n"
      "[sink.out]\nuse = \"file.lines\"\nfrom = \"in\"\npath = \"out.txt\"\n");
  const RunResult result = streamhost({"--manifest", manifest, "-w", "4"});
  EXPECT_EQ(result.status, 0) << result.err;
  std::sort(lines.begin(), lines.end());
  EXPECT_TRUE(sorted_lines(read_file(folder / "out.txt")) == lines);
}

TEST(FileLinesSink, AFullDiskFailsTheJobOnce) {
  const TempDir folder;
  const RunResult result = store(folder, "use = \"file.lines\"\npath = \"/dev/full\"", "x\n");
  EXPECT_EQ(result.status, 1);
  const std::string message = "cannot write to \"/dev/full\" at byte 0: No space left on device";
  EXPECT_TRUE(mentions(result.err, message)) << result.err;
  EXPECT_EQ(result.err.find(message), result.err.rfind(message)) << result.err;
}

TEST(FileLinesSink, TwoStepsThatWriteOneFileAreRefused) {
  const TempDir folder;
  folder.write("in.txt", "x\n");
  const std::string manifest =
      folder.write("job.toml",
                   "name = \"file_test\"\n[source.in]\nuse = \"file.lines\"\npath = \"in.txt\"\n"
                   "[sink.one]\nuse = \"file.lines\"\nfrom = \"in\"\npath = \"out.txt\"\n"
                   "[sink.two]\nuse = \"file.lines\"\nfrom = \"in\"\npath = \"out.txt\"\n");
  const RunResult result = streamhost({"--manifest", manifest, "-w", "1"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(mentions(result.err, "is being written by another step or process")) << result.err;
}

TEST(FileLinesSink, MistakesInTheFormatAreFoundBeforeAnythingIsWritten) {
  const TempDir folder;
  folder.write("out.txt", "precious\n");
  const RunResult result =
      store(folder, "use = \"file.lines\"\npath = \"out.txt\"\nformat = \"{key} {vlaue}\"", "x\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_TRUE(mentions(result.err,
                       "option \"format\", column 7: unknown placeholder {vlaue}; there are {key}, "
                       "{value}, {timestamp} and {header:NAME}"))
      << result.err;
  EXPECT_EQ(read_file(folder / "out.txt"), "precious\n");
}

TEST(FilePartitionedSink, AKeyGoesToOneFileWhateverTheNumberOfWorkers) {
  const TempDir folder;
  std::string input;
  for (int i = 0; i < 3000; ++i) input += "key" + std::to_string(i % 300) + "\n";
  Lines contents[2];
  for (int run = 0; run < 2; ++run) {
    const std::string name = run == 0 ? "one" : "many";
    const RunResult result = store(folder,
                                   "use = \"file.partitioned\"\npath = \"new/" + name +
                                       "\"\npartitions = 3\nname = \"part-{index}.txt\"",
                                   input, run == 0 ? "1" : "4");
    EXPECT_EQ(result.status, 0) << result.err;
    size_t total = 0;
    for (const char* file : {"part-0000.txt", "part-0001.txt", "part-0002.txt"}) {
      const Lines lines = sorted_lines(read_file(folder / ("new/" + name + "/" + file)));
      EXPECT_GT(lines.size(), 300u) << "keys are spread badly";
      for (const std::string& key : lines) {
        EXPECT_EQ(std::count(lines.begin(), lines.end(), key), 10) << key;
      }
      total += lines.size();
      contents[run].push_back(text_of(lines));
    }
    EXPECT_EQ(total, 3000u);
  }
  EXPECT_EQ(contents[0], contents[1]);
}

TEST(FilePartitionedSink, NamesMustTellThePartsApart) {
  const TempDir folder;
  const RunResult result =
      store(folder, "use = \"file.partitioned\"\npath = \"d\"\nname = \"all\"", "x\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_TRUE(mentions(result.err, "`name` must contain {index}")) << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "d"));
}

}  // namespace
}  // namespace streamhost::testing
