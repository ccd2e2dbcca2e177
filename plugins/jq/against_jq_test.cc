// The plugin against the command line tool `jq`, on random values.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "common/json_string.h"
#include "test_support.h"

namespace streamhost::jq {
namespace {

namespace fs = std::filesystem;

class AgainstJq : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("jq --version >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "NOT TESTED: there is no `jq` on the path to compare with";
    }
    std::string name = (fs::temp_directory_path() / "jq_test_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  // The lines that `jq -c` makes of lines of JSON.
  std::vector<std::string> lines_of_jq(const std::string& program,
                                       const std::vector<std::string>& values) {
    std::ofstream(folder_ / "program.jq") << program;
    {
      std::ofstream in(folder_ / "in.json");
      for (const std::string& v : values) in << v << '\n';
    }
    const std::string command = "cd " + folder_.string() +
                                " && env -i \"PATH=$PATH\" jq -c -f program.jq in.json >out.json";
    EXPECT_EQ(std::system(command.c_str()), 0) << program;
    std::ifstream out(folder_ / "out.json");
    std::vector<std::string> lines;
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    return lines;
  }

  static std::vector<std::string> lines_of_plugin(const std::string& component,
                                                  const std::string& program,
                                                  const std::vector<std::string>& values) {
    ComponentHarness h(component, with_limits({{"program", program}, {"timeout", "20000000"}}));
    EXPECT_EQ(h.error, "") << program;
    Records records;
    for (const std::string& v : values) records.push_back({"k", v});
    EXPECT_EQ(h.process(records), SH_OK);
    EXPECT_TRUE(h.rejected.empty()) << program << ": " << h.rejected[0];
    std::vector<std::string> lines;
    for (const TestRecord& r : h.out) lines.push_back(r.value.value_or("(absent)"));
    return lines;
  }

  uint64_t random(uint64_t below) { return random_() % below; }

  std::string text() {
    static const std::vector<std::string> kParts = {
        "a", "b",   "price", " ", "\"", "\\", "\n", "\xC3\xA9", "\xF0\x9F\x98\x80",
        "0", "1.5", "\x01",  "/", "-"};
    std::string s;
    for (uint64_t n = random(5); n > 0; --n) s += kParts[random(kParts.size())];
    std::string quoted;
    plugin_common::append_json_string(quoted, s);
    return quoted;
  }
  std::string value(int depth) {
    static const std::vector<std::string> kNumbers = {
        "0",    "1",      "-1",     "2.50",  "1e3",   "12345678901234567890", "0.1", "-0",
        "1e-7", "1E+300", "3.0000", "100.0", "1e999", "9007199254740993"};
    switch (random(depth > 0 ? 8 : 6)) {
      case 0: return "null";
      case 1: return random(2) == 0 ? "true" : "false";
      case 2:
      case 3: return kNumbers[random(kNumbers.size())];
      case 4:
      case 5: return text();
      case 6: {
        std::string all = "[";
        for (uint64_t n = random(4); n > 0; --n) {
          if (all.size() > 1) all += random(2) == 0 ? "," : " , ";
          all += value(depth - 1);
        }
        return all + "]";
      }
      default: {
        static const std::vector<std::string> kNames = {"a", "b", "c", "price", "a b"};
        std::string all = "{";
        for (uint64_t n = random(4); n > 0; --n) {
          if (all.size() > 1) all += ",";
          all += '"' + kNames[random(kNames.size())] + "\": " + value(depth - 1);
        }
        return all + "}";
      }
    }
  }
  std::string program() {
    static const std::vector<std::string> kSteps = {".",
                                                    ".a",
                                                    ".a?",
                                                    ".[]?",
                                                    ".[0]?",
                                                    ".. ",
                                                    "keys?",
                                                    "length?",
                                                    "tojson",
                                                    "type",
                                                    "tostring",
                                                    "[.]",
                                                    "{x: .}",
                                                    "map(.)?",
                                                    "add?",
                                                    "sort?",
                                                    "tonumber?",
                                                    "ascii_downcase?",
                                                    "explode?",
                                                    "to_entries?",
                                                    "(. + 1)?",
                                                    "(. * 2)?",
                                                    ". == 1",
                                                    "not",
                                                    "select(. != null)",
                                                    "paths",
                                                    "[limit(3; ..)]",
                                                    "test(\"a+\")?",
                                                    "@base64?",
                                                    "@json",
                                                    "split(\"a\")?",
                                                    "reverse",
                                                    "unique?",
                                                    "first(.[]?)",
                                                    "del(.a)?",
                                                    "with_entries(.)?",
                                                    "flatten?",
                                                    "ltrimstr(\"a\")",
                                                    "floor?",
                                                    "(.a, .b)?",
                                                    "error",
                                                    ".price += 1",
                                                    "[.[]?]",
                                                    "if . then 1 else 2 end",
                                                    "// 7"};
    std::string all = ".";
    for (uint64_t n = 1 + random(4); n > 0; --n) {
      const std::string& step = kSteps[random(kSteps.size())];
      all = step.starts_with("//") ? "(" + all + ") " + step : all + " | " + step;
    }
    return all;
  }

  std::mt19937_64 random_{20240501};
  fs::path folder_;
};

TEST_F(AgainstJq, RandomProgramsGiveTheSame) {
  for (int round = 0; round < 20; ++round) {
    const std::string p = program();
    std::vector<std::string> values;
    for (int i = 0; i < 40; ++i) values.push_back(value(3));
    // One result for each record, whatever happens.
    const std::string whole = "[try (" + p + ") catch {error: .}]";
    ASSERT_EQ(lines_of_plugin("map", whole, values), lines_of_jq(whole, values)) << whole;
    const std::string each = "try (" + p + ") catch empty";
    ASSERT_EQ(lines_of_plugin("flat_map", each, values), lines_of_jq(each, values)) << each;
    const std::string question = "first((try (" + p + ") catch null), null)";
    const std::string same = "select(" + question + ")";
    const auto passed = lines_of_plugin("filter", question, values);
    ASSERT_EQ(lines_of_jq(".", passed), lines_of_jq(same, values)) << same;
  }
}

}  // namespace
}  // namespace streamhost::jq
