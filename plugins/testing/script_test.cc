#include "script.h"

#include <gtest/gtest.h>

#include <csignal>
#include <random>

#include "clocked_host.h"
#include "test_folder.h"

namespace testing_plugin {
namespace {

using Strings = std::vector<std::string>;

struct Playing : testing::Test {
  void open(const std::string& name = "0", std::optional<std::string_view> resume = std::nullopt) {
    part.reset();
    source = std::make_unique<Script>(host.context(), host.config());
    part = source->open(name, resume);
  }
  // Plays to the next end, failure or pause.
  sh_status play() {
    for (;;) {
      const streamhost::Poll result = host.poll(*part);
      if (result.status != SH_OK) return result.status;
    }
  }
  std::string position() { return host.snapshot(*part); }

  const TestFolder folder;
  ClockedHost host;
  std::unique_ptr<Script> source;
  std::unique_ptr<ScriptPartition> part;
};

TEST_F(Playing, ItemsAreDealtToThePartitions) {
  host.options["items"] = {"a", "b", "c", "d", "e"};
  host.options["partitions"] = {"2"};
  open("0");
  EXPECT_EQ(source->partitions(), (Strings{"0", "1"}));
  EXPECT_EQ(part->progress().total, 3u);
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(part->progress().done, 3u);
  EXPECT_EQ(host.records, (Strings{"a", "c", "e"}));
  open("1");
  EXPECT_EQ(part->progress().total, 2u);
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "c", "e", "b", "d"}));
}

TEST_F(Playing, KeysStandBeforeTheEqualsSign) {
  host.options["items"] = {"a=1", "b=2=3", "none", "c="};
  host.options["key"] = {"true"};
  open();
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a=1", "b=2=3", "none", "c="}));
}

TEST_F(Playing, LinesOfAFileAreItems) {
  host.options["path"] = {folder.write("script", "a\n\nEOF\nb")};
  open();
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", ""}));
  open("0", position());
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "", "b"}));
  host.options["path"] = {folder / "none"};
  EXPECT_NE(failure([&] { open(); }).find("cannot read the script"), std::string::npos);
}

TEST_F(Playing, EofEndsThisRunAndTheNextGoesOnBehindIt) {
  host.options["items"] = {"a", "EOF", "b", "EOF"};
  open();
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a"}));
  const std::string position_at_end = position();
  EXPECT_EQ(position(), position_at_end);
  open("0", position_at_end);
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b"}));
  open("0", position());
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b"}));
}

TEST_F(Playing, AbortFailsOnceWhenItIsRemembered) {
  host.options["items"] = {"a", "ABORT", "b", "ABORT", "c"};
  host.options["once"] = {folder / "once"};
  open();
  EXPECT_EQ(failure([&] { play(); }), "the script's item 1 is ABORT");
  open();
  EXPECT_EQ(failure([&] { play(); }), "the script's item 3 is ABORT");
  host.records.clear();
  open();
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b", "c"}));
}

TEST_F(Playing, AbortFailsEveryTimeWhenItIsNot) {
  host.options["items"] = {"ABORT"};
  for (int run = 0; run < 2; ++run) {
    open();
    EXPECT_NE(failure([&] { play(); }), "");
  }
}

