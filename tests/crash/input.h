// The input of a job: files of lines, made from a seed, that can be written in parts to let them
// grow between two runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "crash/random.h"

namespace streamhost::crash {

struct InputFile {
  std::string name;  // relative to the job's folder
  std::vector<std::string> lines;
};

using Input = std::vector<InputFile>;

// Lines "KEY;VALUE" in `files` files in/0.txt, in/1.txt...: `lines` in each. A value says file and
// line, so that each is there once: "1.42". Each key is in one file only, so that the order of
// its lines is known. Few keys are frequent, most are rare.
Input keyed_lines(Random& random, size_t files, size_t lines, size_t keys);

// Lines of words; words are shared by the files.
Input word_lines(Random& random, size_t files, size_t lines, size_t words);

// CSV with the columns key and value, with a header row and some quoted fields; otherwise as
// keyed_lines. Files are csv/0.csv...
Input csv_rows(Random& random, size_t files, size_t lines, size_t keys);

// How the records of timed_lines() lie in time.
struct Timing {
  size_t every_us = 25'000;          // from one line of a file to the next
  size_t disorder_us = 4'500'000;    // a line is so much earlier at most; then 200 ms for rounding
  size_t late_start_us = 7'000'000;  // file n+1 begins so much later than file n
};

// Lines {"id":KEY,"ts":TIME,"v":NUMBER,"n":"FILE.LINE"} in FOLDER/0.txt, FOLDER/1.txt... TIME is in
// microseconds, of late 2023, and there once in all files; NUMBER is less than 1000. Keys are as in
// keyed_lines, or those of the first file in all when they are `shared`.
Input timed_lines(Random& random, const std::string& folder, size_t files, size_t lines,
                  size_t keys, bool shared, Timing timing = {});

// As timed_lines, with each key once in the folder, or not at all (one in five).
Input single_lines(Random& random, const std::string& folder, size_t files, size_t keys);

// Appends the lines from part/parts to (part+1)/parts of every file to what `folder` has of it.
void append_part(const Input& input, const std::filesystem::path& folder, size_t part,
                 size_t parts);

size_t line_count(const Input& input);

}  // namespace streamhost::crash
