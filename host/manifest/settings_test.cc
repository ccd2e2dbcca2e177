#include "manifest/settings.h"

#include <gtest/gtest.h>

#include "manifest/parse_for_test.h"

namespace streamhost {
namespace {

using testing::mistakes;
using testing::parse;

Settings settings(std::string_view text) {
  const testing::Parsed parsed = parse(text, {}, "/jobs/job.toml");
  EXPECT_EQ(parsed.text(), "");
  return parsed.document.settings;
}

TEST(Settings, HaveDefaults) {
  const Settings s = settings("");
  EXPECT_EQ(s.run.workers, 1U);
  EXPECT_EQ(s.run.epoch_us, 10'000'000);
  EXPECT_EQ(s.run.batch_size, 1024U);
  EXPECT_EQ(s.run.memory, 256 << 20);
  EXPECT_EQ(s.run.process_id, 0U);
  EXPECT_TRUE(s.run.addresses.empty());
  EXPECT_EQ(s.recovery.directory, "");
  EXPECT_EQ(s.recovery.partitions, 0U);
  EXPECT_EQ(s.recovery.backup_us, 0);
  EXPECT_EQ(s.web.listen, "");
}

TEST(Settings, RunIsRead) {
  const Settings s = settings(
      "[run]\nworkers = 4\nepoch = \"500ms\"\nbatch_size = 65536\nmemory = \"1GiB\"\n"
      "process_id = 1\naddresses = [\"a:2101\", \"[::1]:2102\"]\n");
  EXPECT_EQ(s.run.workers, 4U);
  EXPECT_EQ(s.run.epoch_us, 500'000);
  EXPECT_EQ(s.run.batch_size, 65'536U);
  EXPECT_EQ(s.run.memory, 1 << 30);
  EXPECT_EQ(s.run.process_id, 1U);
  EXPECT_EQ(s.run.addresses, (std::vector<std::string>{"a:2101", "[::1]:2102"}));
  EXPECT_EQ(settings("[run]\nworkers = \"auto\"\n").run.workers, 0U);
  EXPECT_EQ(settings("[run]\nworkers = 0\n").run.workers, 0U);
  EXPECT_EQ(settings("[run]\nmemory = 2097152\n").run.memory, 2 << 20);
}

TEST(Settings, RecoveryIsReadAndItsDirectoryIsBesideTheManifest) {
  const Settings s =
      settings("[recovery]\ndirectory = \"state\"\npartitions = 8\nbackup = \"1h\"\n");
  EXPECT_EQ(s.recovery.directory, "/jobs/state");
  EXPECT_EQ(s.recovery.partitions, 8U);
  EXPECT_EQ(s.recovery.backup_us, 3'600'000'000);
  EXPECT_EQ(settings("[recovery]\ndirectory = \"/var/s\"\n").recovery.directory, "/var/s");
}

TEST(Settings, PluginsAreRead) {
  const std::string digest(64, 'A');
  const Settings s = settings("[plugins]\npaths = [\"mine\", \"/opt/p\"]\nsha256 = { acme = \"" +
                              digest + "\" }\n");
  EXPECT_EQ(s.plugins.paths, (std::vector<std::filesystem::path>{"/jobs/mine", "/opt/p"}));
  EXPECT_EQ(s.plugins.sha256.at("acme"), std::string(64, 'a'));
}

TEST(Settings, WebIsRead) {
  EXPECT_EQ(settings("[web]\nlisten = \"127.0.0.1:0\"\n").web.listen, "127.0.0.1:0");
}

TEST(Settings, WrongTypesAreMistakes) {
  EXPECT_EQ(mistakes("[run]\nworkers = true\nepoch = 10\nbatch_size = \"1024\"\nmemory = 1.5\n"
                     "process_id = \"0\"\naddresses = \"a:1\"\n"
                     "[recovery]\ndirectory = 1\npartitions = \"1\"\nbackup = 0\n"),
            "job.toml:2:11: error: workers must be an integer or a string, not a boolean\n"
            "job.toml:3:9: error: epoch must be a string, not an integer\n"
            "job.toml:4:14: error: batch_size must be an integer, not a string\n"
            "job.toml:5:10: error: memory must be an integer or a string, not a float\n"
            "job.toml:6:14: error: process_id must be an integer, not a string\n"
            "job.toml:7:13: error: addresses must be an array, not a string\n"
            "job.toml:9:13: error: directory must be a string, not an integer\n"
            "job.toml:10:14: error: partitions must be an integer, not a string\n"
            "job.toml:11:10: error: backup must be a string, not an integer");
  EXPECT_EQ(mistakes("run = 1\n"), "job.toml:1:7: error: run must be a table, not an integer");
}

TEST(Settings, ValuesOutOfRangeAreMistakes) {
  EXPECT_EQ(
      mistakes("[run]\nworkers = -1\nepoch = \"0s\"\nbatch_size = 65537\n"
               "memory = \"10KiB\"\nprocess_id = 9999999999\n"
               "[recovery]\ndirectory = \"\"\npartitions = 0\nbackup = \"-1s\"\n"),
      "job.toml:2:11: error: workers: \"-1\" is not a whole number from 0 to 1024, or "
      "\"auto\"\n"
      "job.toml:3:9: error: epoch: \"0s\" is too short: at least \"1ms\"\n"
      "job.toml:4:14: error: batch_size: \"65537\" is not a whole number from 1 to 65536\n"
      "job.toml:5:10: error: memory: \"10KiB\" is too small: at least \"1MiB\"\n"
      "job.toml:6:14: error: process_id: \"9999999999\" is not a whole number from 0 to 1023\n"
      "job.toml:8:13: error: directory: \"\" is not a directory\n"
      "job.toml:9:14: error: partitions: \"0\" is not a whole number from 1 to 4096\n"
      "job.toml:10:10: error: backup: \"-1s\" is not a duration: write numbers with units (us "
      "ms s m h d), such as \"250ms\", \"10s\", \"2h30m\"");
}

TEST(Settings, AddressesAreChecked) {
  EXPECT_EQ(mistakes("[run]\naddresses = [\"a:1\", \"b\"]\n"),
            "job.toml:2:13: error: addresses: \"b\" is not an address: write HOST:PORT");
  EXPECT_EQ(mistakes("[run]\naddresses = [\"a:1\", \"a:1\"]\n"),
            "job.toml:2:13: error: addresses: \"a:1\" is given twice: each process has its own");
  EXPECT_EQ(mistakes("[run]\naddresses = [\"a:1\", 7]\n"),
            "job.toml:2:21: error: each of addresses must be a string, not an integer");
  EXPECT_EQ(mistakes("[run]\naddresses = [\"a:1,b:1\"]\n"),
            "job.toml:2:14: error: addresses: \"a:1,b:1\" is not an address: write HOST:PORT");
}

TEST(Settings, AHostsFileIsBesideTheManifestAndTakesThePlaceOfAddresses) {
  EXPECT_EQ(settings("[run]\nhosts = \"hosts\"\n").run.hosts, "/jobs/hosts");
  EXPECT_EQ(mistakes("[run]\naddresses = [\"a:1\"]\nhosts = \"hosts\"\n"),
            "job.toml:3:1: error: addresses and hosts say the same: remove one of them");
}

TEST(Settings, PluginsAreChecked) {
  EXPECT_EQ(mistakes("[plugins]\npath = [\"x\"]\npaths = [1, \"\"]\n"
                     "sha256 = { acme = \"12\", \"A b\" = \"x\", c = 1 }\n"),
            "job.toml:2:1: error: unknown key \"path\" in [plugins] (did you mean \"paths\"?)\n"
            "job.toml:3:10: error: each of paths must be a string, not an integer\n"
            "job.toml:3:13: error: paths: \"\" is not a directory\n"
            "job.toml:4:19: error: sha256 of acme: a digest is 64 hexadecimal digits\n"
            "job.toml:4:25: error: sha256: \"A b\" is not the name of a plugin (a-z, 0-9, _, and a "
            "letter first)\n"
            "job.toml:4:42: error: sha256 of c must be a string, not an integer");
  EXPECT_EQ(mistakes("[plugins]\npaths = \"x\"\nsha256 = \"y\"\n"),
            "job.toml:2:9: error: paths must be an array, not a string\n"
            "job.toml:3:10: error: sha256 must be a table, not a string");
}

TEST(Settings, WebIsChecked) {
  EXPECT_EQ(mistakes("[web]\nlisten = 8080\nport = 1\n"),
            "job.toml:2:10: error: listen must be a string, not an integer\n"
            "job.toml:3:1: error: unknown key \"port\" in [web]");
  EXPECT_EQ(mistakes("[web]\nlisten = \":8080\"\n"),
            "job.toml:2:10: error: listen: \":8080\" is not an address: the host is missing, write "
            "HOST:PORT");
}

}  // namespace
}  // namespace streamhost
