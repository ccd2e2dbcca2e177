#include "manifest/processes.h"

#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost {
namespace {

class Processes : public ::testing::Test {
 protected:
  Processes() { settings_.cluster.insecure = true; }

  // The mistakes; the id is in settings_.
  std::string find(const std::optional<std::string>& host_name) {
    Settings settings = settings_;
    Diagnostics diagnostics;
    find_processes(host_name, settings, diagnostics);
    found_ = settings;
    return diagnostics.text();
  }
  uint32_t id(const std::string& host_name) {
    EXPECT_EQ(find(host_name), "");
    return found_.run.process_id;
  }
  void give(uint32_t id) {
    settings_.run.process_id = id;
    settings_.run.process_id_given = true;
  }

  Settings settings_, found_;
};

TEST_F(Processes, WithoutAddressesThereIsOne) {
  EXPECT_EQ(id("web"), 0U);
  give(2);
  EXPECT_EQ(find("web"),
            "error: process_id is 2, but no addresses are given: name those of all processes");
}

TEST_F(Processes, WithOneAddressThereIsOne) {
  settings_.run.addresses = {"a:1"};
  EXPECT_EQ(id("web-7"), 0U);
  give(2);
  EXPECT_EQ(find("web"), "error: process_id is 2, but there is 1 address: it must be 0");
}

TEST_F(Processes, AnIdMustBeOneOfTheAddresses) {
  settings_.run.addresses = {"a:1", "b:1"};
  give(2);
  EXPECT_EQ(find("web"),
            "error: process_id is 2, but there are 2 addresses: it must be from 0 to 1");
  EXPECT_NE(find(std::nullopt), "");
  give(1);
  EXPECT_EQ(id("web-0"), 1U);
}

TEST_F(Processes, AnIdIsFoundByTheHostName) {
  settings_.run.addresses = {"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"};
  EXPECT_EQ(id("streamhost-2"), 2U);
  EXPECT_EQ(id("stream-host-0"), 0U);
  EXPECT_EQ(id("streamhost-1.streamhost.default.svc.cluster.local"), 1U);
  EXPECT_EQ(id("streamhost-01"), 1U);
}

TEST_F(Processes, TheAddressOfTheHostNameIsBetterThanItsNumber) {
  // Counted from 1: the number would be that of another process.
  settings_.run.addresses = {"node-1.lan:1", "node-2.lan:1", "node-3.lan:1"};
  EXPECT_EQ(id("node-1"), 0U);
  EXPECT_EQ(id("node-3.lan"), 2U);
  settings_.run.addresses = {"anna:1", "berta:1"};
  EXPECT_EQ(id("berta"), 1U);
  // Two on one host: nothing to tell them apart.
  settings_.run.addresses = {"anna:1", "anna:2"};
  EXPECT_NE(find("anna"), "");
}

TEST_F(Processes, AHostNameThatTellsNothingIsAMistake) {
  settings_.run.addresses = {"a:1", "b:1"};
  for (const std::string name :
       {"web", "web-", "web-x", "web1", "web-1x", "", "-", "web-4294967296"}) {
    EXPECT_EQ(find(name), "error: -i is missing, and the host name \"" + name +
                              "\" does not end in -N, nor is it that of one of the addresses: say "
                              "which of them is this process, from 0");
  }
  EXPECT_EQ(find("web-2"),
            "error: -i is missing, and by the host name \"web-2\" it is 2, but there are 2 "
            "addresses: it must be from 0 to 1");
}

TEST_F(Processes, WhoWeAreMattersOnlyWhereTheJobRuns) {
  settings_.run.addresses = {"a:1", "b:1"};
  EXPECT_EQ(find(std::nullopt), "");
}

TEST_F(Processes, AddressesComeFromAHostsFile) {
  const testing::TempDir folder;
  settings_.run.hosts = folder.write("hosts", "a-0:1\na-1:1\n");
  EXPECT_EQ(id("a-1"), 1U);
  EXPECT_EQ(found_.run.addresses, (std::vector<std::string>{"a-0:1", "a-1:1"}));
  settings_.run.hosts = folder.write("bad", "a\n");
  EXPECT_EQ(find("a-1"),
            settings_.run.hosts + ":1:1: error: \"a\" is not an address: write HOST:PORT");
}

TEST_F(Processes, AnOpenClusterIsRefused) {
  settings_.cluster.insecure = false;
  settings_.run.addresses = {"127.0.0.1:1", "10.0.0.1:1"};
  give(0);
  const std::string open =
      "error: whoever can reach 10.0.0.1:1 could read and write the records of this job: give "
      "[cluster] tls or a token, or say insecure = true";
  EXPECT_EQ(find("x"), open);
  EXPECT_EQ(find(std::nullopt), open);
  settings_.cluster.listen = "0.0.0.0:2101";
  EXPECT_NE(find("x").find("whoever can reach 0.0.0.0:2101 "), std::string::npos);
  settings_.cluster.listen = "[::]:2101";
  EXPECT_NE(find("x").find("whoever can reach [::]:2101 "), std::string::npos);
  settings_.cluster.token = "0123456789abcdef";
  EXPECT_EQ(find("x"), "");
  settings_.cluster.token = "";
  settings_.cluster.tls_cert = "me.pem";
  EXPECT_EQ(find("x"), "");
}

TEST_F(Processes, OneOnThisMachineNeedsNoCare) {
  settings_.cluster.insecure = false;
  give(0);
  // What a name means is only known where it is looked up.
  for (const auto& good : {std::vector<std::string>{"127.0.0.1:1", "127.9.9.9:1"},
                           {"[::1]:1", "[::1]:2"},
                           {"localhost:1", "a.b:1"},
                           {"10.0.0.1:1"}}) {
    settings_.run.addresses = good;
    EXPECT_EQ(find("x"), "") << good.front();
  }
}

}  // namespace
}  // namespace streamhost
