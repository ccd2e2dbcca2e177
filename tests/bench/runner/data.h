// The input files of the benchmark: made on first use, the same on every machine, and kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace bench {

struct Inputs {
  std::filesystem::path data;  // where they are kept; made when it is not there
  std::filesystem::path text;  // a text file, or a folder whose *.txt files are one text
};

// Each returns the path of its file, and throws std::runtime_error when it cannot be made.

// The text repeated, whole, until there are at least 200 MB.
std::string text_200_mb(const Inputs& inputs);

// 10 million lines "station;temperature": 413 names of 6 to 24 letters, temperatures with one
// decimal, spread around a mean of the station's own as a normal distribution is.
std::string station_lines(const Inputs& inputs);

// So many JSON objects of about 200 bytes, one a line: an order with a country (of 200) and an
// amount (an integer below 10000), among other fields before, between and after.
std::string json_lines(const Inputs& inputs, uint64_t count);

}  // namespace bench