TEST_F(Playing, CrashKillsTheProcessOnce) {
  host.options["items"] = {"a", "CRASH", "b"};
  host.options["once"] = {folder / "once"};
  open();
  EXPECT_EXIT(play(), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b"}));
}

TEST_F(Playing, PauseSaysWhenToPollAgain) {
  host.options["items"] = {"a", "PAUSE 1s500ms", "b"};
  open();
  streamhost::Poll result = host.poll(*part);
  EXPECT_EQ(result.status, SH_AGAIN);
  EXPECT_EQ(result.at_us, host.now_us + 1'500'000);
  EXPECT_EQ(host.records, (Strings{"a"}));
  host.now_us += 1'499'999;
  EXPECT_EQ(host.poll(*part).status, SH_AGAIN);
  ++host.now_us;
  EXPECT_EQ(host.poll(*part).status, SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b"}));
}

TEST_F(Playing, WaitLooksForItsFileAgainAndAgain) {
  host.options["items"] = {"a", "WAIT " + (folder / "go"), "b"};
  open();
  const streamhost::Poll result = host.poll(*part);
  EXPECT_EQ(result.status, SH_AGAIN);
  EXPECT_EQ(result.at_us, host.now_us + 10'000);
  folder.write("go", "");
  EXPECT_EQ(host.poll(*part).status, SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b"}));
}

TEST_F(Playing, APollKeepsToBatchAndBudget) {
  host.options["items"] = {"a", "b", "c", "d", "e"};
  host.options["batch"] = {"2"};
  open();
  EXPECT_EQ(host.poll(*part).status, SH_OK);
  EXPECT_EQ(host.records.size(), 2u);
  EXPECT_EQ(host.poll(*part, 1).status, SH_OK);
  EXPECT_EQ(host.records.size(), 3u);
  EXPECT_EQ(host.poll(*part).status, SH_END);
}

TEST_F(Playing, ARateSpreadsTheRecords) {
  host.options["items"] = {"a", "b", "c"};
  host.options["rate"] = {"100"};
  open();
  const streamhost::Poll result = host.poll(*part);
  EXPECT_EQ(result.status, SH_AGAIN);
  EXPECT_EQ(host.records.size(), 1u);
  EXPECT_NEAR(static_cast<double>(result.at_us), static_cast<double>(host.now_us + 10'000), 2);
  host.now_us += 30'000;
  EXPECT_EQ(host.poll(*part).status, SH_END);
}

TEST_F(Playing, AChangedScriptIsRefusedAndALongerOneContinued) {
  host.options["items"] = {"a", "b"};
  open();
  EXPECT_EQ(play(), SH_END);
  const std::string saved = position();
  host.options["items"] = {"a", "b", "c"};
  open("0", saved);
  EXPECT_EQ(play(), SH_END);
  EXPECT_EQ(host.records, (Strings{"a", "b", "c"}));
  for (const Strings& other : {Strings{"a", "x", "c"}, Strings{"a"}, Strings{"ab", "c"}}) {
    host.options["items"] = other;
    EXPECT_NE(failure([&] { open("0", saved); }).find("the script or `partitions` was changed"),
              std::string::npos);
  }
  host.options["items"] = {"a", "b"};
  host.options["partitions"] = {"2"};
  EXPECT_NE(failure([&] { open("0", saved); }), "");
  for (const char* wrong : {"", "2", "2 hash=", "x hash=1", "2 hash=1 "}) {
    EXPECT_NE(failure([&] { open("0", wrong); }).find("is not one of this version"),
              std::string::npos)
        << wrong;
  }
}

TEST_F(Playing, InterruptionsDoNotChangeWhatIsPlayed) {
  std::mt19937 engine(4);
  const auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine()) % below; };
  for (int round = 0; round < 100; ++round) {
    Strings items, expected;
    for (uint32_t i = 0; i < 1 + random(30); ++i) {
      items.push_back(random(4) == 0 ? "EOF" : std::to_string(i));
      if (items.back() != "EOF") expected.push_back(items.back());
    }
    host.options["items"] = items;
    host.records.clear();
    open();
    // As many ends as there are marks, and one more.
    for (size_t ends = items.size() - expected.size() + 1; ends > 0;) {
      const bool end = host.poll(*part, 1 + random(3)).status == SH_END;
      if (end) --ends;
      if (end || random(2) == 0) open("0", position());
    }
    ASSERT_EQ(host.records, expected);
  }
}

TEST_F(Playing, CallsAreWrittenDown) {
  host.options["items"] = {"a"};
  host.options["calls"] = {folder / "calls"};
  open();
  play();
  host.epoch = 7;
  const std::string saved = position();
  part->committed(7);
  part.reset();
  const std::string calls = folder.read("calls");
  EXPECT_NE(calls.find(R"("call":"open","partition":"0","epoch":null,"handle":null,)"),
            std::string::npos);
  EXPECT_NE(calls.find(R"("call":"snapshot","partition":"0","epoch":7,"handle":")" + saved + "\""),
            std::string::npos);
  EXPECT_NE(calls.find(R"("call":"committed","partition":"0","epoch":7,)"), std::string::npos);
  EXPECT_NE(calls.find(R"("call":"close")"), std::string::npos);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 4);
}

TEST_F(Playing, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_NE(failure([&] { open(); }), "");
  host.options["items"] = {"a", "PAUSE soon"};
  EXPECT_EQ(failure([&] { open(); }),
            "the item \"PAUSE soon\" has no duration after PAUSE, such as 200ms or 1m30s");
  host.options["items"] = {"a"};
  host.options["path"] = {"b"};
  EXPECT_NE(failure([&] { open(); }), "");
}

TEST(ScriptItem, OnlyExactWordsAreMarks) {
  using Kind = ScriptItem::Kind;
  EXPECT_EQ(parse_item("EOF").kind, Kind::kEof);
  EXPECT_EQ(parse_item("EOF ").kind, Kind::kRecord);
  EXPECT_EQ(parse_item("eof").kind, Kind::kRecord);
  EXPECT_EQ(parse_item("PAUSED").kind, Kind::kRecord);
  EXPECT_EQ(parse_item("PAUSE 2h3m4s5ms6us").pause_us, 7'384'005'006);
  EXPECT_EQ(parse_item("WAIT a b").file(), "a b");
  for (const char* wrong : {"PAUSE ", "PAUSE 3", "PAUSE -1s", "PAUSE 1d"}) {
    EXPECT_NE(failure([&] { parse_item(wrong); }), "") << wrong;
  }
}

}  // namespace
}  // namespace testing_plugin
