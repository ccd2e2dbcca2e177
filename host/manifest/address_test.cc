#include "manifest/address.h"

#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost {
namespace {

using Addresses = std::vector<std::string>;

TEST(Address, IsAHostAndAPort) {
  for (const char* good :
       {"localhost:1", "127.0.0.1:65535", "[::1]:80", "[fe80::1%1]:80", "a-b.c:2"}) {
    EXPECT_TRUE(check_address(good, 1)) << good;
  }
  for (const char* bad : {"", "a", "a:", ":80", "a:0", "a:65536", "a:-1", "a:8x", "::1:80", "[]:80",
                          "[::1:80", "[g]:80", "a b:80", "a/b:80", "http://a:80", "a{0..1}:80"}) {
    EXPECT_FALSE(check_address(bad, 1)) << bad;
  }
  EXPECT_TRUE(check_address("a:0", 0));
  EXPECT_EQ(check_address("a:x", 0).message(),
            "\"a:x\" is not an address: the port must be a number from 0 to 65535");
}

TEST(Address, HasAHostWithoutBrackets) {
  EXPECT_EQ(host_of("a.b:1"), "a.b");
  EXPECT_EQ(host_of("[::1]:80"), "::1");
}

TEST(Addresses, AreSeparatedByCommas) {
  EXPECT_EQ(*parse_addresses("a:1"), Addresses{"a:1"});
  EXPECT_EQ(*parse_addresses("b:1,[::1]:2,a:1"), (Addresses{"b:1", "[::1]:2", "a:1"}));
  EXPECT_TRUE(parse_addresses("")->empty());
  for (const char* bad : {"a:1,", ",a:1", "a:1,,b:1", "a:1, b:1"}) {
    EXPECT_FALSE(parse_addresses(bad)) << bad;
  }
}

TEST(Addresses, MayBeGivenAsARange) {
  EXPECT_EQ(*parse_addresses("job-{0..2}.job:2101"),
            (Addresses{"job-0.job:2101", "job-1.job:2101", "job-2.job:2101"}));
  EXPECT_EQ(*parse_addresses("a:1,h:{8..10}"), (Addresses{"a:1", "h:8", "h:9", "h:10"}));
  EXPECT_EQ(*parse_addresses("h{7..7}:1"), Addresses{"h7:1"});
}

std::string mistake(std::string_view text) { return parse_addresses(text).status().message(); }

TEST(Addresses, ARangeThatIsNoneIsAMistake) {
  for (const std::string bad : {"h{0..}:1", "h{..2}:1", "h{2..1}:1", "h{0-2}:1", "h{0..2:1",
                                "h{a..b}:1", "h{-1..2}:1", "h{}0..2:1", "h{0..99999999999}:1"}) {
    EXPECT_EQ(mistake(bad), "\"" + bad +
                                "\" is not an address: write a range as {FIRST..LAST}, such as "
                                "job-{0..2}.job:2101");
  }
  EXPECT_EQ(mistake("h{0..1}-{0..1}:1"),
            "\"h{0..1}-{0..1}:1\" is not an address: it may have one range, not two");
  EXPECT_EQ(mistake("h{0..4294967295}:1"), "there are more than 1024 addresses");
  EXPECT_EQ(mistake("h{0..1023}:1,x:1"), "there are more than 1024 addresses");
  EXPECT_EQ(mistake("h:{0..1}"),
            "\"h:0\" is not an address: the port must be a number from 1 to 65535");
  EXPECT_EQ(mistake("h1:1,h{0..1}:1"), "\"h1:1\" is given twice: each process has its own");
}

class Hosts : public ::testing::Test {
 protected:
  Addresses read(const std::string& content) {
    path_ = folder_.write("hosts", content);
    Diagnostics diagnostics;
    Addresses addresses = read_hosts(path_, diagnostics);
    mistakes_ = diagnostics.text();
    return addresses;
  }
  testing::TempDir folder_;
  std::string path_, mistakes_;
};

TEST_F(Hosts, AreOneALine) {
  EXPECT_EQ(read("# ours\n\n h0:1 # the first\r\nh1:1\n\t\nn{2..3}:1"),
            (Addresses{"h0:1", "h1:1", "n2:1", "n3:1"}));
  EXPECT_EQ(mistakes_, "");
}

TEST_F(Hosts, MistakesHaveTheirPlaces) {
  read("h0:1\n  h1\nh2:1 h3:1\nh0:1\n");
  EXPECT_EQ(mistakes_, path_ + ":2:3: error: \"h1\" is not an address: write HOST:PORT\n" + path_ +
                           ":3:1: error: \"h2:1 h3:1\" is not an address: write an IPv6 address as "
                           "[ADDRESS]:PORT\n" +
                           path_ + ":4:1: error: \"h0:1\" is given twice: line 1 has it");
  read("# nothing\n");
  EXPECT_EQ(mistakes_, path_ + ": error: there is no address in it: write one a line, HOST:PORT");
  read("h{0..1023}:1\nh{1024..2047}:1\nx\n");
  EXPECT_EQ(mistakes_, path_ + ":2:1: error: there are more than 1024 addresses");
}

TEST_F(Hosts, AFileThatIsNotThereIsAMistake) {
  Diagnostics diagnostics;
  EXPECT_TRUE(read_hosts(folder_ / "none", diagnostics).empty());
  EXPECT_EQ(diagnostics.text(),
            "error: hosts: cannot read " + (folder_ / "none") + ": No such file or directory");
}

}  // namespace
}  // namespace streamhost
