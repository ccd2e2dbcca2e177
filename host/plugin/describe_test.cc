#include "plugin/describe.h"

#include <gtest/gtest.h>

#include "plugin/services.h"

namespace streamhost {
namespace {

const std::filesystem::path kGood = std::filesystem::path(STREAMHOST_TEST_PLUGINS) / "good";

class Describe : public ::testing::Test {
 protected:
  static Catalog::Settings settings() {
    Catalog::Settings result;
    result.directories = {kGood};
    return result;
  }
  Catalog catalog_{settings(), host_table()};
};

TEST_F(Describe, ShowsOptionsAsAnAlignedTable) {
  Result<std::string> text = show_text(catalog_, "sample.lines");
  ASSERT_TRUE(text) << text.status().message();
  EXPECT_EQ(*text,
            "sample.lines (source): Lines of a file\n"
            "  OPTION    TYPE      DEFAULT   VALUES\n"
            "  path      string    required                  the file to read (path)\n"
            "  mode      string    fast      fast | careful  how to read it\n"
            "  limit     size      1MiB      at least 1B     longest line\n"
            "  port      integer             1 to 65535      where to\n"
            "  password  string                              for the server (secret)\n"
            "  wait      duration  1m30s                     before giving up\n"
            "  speed     string                              say mode instead (deprecated)\n"
            "\n"
            "sample.lines (sink): Lines to a file\n");
}

TEST_F(Describe, ShowsPortsAndStateVersions) {
  EXPECT_EQ(*show_text(catalog_, "sample.sides"),
            "sample.sides (operator)\n"
            "  outputs:\n"
            "    left   the smaller ones\n"
            "    right  the others\n");
  EXPECT_EQ(*show_text(catalog_, "sample.count"),
            "sample.count (keyed operator): Counts the records of each key\n"
            "  state version: 3\n");
}

TEST_F(Describe, ShowsAWholePlugin) {
  Result<std::string> text = show_text(catalog_, "sample");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->rfind("sample 1.2.3 (Apache-2.0)\n" + (kGood / "sample.so").string() +
                            "\n\nsample.lines (source): Lines of a file\n",
                        0),
            0u)
      << *text;
  EXPECT_NE(text->find("\n\nsample.sum (aggregate): The sum of the values\n"), std::string::npos);
}

TEST_F(Describe, ListsComponentsByKind) {
  EXPECT_EQ(list_text(catalog_.load_all()),
            "sample 1.2.3 (Apache-2.0)\n"
            "  " +
                (kGood / "sample.so").string() +
                "\n"
                "  sources     lines\n"
                "  operators   all, count, sides\n"
                "  sinks       lines\n"
                "  aggregates  sum\n");
}

TEST_F(Describe, WritesJsonForPrograms) {
  EXPECT_EQ(*show_json(catalog_, "sample.sides"),
            "{\"name\": \"sample\", \"version\": \"1.2.3\", \"license\": \"Apache-2.0\", "
            "\"summary\": \"\", \"homepage\": \"\", \"path\": \"" +
                (kGood / "sample.so").string() +
                "\", \"components\": [{\"id\": \"sample.sides\", \"kind\": \"operator\", "
                "\"keyed\": false, \"summary\": \"\", \"any_inputs\": false, \"inputs\": [], "
                "\"outputs\": [{\"name\": \"left\", \"help\": \"the smaller ones\"}, "
                "{\"name\": \"right\", \"help\": \"the others\"}], \"options\": []}]}\n");
  const std::string lines = *show_json(catalog_, "sample.lines");
  EXPECT_NE(lines.find("{\"name\": \"mode\", \"type\": \"string\", \"required\": false, "
                       "\"default\": \"fast\", \"choices\": [\"fast\", \"careful\"], "
                       "\"help\": \"how to read it\"}"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("\"min\": 1, \"max\": 65535"), std::string::npos) << lines;
}

TEST_F(Describe, JsonListsFailuresToo) {
  Catalog::Listing listing;
  listing.failures.push_back(Status::failed("plugin \"x\" is broken"));
  EXPECT_EQ(list_json(listing), "[{\"error\": \"plugin \\\"x\\\" is broken\"}]\n");
}

TEST_F(Describe, SaysWhatIsNotThere) {
  EXPECT_EQ(show_text(catalog_, "sample.line").status().message(),
            "plugin \"sample\" has no component \"line\" (did you mean \"sample.lines\"?)");
  EXPECT_EQ(show_json(catalog_, "nobody").status().code(), Code::kPlugin);
}

TEST_F(Describe, ShowsTheFieldsOfTablesUnderThem) {
  Catalog::Settings nested;
  nested.directories = {kGood.parent_path() / "nested"};
  Catalog catalog(nested, host_table());
  EXPECT_EQ(*show_text(catalog, "parts.window"), R"(parts.window (operator)
  OPTION     TYPE       DEFAULT   VALUES
  window     table      required                                      which records belong together
    kind     string     required  tumbling | session                  where windows begin and end
    length   duration             at least 1us                        from open to close
    bounds   table                                                    which windows there are
      first  time                                                     the first to open
  value      component  required  aggregate                           what is computed
  more       component            aggregate, or { NAME = aggregate }  what else is computed
)");
  const std::string json = *show_json(catalog, "parts.window");
  for (const char* part :
       {"{\"name\": \"window\", \"type\": \"table\", \"required\": true, \"fields\": [{\"name\": "
        "\"kind\", \"type\": \"string\", \"required\": true, \"choices\": [\"tumbling\", "
        "\"session\"], \"help\": \"where windows begin and end\"}, ",
        "\"fields\": [{\"name\": \"first\", \"type\": \"time\"",
        "{\"name\": \"more\", \"type\": \"component\", \"required\": false, \"kinds\": "
        "[\"aggregate\"], \"named\": true, \"help\": \"what else is computed\"}"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

}  // namespace
}  // namespace streamhost
