#include "position.h"

#include <gtest/gtest.h>

#include "input_files.h"
#include "test_files.h"

namespace file_plugin {
namespace {

Position taken_at(const InputFile& file, uint64_t offset) {
  Position p;
  p.offset = offset;
  p.device = file.status.st_dev;
  p.inode = file.status.st_ino;
  p.mark = mark_of(file.descriptor.get(), offset).value();
  return p;
}

std::string check(const Position& position, const std::string& path) {
  const InputFile file = open_input(path);
  return failure([&] { check_position(position, file.descriptor.get(), file.status, path); });
}

TEST(Position, IsReadBackAsItWasWritten) {
  Position p;
  p.offset = 1234;
  p.device = 2049;
  p.inode = 77;
  p.mark = 0x9f3c5b2a00c1d2e4;
  EXPECT_EQ(format_position(p), "1234 file=2049:77 mark=9f3c5b2a00c1d2e4");
  p.line = 17;
  p.end = 5000;
  p.skipping = true;
  p.of = 4;
  const std::string text = format_position(p);
  EXPECT_EQ(text, "1234 file=2049:77 mark=9f3c5b2a00c1d2e4 line=17 end=5000 skip=1 of=4");
  EXPECT_EQ(format_position(parse_position(text, "a")), text);
}

TEST(Position, WhatIsNotOneIsRefused) {
  for (const char* text : {"", "x", "12", "12 file=1:2", "12 mark=zz", "12 mark=1 more=2",
                           "12 mark=1 ", "12 mark=1x", "-1 mark=1", "12 mark=1 skip=2"}) {
    EXPECT_EQ(failure([&] { parse_position(text, "a.txt"); }),
              "the saved position \"" + std::string(text) +
                  "\" of \"a.txt\" is not one of this version of the plugin");
  }
}

TEST(Position, AFileThatGrewIsAccepted) {
  const TestFiles files;
  const std::string path = files.write("a", std::string(1000, 'x'));
  const Position p = taken_at(open_input(path), 1000);
  files.append("a", "more");
  EXPECT_EQ(check(p, path), "");
}

TEST(Position, ACopyWithTheSameContentIsAccepted) {
  const TestFiles files;
  const std::string path = files.write("a", "one\ntwo\n");
  const Position p = taken_at(open_input(path), 4);
  std::filesystem::copy_file(path, files / "b");
  std::filesystem::rename(files / "b", path);
  EXPECT_EQ(check(p, path), "");
}

TEST(Position, ATruncatedFileIsRefused) {
  const TestFiles files;
  const std::string path = files.write("a", "one\ntwo\n");
  const Position p = taken_at(open_input(path), 8);
  std::filesystem::resize_file(path, 4);
  EXPECT_EQ(check(p, path), "cannot go on reading \"" + path +
                                "\" at byte 8: it has only 4 bytes now, so it was truncated since "
                                "the snapshot");
}

TEST(Position, AFileWithOtherContentIsRefused) {
  const TestFiles files;
  const std::string path = files.write("a", std::string(2000, 'x'));
  const Position p = taken_at(open_input(path), 1000);
  for (const size_t changed : {size_t{0}, size_t{255}, size_t{744}, size_t{999}}) {
    std::string other(2000, 'x');
    other[changed] = 'y';
    files.write("a", other);
    EXPECT_EQ(check(p, path),
              "cannot go on reading \"" + path +
                  "\" at byte 1000: its content is not what was there before, so it "
                  "was rewritten since the snapshot");
  }
}

TEST(Position, AReplacedFileIsRefused) {
  const TestFiles files;
  const std::string path = files.write("a", "one\ntwo\n");
  const Position p = taken_at(open_input(path), 4);
  files.write("b", "eins\nzwei\n");
  std::filesystem::rename(files / "b", path);
  EXPECT_NE(check(p, path).find("it was replaced since the snapshot"), std::string::npos);
}

}  // namespace
}  // namespace file_plugin
