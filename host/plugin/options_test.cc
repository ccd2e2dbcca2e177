#include "plugin/options.h"

#include <gtest/gtest.h>

namespace streamhost {
namespace {

class CheckOptions : public ::testing::Test {
 protected:
  CheckOptions() {
    path_ = make("path", SH_TYPE_STRING, SH_OPTION_REQUIRED | SH_OPTION_PATH, "the file to read");
    limit_ = make("limit", SH_TYPE_SIZE, 0, "longest line");
    limit_.default_text = "1MiB";
    old_ = make("speed", SH_TYPE_STRING, SH_OPTION_DEPRECATED, "say limit instead");
    wait_ = make("wait", SH_TYPE_DURATION, 0, "");
    component_.struct_size = sizeof(sh_component);
    component_.name = "lines";
    component_.options = options_;
    component_.option_count = 4;
    file_ = std::make_shared<const std::string>("job.toml");
  }

  static sh_option make(const char* name, int32_t type, uint32_t flags, const char* help) {
    sh_option o{};
    o.struct_size = sizeof(sh_option);
    o.name = name;
    o.type = type;
    o.flags = flags;
    o.help = help;
    return o;
  }

  // A string in line `line`, its key in column 1.
  std::pair<std::string, Value> text(const std::string& name, const std::string& value,
                                     uint32_t line) {
    Value v;
    v.string = value;
    v.where = {file_, line, static_cast<uint32_t>(name.size() + 4)};
    v.key_where = {file_, line, 1};
    return {name, v};
  }

  sh_config check(const std::vector<std::pair<std::string, Value>>& given) {
    const ComponentLookup none = [](const std::string& id, Component::Kind) -> Result<Component> {
      return Status::usage("there is no component " + id);
    };
    return check_options(component_, "file.lines", given, "/base", {file_, 3, 1}, none,
                         diagnostics_);
  }

  sh_option path_, limit_, old_, wait_;
  const sh_option* options_[4] = {&path_, &limit_, &old_, &wait_};
  sh_component component_{};
  std::shared_ptr<const std::string> file_;
  Diagnostics diagnostics_;
};

TEST_F(CheckOptions, FillsInDefaultsAndKnowsWhatWasNotGiven) {
  const sh_config config = check({text("path", "a.txt", 5)});
  EXPECT_TRUE(diagnostics_.all().empty()) << diagnostics_.text();
  EXPECT_EQ(config.values.at("path").text, "/base/a.txt");
  EXPECT_TRUE(config.values.at("limit").given);
  EXPECT_EQ(config.values.at("limit").text, "1048576");
  EXPECT_FALSE(config.values.at("wait").given);
  EXPECT_EQ(config.values.size(), 4u);
}

TEST_F(CheckOptions, ReportsAllMistakesEachAtItsPlace) {
  check({text("pth", "a.txt", 5), text("limit", "much", 6)});
  ASSERT_EQ(diagnostics_.all().size(), 3u) << diagnostics_.text();
  EXPECT_EQ(diagnostics_.all()[0].where.text(), "job.toml:5:1");
  EXPECT_EQ(diagnostics_.all()[0].message,
            "unknown option \"pth\" of file.lines (did you mean \"path\"?)");
  EXPECT_EQ(diagnostics_.all()[1].where.text(), "job.toml:6:9");
  EXPECT_EQ(diagnostics_.all()[1].message.rfind("option \"limit\" of file.lines is wrong: ", 0),
            0u);
  EXPECT_EQ(diagnostics_.all()[2].where.text(), "job.toml:3:1");
  EXPECT_EQ(diagnostics_.all()[2].message,
            "file.lines needs the option \"path\": the file to read");
}

TEST_F(CheckOptions, AWrongValueIsNotAlsoCalledMissing) {
  auto given = text("path", "", 5);
  given.second.kind = Value::Kind::kInteger;
  check({given});
  ASSERT_EQ(diagnostics_.all().size(), 1u) << diagnostics_.text();
  EXPECT_EQ(diagnostics_.all()[0].message,
            "option \"path\" of file.lines must be a string, not an integer; put it in quotes");
}

TEST_F(CheckOptions, ListsTheOptionsWhenNoneIsClose) {
  check({text("path", "a", 5), text("zzzzzzzz", "a", 6)});
  EXPECT_EQ(diagnostics_.all().at(0).message,
            "unknown option \"zzzzzzzz\" of file.lines; it has: limit, path, wait");
  component_.option_count = 0;
  diagnostics_ = Diagnostics();
  check({text("path", "a", 5)});
  EXPECT_EQ(diagnostics_.all().at(0).message,
            "unknown option \"path\" of file.lines, which has no options");
}

TEST_F(CheckOptions, WarnsOfDeprecatedOptions) {
  const sh_config config = check({text("path", "a", 5), text("speed", "high", 6)});
  ASSERT_EQ(diagnostics_.all().size(), 1u);
  EXPECT_EQ(diagnostics_.all()[0].severity, Diagnostic::Severity::kWarning);
  EXPECT_EQ(diagnostics_.all()[0].message,
            "option \"speed\" of file.lines is deprecated: say limit instead");
  EXPECT_EQ(config.values.at("speed").text, "high");
}

}  // namespace
}  // namespace streamhost
