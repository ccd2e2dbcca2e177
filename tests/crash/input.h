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

// Appends the lines from part/parts to (part+1)/parts of every file to what `folder` has of it.
void append_part(const Input& input, const std::filesystem::path& folder, size_t part,
                 size_t parts);

size_t line_count(const Input& input);

}  // namespace streamhost::crash
