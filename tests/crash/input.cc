#include "crash/input.h"

#include <algorithm>
#include <fstream>

namespace streamhost::crash {
namespace {

// A key of this file; the square makes low ones frequent.
std::string key_in(Random& random, size_t file, size_t keys) {
  const double u = random.unit();
  const auto number = static_cast<size_t>(u * u * static_cast<double>(keys));
  return "k" + std::to_string(file) + "_" + std::to_string(number);
}

std::string value_of(size_t file, size_t line) {
  return std::to_string(file) + "." + std::to_string(line);
}

constexpr size_t kBegin = 1'700'000'000'000'000;
constexpr size_t kGrain = 100'000;  // within it each time is made the only one of its kind

std::string timed(const std::string& key, size_t time, size_t v, size_t file, size_t line) {
  return "{\"id\":\"" + key + "\",\"ts\":" + std::to_string(time) + ",\"v\":" + std::to_string(v) +
         ",\"n\":\"" + value_of(file, line) + "\"}";
}

std::string file_name(const std::string& folder, size_t file) {
  return folder + "/" + std::to_string(file) + ".txt";
}

}  // namespace

Input keyed_lines(Random& random, size_t files, size_t lines, size_t keys) {
  Input input;
  for (size_t f = 0; f < files; ++f) {
    InputFile file{"in/" + std::to_string(f) + ".txt", {}};
    for (size_t i = 0; i < lines; ++i) {
      file.lines.push_back(key_in(random, f, keys) + ";" + value_of(f, i));
    }
    input.push_back(std::move(file));
  }
  return input;
}

Input word_lines(Random& random, size_t files, size_t lines, size_t words) {
  Input input;
  for (size_t f = 0; f < files; ++f) {
    InputFile file{"in/" + std::to_string(f) + ".txt", {}};
    for (size_t i = 0; i < lines; ++i) {
      std::string line;
      for (size_t n = 1 + random.below(8); n > 0; --n) {
        line += (line.empty() ? "w" : " w") + std::to_string(random.below(1 + random.below(words)));
      }
      file.lines.push_back(std::move(line));
    }
    input.push_back(std::move(file));
  }
  return input;
}

Input csv_rows(Random& random, size_t files, size_t lines, size_t keys) {
  Input input;
  for (size_t f = 0; f < files; ++f) {
    InputFile file{"csv/" + std::to_string(f) + ".csv", {"key,value"}};
    for (size_t i = 0; i < lines; ++i) {
      const std::string quote = random.chance(0.3) ? "\"" : "";
      // Letters before the number, so that the key is no other file's.
      file.lines.push_back(quote + "csv_" + key_in(random, f, keys) + quote + ",\"" +
                           value_of(f, i) + "\"");
    }
    input.push_back(std::move(file));
  }
  return input;
}

Input timed_lines(Random& random, const std::string& folder, size_t files, size_t lines,
                  size_t keys, bool shared, Timing timing) {
  Input input;
  for (size_t f = 0; f < files; ++f) {
    InputFile file{file_name(folder, f), {}};
    for (size_t i = 0; i < lines; ++i) {
      size_t time = kBegin + f * timing.late_start_us + i * timing.every_us;
      if (random.chance(0.6)) time -= random.below(timing.disorder_us);
      time -= time % kGrain;
      time += (f * lines + i) % kGrain;
      file.lines.push_back(
          timed(key_in(random, shared ? 0 : f, keys), time, random.below(1000), f, i));
    }
    input.push_back(std::move(file));
  }
  return input;
}

Input single_lines(Random& random, const std::string& folder, size_t files, size_t keys) {
  std::vector<size_t> order(keys);
  for (size_t i = 0; i < keys; ++i) order[i] = i;
  random.shuffle(order);
  Input input;
  for (size_t f = 0; f < files; ++f) input.push_back({file_name(folder, f), {}});
  for (size_t i = 0; i < keys; ++i) {
    if (random.chance(0.2)) continue;
    const size_t f = i % files;
    input[f].lines.push_back(timed("k" + std::to_string(order[i]), kBegin + i, random.below(1000),
                                   f, input[f].lines.size()));
  }
  return input;
}

void append_part(const Input& input, const std::filesystem::path& folder, size_t part,
                 size_t parts) {
  for (const InputFile& file : input) {
    const std::filesystem::path path = folder / file.name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::app | std::ios::binary);
    const size_t end = file.lines.size() * (part + 1) / parts;
    for (size_t i = file.lines.size() * part / parts; i < end; ++i) out << file.lines[i] << '\n';
    out.flush();
    if (!out) throw std::runtime_error("cannot write " + path.string());
  }
}

size_t line_count(const Input& input) {
  size_t count = 0;
  for (const InputFile& file : input) count += file.lines.size();
  return count;
}

}  // namespace streamhost::crash
