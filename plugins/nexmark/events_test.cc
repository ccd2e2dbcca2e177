#include "events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "common/test_options.h"

namespace streamhost::nexmark {
namespace {

constexpr int64_t kStart = 1'436'918'400'000'000;  // 2015-07-15T00:00:00Z

using Options = std::map<std::string, std::string>;

struct Put {
  std::string key, value;
  int64_t time_us;
  bool operator==(const Put&) const = default;
  bool operator<(const Put& other) const { return value < other.value; }
};

// Polls the source without the host. Everything put out during a poll stays where it is until the
// poll is over, as with the host.
class Harness {
 public:
  explicit Harness(const Options& options,
                   const std::vector<std::string>& kinds = {"person", "auction", "bid"}) {
    for (const auto& [name, value] : options) options_[name] = {value};
    options_.try_emplace("seed", std::vector<std::string>{"1"});
    options_.try_emplace("start", std::vector<std::string>{std::to_string(kStart)});
    options_.try_emplace("interval", std::vector<std::string>{"100"});
    options_["kinds"] = kinds;
    table_.struct_size = sizeof table_;
    plugin_common::TestOptions::fill(table_);
    table_.now_us = [](sh_context*) -> int64_t { return 1'000'000; };
    table_.out_reserve = [](sh_out* out, uint32_t, uint32_t records, uint64_t bytes,
                            sh_span* span) -> sh_status {
      Harness& self = of(out);
      self.records_.assign(records, {});
      self.bytes_.push_back(std::make_unique<uint8_t[]>(bytes));
      *span = {self.records_.data(), self.bytes_.back().get(), records, 0, bytes};
      return SH_OK;
    };
    table_.out_commit = [](sh_out* out, uint32_t port, uint32_t records, uint64_t) -> sh_status {
      Harness& self = of(out);
      for (uint32_t i = 0; i < records; ++i) {
        const Record r(self.records_[i]);
        self.ports[port].push_back(
            {std::string(r.key()), std::string(r.value()), r.event_time().value_or(-1)});
      }
      return SH_OK;
    };
    source_ = std::make_unique<Events>(Context(&table_, reinterpret_cast<sh_context*>(this)),
                                       Config(&table_, options_.raw()));
  }

  Events& source() { return *source_; }
  Poll poll(Events::Partition& part, uint32_t budget) {
    Out out(&table_, reinterpret_cast<sh_out*>(this));
    const Poll result = part.poll(out, budget);
    out.flush();
    bytes_.clear();
    return result;
  }
  static std::string position(Events::Partition& part) {
    std::string written;
    sh_writer writer = writer_to(written);
    Writer to(&writer);
    part.snapshot(to);
    return written;
  }
  // What the partitions put out by `port`, one after the other; after each poll of `budget` records
  // they are closed and resumed.
  std::vector<Put> all(uint32_t budget, uint32_t port = 0) {
    ports.clear();
    for (const std::string& name : source_->partitions()) {
      auto part = source_->open(name, std::nullopt);
      while (poll(*part, budget).status != SH_END) {
        part = source_->open(name, position(*part));
      }
      EXPECT_EQ(part->progress().done, part->progress().total);
      done += part->progress().done;
    }
    return ports[port];
  }

  std::map<uint32_t, std::vector<Put>> ports;
  uint64_t done = 0;

 private:
  static Harness& of(sh_out* out) { return *reinterpret_cast<Harness*>(out); }

