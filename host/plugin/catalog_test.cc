#include "plugin/catalog.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/crash_guard.h"
#include "plugin/services.h"
#include "plugins/bad_plugins.h"
#include "support/process.h"

namespace streamhost {
namespace {

namespace fs = std::filesystem;
using testing::BadPlugin;
using testing::TempDir;

const fs::path kGood = fs::path(STREAMHOST_TEST_PLUGINS) / "good";
const fs::path kBad = fs::path(STREAMHOST_TEST_PLUGINS) / "bad";

Catalog::Settings settings_for(std::vector<fs::path> directories) {
  Catalog::Settings settings;
  settings.directories = std::move(directories);
  return settings;
}

Catalog make_catalog(const fs::path& directory) {
  return {settings_for({directory}), host_table()};
}

TEST(Catalog, FindsComponentsByIdAndKind) {
  Catalog catalog = make_catalog(kGood);
  Result<Component> source = catalog.find("sample.lines", Component::Kind::kSource);
  ASSERT_TRUE(source) << source.status().message();
  EXPECT_EQ(source->kind, Component::Kind::kSource);
  EXPECT_EQ(source->id, "sample.lines");
  EXPECT_NE(source->raw->source, nullptr);
  EXPECT_EQ(source->plugin->path, kGood / "sample.so");
  Result<Component> sink = catalog.find("sample.lines", Component::Kind::kSink);
  ASSERT_TRUE(sink) << sink.status().message();
  EXPECT_NE(sink->raw->sink, nullptr);
}

TEST(Catalog, KeyedOperatorsAreAskedForAsOperators) {
  Catalog catalog = make_catalog(kGood);
  Result<Component> keyed = catalog.find("sample.count", Component::Kind::kOperator);
  ASSERT_TRUE(keyed) << keyed.status().message();
  EXPECT_EQ(keyed->kind, Component::Kind::kKeyed);
  EXPECT_STREQ(kind_name(keyed->kind), "operator");
}

TEST(Catalog, LoadsAPluginOnce) {
  Catalog catalog = make_catalog(kGood);
  Result<const Plugin*> first = catalog.load("sample");
  Result<const Plugin*> second = catalog.load_file(kGood / "sample.so");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST(Catalog, SuggestsWhatWasMeant) {
  Catalog catalog = make_catalog(kGood);
  const auto message = [&](const char* id, Component::Kind kind) {
    return catalog.find(id, kind).status().message();
  };
  EXPECT_EQ(message("sample.line", Component::Kind::kSource),
            "plugin \"sample\" has no source \"line\" (did you mean \"lines\"?)");
  EXPECT_EQ(message("sample.zzzzzz", Component::Kind::kOperator),
            "plugin \"sample\" has no operator \"zzzzzz\"; it has: all, count, sides");
  EXPECT_EQ(message("sample.lines", Component::Kind::kOperator),
            "sample.lines is a source, not an operator");
  EXPECT_EQ(
      message("samples.lines", Component::Kind::kSource),
      "plugin \"samples\" was not found in " + kGood.string() + " (did you mean \"sample\"?)");
}

TEST(Catalog, ErrorsSayWhetherThePluginOrTheManifestIsWrong) {
  Catalog catalog = make_catalog(kGood);
  EXPECT_EQ(catalog.find("nobody.x", Component::Kind::kSink).status().code(), Code::kPlugin);
  EXPECT_EQ(catalog.find("sample.x", Component::Kind::kSink).status().code(), Code::kUsage);
  EXPECT_EQ(catalog.find("lines", Component::Kind::kSink).status().code(), Code::kUsage);
  EXPECT_EQ(catalog.find("../x.y", Component::Kind::kSink).status().code(), Code::kUsage);
}

TEST(Catalog, TheFirstFolderThatHasAPluginWins) {
  TempDir dir;
  fs::copy_file(kBad / "no_symbol.so", dir / "sample.so");
  Catalog catalog(settings_for({dir.path(), kGood}), host_table());
  EXPECT_NE(catalog.load("sample").status().message().find("it has no symbol"), std::string::npos);
  Catalog other(settings_for({kGood, dir.path()}), host_table());
  EXPECT_TRUE(other.load("sample"));
}

TEST(Catalog, NamesFoldersThatAreNotThere) {
  Catalog catalog(settings_for({"/no/such/folder", kGood}), host_table());
  EXPECT_EQ(catalog.load("zzz").status().message(),
            "plugin \"zzz\" was not found in /no/such/folder (not a folder), " + kGood.string());
  Catalog empty(settings_for({}), host_table());
  EXPECT_NE(empty.load("zzz").status().message().find("no folder is named"), std::string::npos);
}

TEST(Catalog, RefusesAWrongDigestAndTakesARightOne) {
  Catalog::Settings settings = settings_for({kGood});
  settings.sha256["sample"] = std::string(64, '0');
  Catalog wrong(settings, host_table());
  const std::string message = wrong.load("sample").status().message();
  const std::string is = "its SHA-256 digest is ";
  const size_t at = message.find(is);
  ASSERT_NE(at, std::string::npos) << message;
  settings.sha256["sample"] = message.substr(at + is.size(), 64);
  Catalog right(settings, host_table());
  EXPECT_TRUE(right.load("sample"));
}

TEST(Catalog, ListsWhatItCanAndReportsTheRest) {
  TempDir dir;
  fs::copy_file(kGood / "sample.so", dir / "sample.so");
  fs::copy_file(kBad / "no_symbol.so", dir / "broken.so");
  dir.write("notes.txt", "not a plugin, and not called one");
  Catalog catalog = make_catalog(dir.path());
  const Catalog::Listing listing = catalog.load_all();
  ASSERT_EQ(listing.plugins.size(), 1u);
  EXPECT_EQ(listing.plugins[0]->name, "sample");
  ASSERT_EQ(listing.failures.size(), 1u);
  EXPECT_EQ(listing.failures[0].message(),
            "plugin \"broken\" (" + (dir / "broken.so") +
                "): not a streamhost plugin: it has no symbol \"streamhost_plugin\"");
}

TEST(Catalog, AFailureIsRememberedAndInitNotCalledAgain) {
  Catalog catalog = make_catalog(kBad);
  const std::string first = catalog.load("init_fails").status().message();
  EXPECT_EQ(catalog.load("init_fails").status().message(), first);
}

class CatalogOfBadPlugins : public ::testing::TestWithParam<BadPlugin> {};

TEST_P(CatalogOfBadPlugins, SaysWhichPluginAndWhatIsWrong) {
  Catalog catalog = make_catalog(kBad);
  const Status status = catalog.load(GetParam().name).status();
  EXPECT_EQ(status.code(), Code::kPlugin);
  EXPECT_NE(status.message().find(GetParam().message), std::string::npos) << status.message();
  const std::string subject = std::string("plugin \"") + GetParam().name + "\" (" +
                              (kBad / GetParam().name).string() + ".so): ";
  EXPECT_EQ(status.message().rfind(subject, 0), 0u) << status.message();
}

std::vector<BadPlugin> plugins_that(bool take_process_down) {
  std::vector<BadPlugin> result;
  for (const BadPlugin& plugin : testing::bad_plugins()) {
    if (plugin.takes_process_down == take_process_down) result.push_back(plugin);
  }
  return result;
}

std::string test_name(const ::testing::TestParamInfo<BadPlugin>& info) {
  return std::string(info.param.name) + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(All, CatalogOfBadPlugins, ::testing::ValuesIn(plugins_that(false)),
                         test_name);

class CatalogDeathTest : public ::testing::TestWithParam<BadPlugin> {};

TEST_P(CatalogDeathTest, APluginThatTakesTheProcessDownIsNamed) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  std::string pattern = GetParam().message;
  for (size_t at = 0; (at = pattern.find_first_of("()", at)) != std::string::npos; at += 2) {
    pattern.insert(at, "\\");
  }
  EXPECT_EXIT(
      {
        install_crash_guard();
        Catalog catalog = make_catalog(kBad);
        (void)catalog.load(GetParam().name);
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(3), pattern);
}

INSTANTIATE_TEST_SUITE_P(All, CatalogDeathTest, ::testing::ValuesIn(plugins_that(true)), test_name);

TEST(PluginDirectories, AreTheNamedThenTheEnvironmentsThenTheInstalled) {
  ASSERT_EQ(::setenv("STREAMHOST_PLUGIN_PATH", "/one:/two::/named", 1), 0);
  const std::vector<fs::path> found = plugin_directories({"/named"});
  ::unsetenv("STREAMHOST_PLUGIN_PATH");
  ASSERT_GE(found.size(), 3u);
  EXPECT_EQ(found[0], "/named");
  EXPECT_EQ(found[1], "/one");
  EXPECT_EQ(found[2], "/two");
  for (size_t i = 3; i < found.size(); ++i) EXPECT_TRUE(fs::is_directory(found[i])) << found[i];
}

}  // namespace
}  // namespace streamhost
