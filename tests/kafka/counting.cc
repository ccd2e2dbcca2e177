#include "kafka/counting.h"

#include <charconv>
#include <set>

#include "crash/steps.h"

namespace streamhost::kafka_test {
namespace {

// "N<tab>N"; 0 when it is not.
int64_t number_of(const Row& row) {
  const std::string value = row.value.value_or("");
  const size_t tab = value.find('\t');
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + std::min(tab, value.size()), number);
  const std::string text = std::to_string(number);
  return value == text + "\t" + text ? number : 0;
}

std::string shown(const Row& row) {
  return "partition " + std::to_string(row.partition) + ", offset " + std::to_string(row.offset) +
         ": key \"" + row.key.value_or("(null)") + "\", value \"" + row.value.value_or("(null)") +
         "\"";
}

}  // namespace

std::string Counting::manifest() const {
  const std::string to =
      "brokers = \"" + brokers + "\"\nproperties = { \"reconnect.backoff.max.ms\" = \"500\" }\n";
  return "name = \"" + name + "\"\n[run]\nbatch_size = 16\n" +
         crash::step("source.input", "kafka.source", "",
                     to + "topics = [\"" + in() + "\"]\nstart = \"earliest\"\ntail = false\n") +
         crash::step("operator.paced", "crash.pace", "input", "per_batch = \"5ms\"\n") +
         crash::step("operator.numbered", "crash.running", "paced") +
         crash::step("sink.out", "kafka.sink", "numbered",
                     to + "topic = \"" + out() + "\"\ndelivery = \"" + delivery +
                         "\"\ntransactional_id = \"" + name + "\"\n");
}

CountingInput::CountingInput(const Counting& job, uint64_t seed, size_t keys)
    : topic_(job.in()), keys_(keys), random_(seed), feeder_(job.brokers) {}

void CountingInput::feed(int records) {
  for (int i = 0; i < records; ++i) {
    const std::string key = "key-" + std::to_string(random_.below(keys_));
    feeder_.send(topic_, key, std::to_string(++counts_[key]));
  }
  feeder_.flush();
}

std::string Verdict::text() const {
  return std::to_string(lost) + " lost, " + std::to_string(doubled) + " double, " +
         std::to_string(disordered) + " out of order, " + std::to_string(wrong) +
         " wrong; the first: " + example;
}

Verdict judge(const Counts& fed, const std::vector<Row>& rows) {
  Verdict verdict;
  const auto note = [&](int64_t& what, const std::string& text) {
    ++what;
    if (verdict.example.empty()) verdict.example = text;
  };
  struct Seen {
    int partition;
    int64_t last = 0;
    std::set<int64_t> numbers;
  };
  std::map<std::string, Seen> seen;
  for (const Row& row : rows) {
    const auto known = fed.find(row.key.value_or(""));
    const int64_t number = number_of(row);
    if (known == fed.end() || number < 1 || number > known->second) {
      note(verdict.wrong, "not expected at all, " + shown(row));
      continue;
    }
    Seen& key = seen.try_emplace(*row.key, Seen{row.partition, 0, {}}).first->second;
    if (key.partition != row.partition) note(verdict.wrong, "in another partition, " + shown(row));
    if (!key.numbers.insert(number).second) {
      note(verdict.doubled, "double, " + shown(row));
    } else if (number < key.last) {
      note(verdict.disordered, "out of order, " + shown(row));
    }
    key.last = std::max(key.last, number);
  }
  for (const auto& [key, count] : fed) {
    const auto it = seen.find(key);
    for (int64_t number = 1; number <= count; ++number) {
      if (it != seen.end() && it->second.numbers.count(number) != 0) continue;
      note(verdict.lost, "lost, " + key + " " + std::to_string(number));
    }
  }
  return verdict;
}

}  // namespace streamhost::kafka_test
