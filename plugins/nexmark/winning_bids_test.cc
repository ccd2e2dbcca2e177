#include "winning_bids.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>

#include "common/test_options.h"

namespace streamhost::nexmark {
namespace {

// One worker with its states and timers of the event clock, without the host.
class Harness {
 public:
  explicit Harness(bool event_time = true) : event_time_(event_time) {
    options_["expires"] = {"/expires"};
    options_["price"] = {"/price"};
    table_.struct_size = sizeof table_;
    plugin_common::TestOptions::fill(table_);
    table_.has_event_time = [](sh_context* c) -> int32_t { return of(c).event_time_; };
    table_.watermark_us = [](sh_context* c) { return of(c).watermark_; };
    table_.timer_set = [](sh_context* c, void* state, int32_t clock, int64_t at,
                          uint64_t) -> sh_status {
      EXPECT_EQ(clock, SH_CLOCK_EVENT);
      of(c).timers_[state] = at;
      ++of(c).timers_set;
      return SH_OK;
    };
    table_.state_discard = [](sh_context* c, void* state) { of(c).discarded_ = state; };
    table_.reject = [](sh_context* c, const sh_record*, sh_bytes why) -> sh_status {
      of(c).rejected.emplace_back(to_view(why));
      return SH_OK;
    };
    table_.out_reserve = [](sh_out* o, uint32_t, uint32_t records, uint64_t bytes,
                            sh_span* span) -> sh_status {
      auto& r = of(o).records_.emplace_back(records);
      auto& b = of(o).bytes_.emplace_back(bytes);
      *span = {r.data(), b.data(), records, 0, bytes};
      return SH_OK;
    };
    table_.out_commit = [](sh_out* o, uint32_t port, uint32_t records, uint64_t) -> sh_status {
      for (uint32_t i = 0; i < records; ++i) {
        const Record r(of(o).records_.back()[i]);
        (port == WinningBids::kOut ? of(o).out : of(o).late)
            .push_back(std::string(r.key()) + "=" + std::string(r.value()) + "@" +
                       std::to_string(r.event_time().value_or(-1)));
      }
      return SH_OK;
    };
    bids_ = std::make_unique<WinningBids>(Context(&table_, reinterpret_cast<sh_context*>(this)),
                                          Config(&table_, options_.raw()));
  }

  void auction(const std::string& key, int64_t time, const std::string& expires) {
    process(WinningBids::kAuctions, key, time, "{\"expires\":" + expires + "}");
  }
  void bid(const std::string& key, int64_t time, const std::string& price,
           const std::string& by = "a") {
    process(WinningBids::kBids, key, time, "{\"by\":\"" + by + "\",\"price\":" + price + "}");
  }
  void process(uint32_t port, const std::string& key, int64_t time, const std::string& value) {
    sh_record record{};
    record.key = to_bytes(key).ptr;
    record.key_len = static_cast<uint32_t>(key.size());
    record.value = to_bytes(value).ptr;
    record.value_len = static_cast<uint32_t>(value.size());
    record.event_time_us = time;
    sh_batch batch{};
    batch.struct_size = sizeof batch;
    batch.count = 1;
    batch.records = &record;
    batch.port = port;
    void* state = &states[key];
    call([&](Out& to) { bids_->process(Batch(batch), States<Auction>(&state), to); });
  }
  void watermark(int64_t us) {
    watermark_ = us;
    for (bool fired = true; fired;) {
      fired = false;
      for (auto& [key, state] : states) {
        const auto timer = timers_.find(&state);
        if (timer == timers_.end() || timer->second > us) continue;
        const int64_t at = timer->second;
        timers_.erase(timer);
        call([&](Out& to) { bids_->on_timer(key, state, at, 0, to); });
        fired = true;
        break;
      }
    }
  }
  void end() {
    for (auto& [key, state] : states) {
      call([&](Out& to) { bids_->on_end(key, state, to); });
    }
  }
  std::string saved(const std::string& key) {
    std::string bytes;
    sh_writer writer = writer_to(bytes);
    Writer to(&writer);
    bids_->save(states.at(key), to);
    return bytes;
  }
  void save_and_restore() {
    for (auto& [key, state] : states) state = bids_->restore(saved(key), 1);
  }
  WinningBids& impl() { return *bids_; }
  size_t timers() const { return timers_.size(); }

