#include "lookup.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace kafka_plugin {
namespace {

// librdkafka looks for each answer in the whole list.
constexpr size_t kLot = 500;

enum class Fate { fine, again, missing, failed };

struct State {
  FeedPointer feed;
  Fate fate = Fate::fine;
  std::optional<int64_t> earliest, latest, found;
};

class Asking {
 public:
  Asking(rd_kafka_t* client, int timeout_ms) : client_(client), timeout_ms_(timeout_ms) {}

  using Wanted = std::function<bool(const State&)>;
  using Number = std::function<int64_t(const State&)>;

  // Offsets by timestamp; the protocol takes -1 and -2 for the end and the beginning.
  void by_time(std::vector<State>& states, const Wanted& wanted, const Number& time,
               std::optional<int64_t> State::*result) {
    ask(states, wanted, time, result, [this](rd_kafka_topic_partition_list_t* list) {
      return rd_kafka_offsets_for_times(client_, list, timeout_ms_);
    });
  }
  // What the client's group has committed.
  void by_group(std::vector<State>& states, const Wanted& wanted,
                std::optional<int64_t> State::*result) {
    const auto none = [](const State&) { return int64_t{RD_KAFKA_OFFSET_INVALID}; };
    ask(states, wanted, none, result, [this](rd_kafka_topic_partition_list_t* list) {
      return rd_kafka_committed(client_, list, timeout_ms_);
    });
  }
  const std::string& why() const { return why_; }

 private:
  template <class Call>
  void ask(std::vector<State>& states, const Wanted& wanted, const Number& number,
           std::optional<int64_t> State::*result, const Call& call) {
    std::vector<State*> lot;
    for (State& s : states) {
      if (s.fate == Fate::fine && wanted(s)) lot.push_back(&s);
      if (lot.size() == kLot || (&s == &states.back() && !lot.empty())) {
        ask_lot(lot, number, result, call);
        lot.clear();
      }
    }
  }
  template <class Call>
  void ask_lot(const std::vector<State*>& lot, const Number& number,
               std::optional<int64_t> State::*result, const Call& call) {
    const PartitionsHandle list = new_partitions(static_cast<int>(lot.size()));
    std::unordered_map<std::string_view, State*> by_name;
    for (State* s : lot) {
      rd_kafka_topic_partition_list_add(list.get(), s->feed->topic.c_str(), s->feed->partition)
          ->offset = number(*s);
      by_name[s->feed->name] = s;
    }
    const rd_kafka_resp_err_t error = call(list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      for (State* s : lot) settle(*s, error);
      return;
    }
    for (int i = 0; i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& answer = list->elems[i];
      const auto s = by_name.find(partition_name(answer.topic, answer.partition));
      if (s == by_name.end()) continue;
      settle(*s->second, answer.err);
      if (s->second->fate == Fate::fine) s->second->*result = answer.offset;
    }
  }
  void settle(State& s, rd_kafka_resp_err_t error) {
    switch (error) {
      case RD_KAFKA_RESP_ERR_NO_ERROR: return;
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: s.fate = Fate::missing; return;
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        s.fate = Fate::failed;
        s.feed->why =
            "the offsets of \"" + s.feed->name + "\" may not be asked for: " + error_text(error);
        return;
      default: s.fate = Fate::again; why_ = error_text(error);
    }
  }

  rd_kafka_t* const client_;
  const int timeout_ms_;
  std::string why_;
};

}  // namespace

LookUp look_up(rd_kafka_t* client, const std::vector<FeedPointer>& feeds, bool with_ends,
               int timeout_ms) {
  using From = Start::Kind;
  std::vector<State> states;
  for (const FeedPointer& feed : feeds) states.push_back({feed, Fate::fine, {}, {}, {}});
  const auto kind = [](const State& s) { return s.feed->start.kind; };

  Asking asking(client, timeout_ms);
  asking.by_group(
      states, [&](const State& s) { return kind(s) == From::stored; }, &State::found);
  asking.by_time(
      states,
      [&](const State& s) { return with_ends || kind(s) == From::latest || kind(s) == From::time; },
      [](const State&) { return int64_t{RD_KAFKA_OFFSET_END}; }, &State::latest);
  asking.by_time(
      states, [&](const State& s) { return kind(s) == From::time; },
      [](const State& s) { return s.feed->start.value; }, &State::found);
  // With a tail, librdkafka finds the beginning itself when it begins to fetch.
  asking.by_time(
      states,
      [&](const State& s) {
        return with_ends && (kind(s) == From::earliest || (kind(s) == From::stored && s.found < 0));
      },
      [](const State&) { return int64_t{RD_KAFKA_OFFSET_BEGINNING}; }, &State::earliest);

  LookUp result;
  result.why_again = asking.why();
  for (State& s : states) {
    if (s.fate != Fate::fine) {
      (s.fate == Fate::again     ? result.again
       : s.fate == Fate::missing ? result.missing
                                 : result.failed)
          .push_back(std::move(s.feed));
      continue;
    }
    Feed& feed = *s.feed;
    const int64_t beginning = s.earliest.value_or(RD_KAFKA_OFFSET_BEGINNING);
    switch (feed.start.kind) {
      case From::offset: feed.first = feed.start.value; break;
      case From::earliest: feed.first = beginning; break;
      case From::latest: feed.first = *s.latest; break;
      case From::stored: feed.first = *s.found < 0 ? beginning : *s.found; break;
      case From::time:
        feed.first =
            *s.found < 0 ? *s.latest : std::min(*s.found, with_ends ? *s.latest : *s.found);
        break;
    }
    if (with_ends && !feed.end) feed.end = s.latest;
    result.done.push_back(std::move(s.feed));
  }
  return result;
}

}  // namespace kafka_plugin
