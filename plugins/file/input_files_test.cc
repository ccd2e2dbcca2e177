#include "input_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_files.h"

namespace file_plugin {
namespace {

using Strings = std::vector<std::string>;

TEST(InputFiles, AFileIsItself) {
  const TestFiles files;
  const std::string path = files.write("a.txt", "x");
  EXPECT_EQ(input_files(path), (Strings{path}));
}

TEST(InputFiles, ADirectoryIsItsRegularVisibleFilesInOrder) {
  const TestFiles files;
  files.write("d/b", "");
  files.write("d/a", "");
  files.write("d/C", "");
  files.write("d/.hidden", "");
  files.write("d/sub/deep", "");
  ASSERT_EQ(::mkfifo((files / "d/pipe").c_str(), 0600), 0);
  EXPECT_EQ(input_files(files / "d"), (Strings{files / "d/C", files / "d/a", files / "d/b"}));
}

TEST(InputFiles, AGlobIsWhatItMatchesInOrder) {
  const TestFiles files;
  files.write("2.log", "");
  files.write("1.log", "");
  files.write("1.txt", "");
  files.write("sub/3.log", "");
  files.write("dir.log/x", "");
  EXPECT_EQ(input_files(files / "*.log"), (Strings{files / "1.log", files / "2.log"}));
  EXPECT_EQ(input_files(files / "s*/[0-9].log"), (Strings{files / "sub/3.log"}));
}

TEST(InputFiles, AFileWhoseNameLooksLikeAGlobIsThatFile) {
  const TestFiles files;
  const std::string path = files.write("what?.txt", "");
  files.write("whatX.txt", "");
  EXPECT_EQ(input_files(path), (Strings{path}));
}

TEST(InputFiles, MistakesNameThePath) {
  const TestFiles files;
  std::filesystem::create_directory(files / "empty");
  ASSERT_EQ(::symlink("loop", (files / "loop").c_str()), 0);
  ASSERT_EQ(::mkfifo((files / "pipe").c_str(), 0600), 0);
  const auto message = [&](const std::string& name) {
    return failure([&] { input_files(files / name); });
  };
  EXPECT_EQ(message("nothing.txt"),
            "cannot read \"" + files / "nothing.txt" + "\": No such file or directory");
  EXPECT_EQ(message("*.csv"), "no file matches \"" + files / "*.csv" + "\"");
  EXPECT_EQ(message("empty"), "there are no files in the directory \"" + files / "empty" + "\"");
  EXPECT_EQ(message("loop"),
            "cannot read \"" + files / "loop" + "\": Too many levels of symbolic links");
  EXPECT_EQ(message("pipe"), "\"" + files / "pipe" +
                                 "\" is not a regular file; to read a pipe or a terminal, use "
                                 "stdio.lines");
  EXPECT_EQ(failure([&] { open_input(files / "gone"); }),
            "cannot read \"" + files / "gone" + "\": No such file or directory");
}

}  // namespace
}  // namespace file_plugin