  std::map<std::string, Auction> states;
  std::vector<std::string> out, late, rejected;
  int timers_set = 0;

 private:
  template <class Opaque>
  static Harness& of(Opaque* opaque) {
    return *reinterpret_cast<Harness*>(opaque);
  }
  template <class F>
  void call(F&& body) {
    Out to(&table_, reinterpret_cast<sh_out*>(this));
    body(to);
    to.flush();
    records_.clear();
    bytes_.clear();
    if (discarded_ == nullptr) return;
    std::erase_if(states, [&](auto& entry) { return &entry.second == discarded_; });
    timers_.erase(discarded_);
    discarded_ = nullptr;
  }

  bool event_time_;
  plugin_common::TestOptions options_;
  sh_host table_{};
  std::unique_ptr<WinningBids> bids_;
  std::map<void*, int64_t> timers_;
  void* discarded_ = nullptr;
  int64_t watermark_ = SH_NO_TIME;
  std::deque<std::vector<sh_record>> records_;
  std::deque<std::vector<uint8_t>> bytes_;
};

// Times are small numbers of microseconds; an auction says its end in seconds.
constexpr int64_t kSecond = 1'000'000;

TEST(WinningBids, TheHighestPriceWinsOnceTheAuctionHasExpired) {
  Harness h;
  h.auction("7", 10, "1");
  h.bid("7", 20, "5");
  h.bid("7", 30, "6.5", "b");
  h.bid("7", 40, "6");
  h.watermark(kSecond);
  EXPECT_TRUE(h.out.empty()) << "a bid at the very end may still come";
  h.watermark(kSecond + 1);
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_EQ(h.out[0],
            "7={\"auction\":{\"expires\":1},\"bid\":{\"by\":\"b\",\"price\":6.5}}@1000000");
  EXPECT_TRUE(h.states.empty());
  EXPECT_EQ(h.timers(), 0u);
}

TEST(WinningBids, BothEndsOfAnAuctionBelongToIt) {
  Harness h;
  h.auction("7", 10, "1");
  h.bid("7", 9, "100");
  h.bid("7", kSecond + 1, "100");
  h.bid("7", 10, "1", "open");
  h.watermark(11);
  h.bid("7", kSecond, "2", "close");
  h.watermark(kSecond + 1);
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_NE(h.out[0].find("close"), std::string::npos) << h.out[0];
}

TEST(WinningBids, OfEqualPricesTheEarliestWins) {
  Harness h;
  h.auction("7", 10, "1");
  h.bid("7", 30, "5", "late");
  h.bid("7", 20, "5.0", "y");
  h.bid("7", 20, "5.0", "x");
  h.bid("7", 20, "5.0", "z");
  h.watermark(kSecond + 1);
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_NE(h.out[0].find("\"x\""), std::string::npos) << h.out[0];
}

TEST(WinningBids, BidsMayComeBeforeTheirAuction) {
  Harness h;
  h.bid("7", 20, "5", "a");
  h.bid("7", 5, "9", "too early");
  h.save_and_restore();
  h.auction("7", 10, "1");
  h.watermark(kSecond + 1);
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_NE(h.out[0].find("\"a\""), std::string::npos) << h.out[0];
}

TEST(WinningBids, BidsOfNoAuctionAreForgotten) {
  Harness h;
  for (int64_t time = 0; time < 1000; ++time) {
    h.bid("7", time, "5");
    h.bid("8", time + 50, "5");
    h.watermark(time - 20);
    EXPECT_LE(h.states["7"].early.size(), 60u);
  }
  EXPECT_LT(h.timers_set, 300) << "not one for each bid";
  h.watermark(2000);
  EXPECT_TRUE(h.states.empty());
  EXPECT_EQ(h.timers(), 0u);
}

TEST(WinningBids, AnAuctionWithoutBidsIsForgottenWithoutAWord) {
  Harness h;
  h.auction("7", 10, "1");
  h.watermark(kSecond + 1);
  EXPECT_TRUE(h.out.empty());
  EXPECT_TRUE(h.states.empty());
}

TEST(WinningBids, LateRecordsGoToTheirPort) {
  Harness h;
  h.watermark(100);
  h.auction("7", 99, "1");
  h.bid("7", 99, "5");
  h.auction("8", 100, "1");
  h.bid("8", 100, "5");
  EXPECT_EQ(h.late.size(), 2u);
  EXPECT_EQ(h.late[0], "7={\"expires\":1}@99");
  h.watermark(kSecond + 1);
  EXPECT_EQ(h.out.size(), 1u);
}

TEST(WinningBids, LateAndBadRecordsLeaveNothingBehind) {
  Harness h;
  h.watermark(100);
  h.bid("7", 99, "5");
  h.auction("8", 99, "1");
  h.bid("9", 100, "\"much\"");
  h.process(WinningBids::kAuctions, "10", 100, "no JSON");
  EXPECT_EQ(h.late.size(), 2u);
  EXPECT_EQ(h.rejected.size(), 2u);
  EXPECT_TRUE(h.states.empty());
  h.auction("7", 100, "1");
  h.process(WinningBids::kAuctions, "7", 100, "no JSON");
  EXPECT_EQ(h.states.size(), 1u) << "an open auction stays";
}

TEST(WinningBids, TheEndOfInputEndsAllAuctions) {
  Harness h;
  h.auction("7", 10, "1");
  h.bid("7", 20, "5");
  h.bid("8", 20, "5");
  h.end();
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_TRUE(h.out[0].starts_with("7=")) << h.out[0];
}

TEST(WinningBids, SavedAuctionsGoOn) {
  Harness h;
  h.auction("7", 10, "1");
  h.save_and_restore();
  h.bid("7", 20, "5", "first");
  h.save_and_restore();
  h.bid("7", 30, "4", "second");
  h.watermark(kSecond + 1);
  ASSERT_EQ(h.out.size(), 1u);
  EXPECT_NE(h.out[0].find("first"), std::string::npos) << h.out[0];
}

TEST(WinningBids, RefusesSavedBytesThatAreCutOrChanged) {
  Harness h;
  h.auction("7", 10, "1");
  h.bid("7", 20, "5");
  h.bid("8", 20, "5");
  h.bid("8", 21, "6");
  for (const char* key : {"7", "8"}) {
    const std::string good = h.saved(key);
    EXPECT_NO_THROW(h.impl().restore(good, 1));
    for (size_t size = 0; size < good.size(); ++size) {
      EXPECT_THROW(h.impl().restore(good.substr(0, size), 1), Error) << size;
    }
    EXPECT_THROW(h.impl().restore(good + "x", 1), Error);
    for (size_t i = 0; i < good.size(); ++i) {
      std::string changed = good;
      changed[i] = static_cast<char>(~changed[i]);
      try {
        h.impl().restore(changed, 1);
      } catch (const Error& e) {
        EXPECT_EQ(e.status(), SH_E_STATE);
      }
    }
  }
}

TEST(WinningBids, SaysWhatIsWrongWithARecord) {
  Harness h;
  h.process(WinningBids::kAuctions, "7", 10, "{\"id\":7}");
  h.process(WinningBids::kAuctions, "7", 10, "{\"expires\":\"tomorrow\"}");
  h.auction("7", 2 * kSecond, "1");
  h.auction("7", 10, "1");
  h.auction("7", 11, "1");
  h.process(WinningBids::kBids, "7", 10, "{\"price\":\"5\"}");
  h.process(WinningBids::kBids, "7", 10, "{\"price\"");
  h.bid("7", SH_NO_TIME, "5");
  ASSERT_EQ(h.rejected.size(), 7u);
  EXPECT_NE(h.rejected[0].find("expires"), std::string::npos) << h.rejected[0];
  EXPECT_NE(h.rejected[1].find("RFC 3339"), std::string::npos) << h.rejected[1];
  EXPECT_NE(h.rejected[2].find("before it opens"), std::string::npos);
  EXPECT_NE(h.rejected[3].find("open already"), std::string::npos);
  EXPECT_NE(h.rejected[4].find("no number"), std::string::npos);
  EXPECT_TRUE(h.rejected[5].starts_with("the value ")) << h.rejected[5];
  EXPECT_NE(h.rejected[6].find("no event time"), std::string::npos);
}

TEST(WinningBids, NeedsEventTime) {
  try {
    Harness h(false);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    EXPECT_NE(std::string(e.what()).find("watermark ="), std::string::npos);
  }
}

}  // namespace
}  // namespace streamhost::nexmark
