#include "data.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "../loops/hash.h"
#include "../loops/keys.h"
#include "../loops/output.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

// Numbers that look random and are the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : at_(seed << 32) {}
  uint64_t below(uint64_t bound) { return splitmix64(at_++) % bound; }
  // Twelve uniform numbers make one that is normal enough: standard deviation 1, in thousandths.
  int64_t normal_thousandths() {
    int64_t sum = -6000;
    for (int i = 0; i < 12; ++i) sum += static_cast<int64_t>(below(1000));
    return sum;
  }

 private:
  uint64_t at_;
};

// Makes `name` in the data folder unless it is there. Written beside and renamed, so that a file
// that is there is whole.
std::string made(const Inputs& inputs, const std::string& name,
                 const std::function<void(Output&)>& write) {
  fs::create_directories(inputs.data);
  const fs::path path = inputs.data / name;
  if (!fs::exists(path)) {
    const fs::path part = inputs.data / (name + ".part");
    Output out(part.string());
    write(out);
    out.close();
    fs::rename(part, path);
  }
  return path.string();
}

std::string read_text(const fs::path& text) {
  std::vector<fs::path> files;
  if (fs::is_directory(text)) {
    for (const auto& entry : fs::directory_iterator(text)) {
      if (entry.path().extension() == ".txt") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(text);
  }
  std::ostringstream all;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error(file.string() + ": cannot be read");
    all << in.rdbuf();
  }
  std::string content = all.str();
  if (content.size() < 100000) {
    throw std::runtime_error(text.string() +
                             ": less than 100 KB of text; name another with --text");
  }
  if (content.back() != '\n') content += '\n';
  return content;
}

// A made-up name of 2 to 8 syllables; the number makes it one of a kind.
std::string station_name(uint64_t number) {
  static constexpr const char* kSyllables[] = {"ba",  "den", "kor", "lu",  "mira", "no",
                                               "pel", "qui", "ro",  "san", "ti",   "ulm",
                                               "ve",  "wyn", "xa",  "zur"};
  Random random(1000 + number);
  std::string name = kSyllables[number % 16];
  name += kSyllables[number / 16 % 16];
  name += kSyllables[number / 256 % 16];
  for (uint64_t more = random.below(4); more > 0; --more) name += kSyllables[random.below(16)];
  name[0] = static_cast<char>(name[0] - 32);
  return name;
}

std::string tenths(int64_t value) {
  std::string text = value < 0 ? "-" : "";
  value = value < 0 ? -value : value;
  return text + std::to_string(value / 10) + "." + std::to_string(value % 10);
}

}  // namespace

std::string text_200_mb(const Inputs& inputs) {
  const std::string text = read_text(inputs.text);
  // Another text is another file.
  const std::string name = "text-" + std::to_string(hash_of(text) % 1'000'000) + ".txt";
  return made(inputs, name, [&](Output& out) {
    for (size_t size = 0; size < 200'000'000; size += text.size()) out.text(text);
  });
}

std::string station_lines(const Inputs& inputs) {
  return made(inputs, "stations-10m.txt", [](Output& out) {
    static constexpr uint64_t kStations = 413;
    std::vector<std::string> names;
    std::vector<int64_t> means;
    Random random(1);
    for (uint64_t i = 0; i < kStations; ++i) {
      names.push_back(station_name(i));
      means.push_back(static_cast<int64_t>(random.below(400)) - 100);
    }
    for (int line = 0; line < 10'000'000; ++line) {
      const auto station = static_cast<size_t>(random.below(kStations));
      const int64_t value = means[station] + random.normal_thousandths() / 10;
      out.text(names[station]).text(";");
      out.text(tenths(std::clamp<int64_t>(value, -999, 999))).text("\n");
    }
  });
}

std::string json_lines(const Inputs& inputs, uint64_t count) {
  return made(inputs, "orders-" + std::to_string(count) + ".jsonl", [count](Output& out) {
    static constexpr const char* kKinds[] = {"order", "return", "quote", "sample"};
    Random random(2);
    for (uint64_t line = 0; line < count; ++line) {
      const uint64_t country = random.below(200);
      out.text(R"({"id":)").number(1'000'000'000 + line);
      out.text(R"(,"time":"2026-03-)").number(10 + random.below(20)).text("T");
      out.number(10 + random.below(14)).text(":").number(10 + random.below(50));
      out.text(R"(:00Z","kind":")").text(kKinds[random.below(4)]);
      out.text(R"(","customer":{"id":)").number(random.below(1'000'000));
      out.text(R"(,"tier":)").number(random.below(5)).text(R"(},"country":"c)");
      out.number(100 + country).text(R"(","items":[)").number(random.below(1000)).text(",");
      out.number(random.below(1000)).text(R"(],"amount":)").number(random.below(10000));
      out.text(R"(,"currency":"EUR","note":"paid by card, shipped","ok":)");
      out.text(random.below(2) == 0 ? "true" : "false").text("}\n");
    }
  });
}

}  // namespace bench