  plugin_common::TestOptions options_;
  sh_host table_{};
  std::vector<sh_record> records_;
  std::vector<std::unique_ptr<uint8_t[]>> bytes_;  // of the running poll
  std::unique_ptr<Events> source_;
};

std::vector<Put> sorted(std::vector<Put> records) {
  std::sort(records.begin(), records.end());
  return records;
}

TEST(NexmarkSource, PutsOutEveryEventAndEachKindByItsPort) {
  Harness harness(Options{{"count", "5000"}});
  EXPECT_EQ(harness.all(1000).size(), 5000u);
  EXPECT_EQ(harness.ports[1].size(), 100u);
  EXPECT_EQ(harness.ports[2].size(), 300u);
  EXPECT_EQ(harness.ports[3].size(), 4600u);
  EXPECT_EQ(harness.ports[0][0], harness.ports[1][0]);
  EXPECT_EQ(harness.ports[0][1], harness.ports[2][0]);
  EXPECT_EQ(harness.ports[0][4], harness.ports[3][0]);
  EXPECT_EQ(harness.ports[1][1].key, "1001");
  EXPECT_EQ(harness.ports[1][1].time_us, kStart + 5000);
  EXPECT_TRUE(harness.ports[3][0].value.starts_with(
      "{\"type\":\"bid\",\"auction\":" + harness.ports[3][0].key + ","));
}

TEST(NexmarkSource, IsTheSameWhereverItIsResumed) {
  const Options options{{"count", "1234"}, {"out_of_order", "50000"}};
  const std::vector<Put> whole = Harness(options).all(5000);
  EXPECT_EQ(whole.size(), 1234u);
  for (const uint32_t budget : {1u, 7u, 50u}) EXPECT_EQ(Harness(options).all(budget), whole);
}

TEST(NexmarkSource, IsTheSameForAnyNumberOfPartitions) {
  for (const char* count : {"1", "49", "50", "51", "1000", "1234"}) {
    Options options{{"count", count}, {"out_of_order", "1000"}};
    const std::vector<Put> one = sorted(Harness(options).all(100));
    EXPECT_EQ(one.size(), std::stoul(count));
    for (const char* partitions : {"2", "3", "40"}) {
      options["partitions"] = partitions;
      Harness harness(options);
      EXPECT_EQ(sorted(harness.all(13)), one) << count << " in " << partitions;
      EXPECT_EQ(harness.done, std::stoul(count)) << "progress";
    }
  }
}

TEST(NexmarkSource, KindsThatAreNotWantedChangeNothingOfTheOthers) {
  Harness all(Options{{"count", "2049"}, {"partitions", "3"}});
  all.all(100);
  const std::map<std::string, uint32_t> port_of{{"person", 1}, {"auction", 2}, {"bid", 3}};
  for (const auto& [kind, port] : port_of) {
    Harness some(Options{{"count", "2049"}, {"partitions", "3"}}, {kind});
    EXPECT_EQ(some.all(9), all.ports[port]) << kind;
    EXPECT_EQ(some.ports[port], all.ports[port]);
    EXPECT_EQ(some.ports.size(), 2u) << "other ports have nothing";
  }
  EXPECT_EQ(Harness(Options{{"count", "100"}}, {"bid", "person"}).all(9).size(), 94u);
}

TEST(NexmarkSource, TimesAreEarlierByAtMostOutOfOrder) {
  const std::vector<Put> records =
      Harness(Options{{"count", "5000"}, {"out_of_order", "20000"}}).all(1000);
  const std::vector<Put> in_order = Harness(Options{{"count", "5000"}}).all(1000);
  int64_t least = INT64_MAX, most = 0;
  size_t back = 0;
  for (size_t n = 0; n < records.size(); ++n) {
    const int64_t earlier = in_order[n].time_us - records[n].time_us;
    least = std::min(least, earlier);
    most = std::max(most, earlier);
    EXPECT_EQ(records[n].key, in_order[n].key) << "nothing but times is different";
    if (n > 0 && records[n].time_us < records[n - 1].time_us) ++back;
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(least, 100);
  EXPECT_LE(most, 20000);
  EXPECT_GT(most, 19900);
  EXPECT_GT(back, 2000u);
  // The value says the same time as the record.
  const auto bid = std::find_if(records.begin(), records.end(), [](const Put& r) {
    return r.value.starts_with("{\"type\":\"bid\"");
  });
  EXPECT_NE(bid->value.find(std::to_string(bid->time_us % 1'000'000 + 1'000'000).substr(1) + "Z"),
            std::string::npos)
      << bid->value;
}

TEST(NexmarkSource, RefusesKindsThatThereAreNot) {
  for (const std::vector<std::string>& kinds :
       {std::vector<std::string>{"bids"}, std::vector<std::string>{}}) {
    try {
      Harness harness(Options{{"count", "1"}}, kinds);
      FAIL() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_CONFIG);
      EXPECT_NE(std::string(e.what()).find("kind"), std::string::npos) << e.what();
    }
  }
}

TEST(NexmarkSource, RefusesAPositionOfAnotherNumberOfPartitions) {
  Harness two(Options{{"partitions", "2"}});
  auto part = two.source().open("1", std::nullopt);
  const std::string position = Harness::position(*part);
  EXPECT_NO_THROW(two.source().open("1", position));
  EXPECT_THROW(two.source().open("0", position), Error);
  Harness three(Options{{"partitions", "3"}});
  EXPECT_THROW(three.source().open("1", position), Error);
}

}  // namespace
}  // namespace streamhost::nexmark
