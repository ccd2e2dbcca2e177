#include "plugin/option_value.h"

#include <gtest/gtest.h>

#include <limits>

namespace streamhost {
namespace {

sh_option option(int32_t type, uint32_t flags = 0) {
  sh_option o{};
  o.struct_size = sizeof(sh_option);
  o.type = type;
  o.flags = flags;
  o.name = "thing";
  o.help = "";
  return o;
}

Value text(const std::string& s) {
  Value v;
  v.string = s;
  return v;
}
Value integer(int64_t i) {
  Value v;
  v.kind = Value::Kind::kInteger;
  v.integer = i;
  return v;
}
Value floating(double d) {
  Value v;
  v.kind = Value::Kind::kFloat;
  v.floating = d;
  return v;
}
Value boolean(bool b) {
  Value v;
  v.kind = Value::Kind::kBool;
  v.boolean = b;
  return v;
}
Value list(std::vector<Value> items) {
  Value v;
  v.kind = Value::Kind::kList;
  v.list = std::move(items);
  return v;
}

// The canonical text, or the error after "! ".
std::string canonical(const sh_option& o, const Value& v) {
  Result<OptionValue> result = option_value(o, v, "/base");
  return result ? result->text : "! " + result.status().message();
}

TEST(OptionValue, TurnsEachTypeIntoItsCanonicalText) {
  EXPECT_EQ(canonical(option(SH_TYPE_STRING), text("a b")), "a b");
  EXPECT_EQ(canonical(option(SH_TYPE_INT), integer(-42)), "-42");
  EXPECT_EQ(canonical(option(SH_TYPE_FLOAT), floating(0.1)), "0.1");
  EXPECT_EQ(canonical(option(SH_TYPE_FLOAT), integer(3)), "3");
  EXPECT_EQ(canonical(option(SH_TYPE_BOOL), boolean(true)), "true");
  EXPECT_EQ(canonical(option(SH_TYPE_DURATION), text("1m30s")), "90000000");
  EXPECT_EQ(canonical(option(SH_TYPE_SIZE), text("64KiB")), "65536");
  EXPECT_EQ(canonical(option(SH_TYPE_SIZE), integer(512)), "512");
  EXPECT_EQ(canonical(option(SH_TYPE_TIME), text("1970-01-01T00:00:01Z")), "1000000");
}

TEST(OptionValue, TakesNumbersAndBooleansThatCameOutOfVariables) {
  const auto variable = [](const std::string& s) {
    Value v = text(s);
    v.substituted = true;
    return v;
  };
  EXPECT_EQ(canonical(option(SH_TYPE_INT), variable("-5")), "-5");
  EXPECT_EQ(canonical(option(SH_TYPE_FLOAT), variable("2.5")), "2.5");
  EXPECT_EQ(canonical(option(SH_TYPE_BOOL), variable("true")), "true");
  EXPECT_EQ(canonical(option(SH_TYPE_STRING), variable("5")), "5");
  EXPECT_EQ(canonical(option(SH_TYPE_INT), variable("5x")), "! must be an integer, not a string");
  EXPECT_EQ(canonical(option(SH_TYPE_INT), variable("")), "! must be an integer, not a string");
}

TEST(OptionValue, AnyIsJsonText) {
  const sh_option any = option(SH_TYPE_ANY);
  EXPECT_EQ(canonical(any, text("say \"a\"")), "\"say \\\"a\\\"\"");
  EXPECT_EQ(canonical(any, integer(7)), "7");
  EXPECT_EQ(canonical(any, boolean(false)), "false");
  EXPECT_EQ(canonical(any, list({})), "! must be a single value, not an array");
}

TEST(OptionValue, SaysWhichTypeWasWantedAndWhichWasGiven) {
  EXPECT_EQ(canonical(option(SH_TYPE_INT), text("5")), "! must be an integer, not a string");
  EXPECT_EQ(canonical(option(SH_TYPE_INT), floating(5)), "! must be an integer, not a float");
  EXPECT_EQ(canonical(option(SH_TYPE_STRING), integer(5)),
            "! must be a string, not an integer; put it in quotes");
  EXPECT_EQ(canonical(option(SH_TYPE_STRING), list({})), "! must be a string, not an array");
  EXPECT_EQ(canonical(option(SH_TYPE_BOOL), text("yes")), "! must be true or false, not a string");
  EXPECT_EQ(canonical(option(SH_TYPE_DURATION), integer(5)),
            "! must be a duration such as \"250ms\" or \"1m30s\", not an integer");
  EXPECT_EQ(canonical(option(SH_TYPE_SIZE), integer(-1)), "! must be a size of 0 bytes or more");
  EXPECT_EQ(canonical(option(SH_TYPE_FLOAT), floating(std::numeric_limits<double>::infinity())),
            "! must be a finite number");
  EXPECT_EQ(
      canonical(option(SH_TYPE_DURATION), text("soon")).rfind("! is wrong: \"soon\" is not", 0),
      0u);
}

TEST(OptionValue, ChecksTheRangeInTheOptionsUnit) {
  sh_option o = option(SH_TYPE_INT, SH_OPTION_HAS_MIN | SH_OPTION_HAS_MAX);
  o.min = 1;
  o.max = 10;
  EXPECT_EQ(canonical(o, integer(1)), "1");
  EXPECT_EQ(canonical(o, integer(10)), "10");
  EXPECT_EQ(canonical(o, integer(11)), "! must be between 1 and 10; it is 11");
  sh_option wait = option(SH_TYPE_DURATION, SH_OPTION_HAS_MIN);
  wait.min = 1e6;
  EXPECT_EQ(canonical(wait, text("10ms")), "! must be at least 1s; it is 10ms");
  sh_option size = option(SH_TYPE_SIZE, SH_OPTION_HAS_MAX);
  size.max = 1024;
  EXPECT_EQ(canonical(size, text("1MiB")), "! must be at most 1KiB; it is 1MiB");
}

TEST(OptionValue, ListsTheChoicesAndSuggestsOne) {
  const char* const choices[] = {"fast", "careful"};
  sh_option o = option(SH_TYPE_STRING);
  o.choices = choices;
  o.choice_count = 2;
  EXPECT_EQ(canonical(o, text("fast")), "fast");
  EXPECT_EQ(canonical(o, text("fasst")),
            "! must be one of \"fast\", \"careful\"; it is \"fasst\" (did you mean \"fast\"?)");
}

TEST(OptionValue, NeverRepeatsASecret) {
  const char* const choices[] = {"one"};
  sh_option o = option(SH_TYPE_STRING, SH_OPTION_SECRET);
  o.choices = choices;
  o.choice_count = 1;
  EXPECT_EQ(canonical(o, text("hunter2")), "! must be \"one\"");
  EXPECT_EQ(canonical(option(SH_TYPE_DURATION, SH_OPTION_SECRET), text("hunter2")),
            "! must be a duration");
  sh_option pin = option(SH_TYPE_INT, SH_OPTION_SECRET | SH_OPTION_HAS_MAX);
  pin.max = 9;
  EXPECT_EQ(canonical(pin, integer(4711)), "! must be at most 9");
}

TEST(OptionValue, TakesPathsFromTheBaseFolder) {
  const sh_option path = option(SH_TYPE_STRING, SH_OPTION_PATH);
  EXPECT_EQ(canonical(path, text("data/a.txt")), "/base/data/a.txt");
  EXPECT_EQ(canonical(path, text("../a.txt")), "/a.txt");
  EXPECT_EQ(canonical(path, text("/a.txt")), "/a.txt");
  EXPECT_EQ(canonical(path, text("https://host/a")), "https://host/a");
  EXPECT_EQ(canonical(path, text("")), "");
  Result<OptionValue> items =
      option_value(option(SH_TYPE_LIST, SH_OPTION_PATH), list({text("a"), text("/b")}), "/base");
  ASSERT_TRUE(items);
  EXPECT_EQ(items->items[0].second, "/base/a");
  EXPECT_EQ(items->items[1].second, "/b");
}

TEST(OptionValue, ListsTakeScalarsAndASingleOneAsAListOfOne) {
  const sh_option o = option(SH_TYPE_LIST);
  Result<OptionValue> many = option_value(o, list({text("a"), integer(2), boolean(true)}), "/");
  ASSERT_TRUE(many);
  using Items = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(many->items, (Items{{"", "a"}, {"", "2"}, {"", "true"}}));
  Result<OptionValue> one = option_value(o, text("a"), "/");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->items, (Items{{"", "a"}}));
  EXPECT_EQ(canonical(o, list({text("a"), list({})})),
            "! is wrong: item 2 must be a single value, not an array");
}

TEST(OptionValue, MapsKeepTheManifestsOrder) {
  Value table;
  table.kind = Value::Kind::kTable;
  table.table = {{"z", integer(1)}, {"a", text("x")}};
  Result<OptionValue> map = option_value(option(SH_TYPE_MAP), table, "/");
  ASSERT_TRUE(map);
  using Items = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(map->items, (Items{{"z", "1"}, {"a", "x"}}));
  EXPECT_EQ(canonical(option(SH_TYPE_MAP), text("x")),
            "! must be a table { name = value, … }, not a string");
}

TEST(OptionDefault, IsReadLikeAValueInAManifest) {
  const auto read = [](int32_t type, const char* default_text) {
    sh_option o = option(type);
    o.default_text = default_text;
    Result<OptionValue> value = option_default(o, "/base");
    return value ? value->text : "! " + value.status().message();
  };
  EXPECT_EQ(read(SH_TYPE_INT, "12"), "12");
  EXPECT_EQ(read(SH_TYPE_INT, "12x"), "! must be an integer, not a string");
  EXPECT_EQ(read(SH_TYPE_FLOAT, "1.5"), "1.5");
  EXPECT_EQ(read(SH_TYPE_BOOL, "false"), "false");
  EXPECT_EQ(read(SH_TYPE_SIZE, "64KiB"), "65536");
  EXPECT_EQ(read(SH_TYPE_SIZE, "100"), "100");
  EXPECT_EQ(read(SH_TYPE_ANY, "12"), "12");
  EXPECT_EQ(read(SH_TYPE_ANY, "twelve"), "\"twelve\"");
  EXPECT_EQ(read(SH_TYPE_STRING, "true"), "true");
}

TEST(OptionDefault, ListsAndMapsAreSeparatedByCommas) {
  using Items = std::vector<std::pair<std::string, std::string>>;
  sh_option o = option(SH_TYPE_LIST);
  o.default_text = "a, b";
  EXPECT_EQ(option_default(o, "/")->items, (Items{{"", "a"}, {"", "b"}}));
  o.default_text = "";
  EXPECT_TRUE(option_default(o, "/")->items.empty());
  o.type = SH_TYPE_MAP;
  o.default_text = "x = 1, y = 2";
  EXPECT_EQ(option_default(o, "/")->items, (Items{{"x", "1"}, {"y", "2"}}));
}

TEST(OptionDefault, OfNoneIsNotGiven) {
  Result<OptionValue> value = option_default(option(SH_TYPE_INT), "/");
  ASSERT_TRUE(value);
  EXPECT_FALSE(value->given);
}

TEST(CheckOption, RefusesDescriptionsThatContradictThemselves) {
  sh_option o = option(SH_TYPE_STRING, SH_OPTION_REQUIRED);
  o.default_text = "x";
  EXPECT_EQ(check_option(o).message(), "it is required and yet has a default");
  EXPECT_EQ(check_option(option(SH_TYPE_STRING, SH_OPTION_HAS_MIN)).message(),
            "an option of type string has no range");
  sh_option range = option(SH_TYPE_INT, SH_OPTION_HAS_MIN | SH_OPTION_HAS_MAX);
  range.min = 5;
  range.max = 4;
  EXPECT_EQ(check_option(range).message(), "its least value is above its greatest");
  EXPECT_EQ(check_option(option(SH_TYPE_INT, 1u << 20)).message(), "it has unknown flags");
  EXPECT_EQ(check_option(option(SH_TYPE_INT, SH_OPTION_PATH)).message(),
            "an option of type integer cannot be a path");
  EXPECT_TRUE(check_option(option(SH_TYPE_STRING)));
}

TEST(CheckOption, RefusesTablesThatContradictThemselves) {
  const sh_option field = option(SH_TYPE_INT);
  const sh_option* fields[] = {&field};
  sh_option o = option(SH_TYPE_TABLE);
  EXPECT_EQ(check_option(o).message(), "it is a table without fields");
  o.fields = fields;
  o.field_count = 1;
  EXPECT_TRUE(check_option(o));
  o.flags = SH_OPTION_REQUIRED | SH_OPTION_DEPRECATED;
  EXPECT_TRUE(check_option(o));
  o.flags = SH_OPTION_SECRET;
  EXPECT_EQ(check_option(o).message(),
            "an option of type table cannot be secret: mark what is in it");
  o.flags = SH_OPTION_PATH;
  EXPECT_EQ(check_option(o).message(), "an option of type table cannot be a path");
  o.flags = SH_OPTION_HAS_MAX;
  EXPECT_EQ(check_option(o).message(), "an option of type table has no range");
  o.flags = 0;
  o.default_text = "x = 1";
  EXPECT_EQ(check_option(o).message(),
            "an option of type table has no default of its own, but its fields may have some");
  o.default_text = nullptr;
  const char* const choices[] = {"x"};
  o.choices = choices;
  o.choice_count = 1;
  EXPECT_EQ(check_option(o).message(), "an option of type table has no choices");
  sh_option map = option(SH_TYPE_MAP);
  map.fields = fields;
  map.field_count = 1;
  EXPECT_EQ(check_option(map).message(), "an option of type map has no fields");
}

TEST(CheckOption, RefusesComponentsThatContradictThemselves) {
  sh_option o = option(SH_TYPE_COMPONENT, SH_OPTION_NAMED | SH_OPTION_REQUIRED);
  EXPECT_TRUE(check_option(o));
  const char* const choices[] = {"aggregate", "sink"};
  o.choices = choices;
  o.choice_count = 1;
  EXPECT_TRUE(check_option(o));
  o.choice_count = 2;
  EXPECT_EQ(check_option(o).message(),
            "an option names aggregates only, not components of the kind \"sink\"");
  o.choice_count = 0;
  o.default_text = "agg.sum";
  EXPECT_EQ(check_option(o).message(), "an option of type component has no default");
  EXPECT_EQ(check_option(option(SH_TYPE_TABLE, SH_OPTION_NAMED)).message(),
            "SH_OPTION_NAMED is for options of type component");
}

}  // namespace
}  // namespace streamhost
