#include "manifest/overrides.h"

#include <gtest/gtest.h>

#include <set>

#include "manifest/parse_for_test.h"

namespace streamhost {
namespace {

using testing::Variables;

struct Outcome {
  Settings settings;
  std::string text;
};

Outcome apply(Settings settings, const Overrides& flags, Variables variables = {}) {
  Diagnostics diagnostics;
  apply_overrides(flags, testing::environment_of(std::move(variables)), settings, diagnostics);
  return {settings, diagnostics.text()};
}

TEST(Overrides, FlagBeatsEnvironmentBeatsFile) {
  Settings file;
  file.run.workers = 2;
  EXPECT_EQ(apply(file, {}).settings.run.workers, 2U);
  EXPECT_EQ(apply(file, {}, {{"STREAMHOST_WORKERS", "3"}}).settings.run.workers, 3U);
  Overrides flags;
  flags.workers = "4";
  EXPECT_EQ(apply(file, flags).settings.run.workers, 4U);
  EXPECT_EQ(apply(file, flags, {{"STREAMHOST_WORKERS", "3"}}).settings.run.workers, 4U);
}

TEST(Overrides, EverySettingHasAVariable) {
  const Outcome outcome = apply({}, {},
                                {{"STREAMHOST_WORKERS", "2"},
                                 {"STREAMHOST_EPOCH", "1s"},
                                 {"STREAMHOST_BATCH_SIZE", "10"},
                                 {"STREAMHOST_MEMORY", "2MiB"},
                                 {"STREAMHOST_PROCESS_ID", "1"},
                                 {"STREAMHOST_ADDRESSES", "a:1,b:2"},
                                 {"STREAMHOST_RECOVERY_DIRECTORY", "state"},
                                 {"STREAMHOST_RECOVERY_PARTITIONS", "3"},
                                 {"STREAMHOST_RECOVERY_BACKUP", "1m"}});
  EXPECT_EQ(outcome.text, "");
  const Settings& s = outcome.settings;
  EXPECT_EQ(s.run.workers, 2U);
  EXPECT_EQ(s.run.epoch_us, 1'000'000);
  EXPECT_EQ(s.run.batch_size, 10U);
  EXPECT_EQ(s.run.memory, 2 << 20);
  EXPECT_EQ(s.run.process_id, 1U);
  EXPECT_EQ(s.run.addresses, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(s.recovery.directory, "state");
  EXPECT_EQ(s.recovery.partitions, 3U);
  EXPECT_EQ(s.recovery.backup_us, 60'000'000);
}

TEST(Overrides, EverySettingHasAFlag) {
  Overrides flags;
  flags.workers = "2";
  flags.epoch = "1s";
  flags.batch_size = "10";
  flags.memory = "2MiB";
  flags.process_id = "1";
  flags.addresses = "a:1,b:2";
  flags.directory = "state";
  flags.partitions = "3";
  flags.backup = "1m";
  const Outcome outcome = apply({}, flags);
  EXPECT_EQ(outcome.text, "");
  const Settings& s = outcome.settings;
  EXPECT_EQ(s.run.workers, 2U);
  EXPECT_EQ(s.run.epoch_us, 1'000'000);
  EXPECT_EQ(s.run.batch_size, 10U);
  EXPECT_EQ(s.run.memory, 2 << 20);
  EXPECT_EQ(s.run.process_id, 1U);
  EXPECT_EQ(s.run.addresses, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(s.recovery.directory, "state");
  EXPECT_EQ(s.recovery.partitions, 3U);
  EXPECT_EQ(s.recovery.backup_us, 60'000'000);
}

TEST(Overrides, AnEmptyVariableCountsAsUnset) {
  const Outcome outcome = apply({}, {}, {{"STREAMHOST_WORKERS", ""}, {"STREAMHOST_EPOCH", ""}});
  EXPECT_EQ(outcome.text, "");
  EXPECT_EQ(outcome.settings.run.workers, 1U);
}

TEST(Overrides, MistakesNameTheVariableOrTheFlag) {
  EXPECT_EQ(apply({}, {}, {{"STREAMHOST_WORKERS", "abc"}}).text,
            "error: STREAMHOST_WORKERS: \"abc\" is not a whole number from 0 to 1024, or \"auto\"");
  Overrides flags;
  flags.epoch = "ten";
  flags.addresses = "a:1,";
  flags.directory = "";
  EXPECT_EQ(apply({}, flags).text,
            "error: --epoch: \"ten\" is not a duration: write numbers with units (us ms s m h d), "
            "such as \"250ms\", \"10s\", \"2h30m\"\n"
            "error: --addresses: \"\" is not an address: write HOST:PORT\n"
            "error: --recovery-directory: \"\" is not a directory");
}

TEST(Overrides, NoWorkersMeansOnePerCore) {
  Settings file;
  file.run.workers = 0;
  EXPECT_EQ(apply(file, {}).settings.run.workers, core_count());
  Overrides flags;
  flags.workers = "auto";
  EXPECT_EQ(apply({}, flags).settings.run.workers, core_count());
  EXPECT_GE(core_count(), 1U);
}

TEST(Overrides, AddressesAndAHostsFileReplaceEachOther) {
  Settings file;
  file.run.addresses = {"a:1"};
  Overrides flags;
  flags.hosts = "hosts";
  Outcome outcome = apply(file, flags, {{"STREAMHOST_ADDRESSES", "b:1"}});
  EXPECT_EQ(outcome.text, "");
  EXPECT_EQ(outcome.settings.run.hosts, "hosts");
  EXPECT_TRUE(outcome.settings.run.addresses.empty());

  flags = {};
  flags.addresses = "c:1";
  outcome = apply(file, flags, {{"STREAMHOST_HOSTS", "hosts"}});
  EXPECT_EQ(outcome.text, "");
  EXPECT_EQ(outcome.settings.run.hosts, "");
  EXPECT_EQ(outcome.settings.run.addresses, std::vector<std::string>{"c:1"});
}

TEST(Overrides, AddressesAndAHostsFileByOneWayAreAMistake) {
  EXPECT_EQ(apply({}, {}, {{"STREAMHOST_ADDRESSES", "b:1"}, {"STREAMHOST_HOSTS", "hosts"}}).text,
            "error: STREAMHOST_ADDRESSES and STREAMHOST_HOSTS say the same: unset one");
  Overrides flags;
  flags.addresses = "a:1";
  flags.hosts = "hosts";
  EXPECT_EQ(apply({}, flags).text, "error: --addresses and --hosts say the same: leave one out");
}

TEST(Overrides, AProcessIdIsKnownToBeGiven) {
  EXPECT_FALSE(apply({}, {}).settings.run.process_id_given);
  Overrides flags;
  flags.process_id = "0";
  EXPECT_TRUE(apply({}, flags).settings.run.process_id_given);
}

TEST(Overrides, NamesOfSettingsAreDistinctAndComplete) {
  std::set<std::string> flags, variables, shorts;
  for (const Setting& setting : all_settings()) {
    // Everything has one but for [cluster], with its secret.
    EXPECT_EQ(*setting.flag == '\0', std::string(setting.table) == "cluster");
    EXPECT_EQ(*setting.flag == '\0', setting.flag_value == nullptr);
    if (*setting.flag != '\0') {
      EXPECT_TRUE(flags.insert(setting.flag).second);
    }
    EXPECT_TRUE(variables.insert(setting.environment).second);
    if (*setting.short_flag != '\0') {
      EXPECT_TRUE(shorts.insert(setting.short_flag).second);
    }
    EXPECT_NE(std::string(setting.help), "");
  }
  EXPECT_EQ(shorts, (std::set<std::string>{"-a", "-b", "-i", "-r", "-s", "-w"}));
}

}  // namespace
}  // namespace streamhost
