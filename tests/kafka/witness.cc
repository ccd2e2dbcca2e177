#include "kafka/witness.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace streamhost::kafka_test {
namespace {

constexpr int kAnswerMs = 120'000;

std::vector<std::string> split(const std::string& line, char at) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (true) {
    const size_t end = line.find(at, begin);
    words.push_back(line.substr(begin, end - begin));
    if (end == std::string::npos) return words;
    begin = end + 1;
  }
}

std::optional<std::string> bytes_of(const std::string& word) {
  if (word == "~") return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '%') {
      bytes += word[i];
    } else {
      bytes += static_cast<char>(std::stoi(word.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return bytes;
}

const char* name_of(Level level) {
  return level == Level::kCommitted ? "read_committed" : "read_uncommitted";
}

}  // namespace

Witness::Witness(const std::string& folder, const std::vector<std::string>& properties) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  output_ = output[0];
  std::vector<std::string> command = {"java",
                                      "-Xmx256m",
                                      "-XX:+UseSerialGC",
                                      "-XX:TieredStopAtLevel=1",
                                      "-cp",
                                      folder + "/classes:" + folder + "/jars/*",
                                      "Witness",
                                      "reconnect.backoff.max.ms=100"};
  command.insert(command.end(), properties.begin(), properties.end());
  testing::RunOptions options;
  options.out = output[1];
  options.limit = std::chrono::seconds(10);
  child_ = std::make_unique<testing::Child>(command, options);
  ::close(output[1]);
}

Witness::~Witness() {
  child_.reset();
  ::close(output_);
}

std::string Witness::read_line() {
  while (true) {
    const size_t end = unread_.find('\n', read_);
    if (end != std::string::npos) {
      std::string line = unread_.substr(read_, end - read_);
      read_ = end + 1;
      return line;
    }
    unread_.erase(0, read_);
    read_ = 0;
    pollfd ready{output_, POLLIN, 0};
    const int come = ::poll(&ready, 1, kAnswerMs);
    if (come < 0 && errno == EINTR) continue;
    if (come <= 0) throw std::runtime_error("the witness does not answer: " + child_->err());
    char part[65536];
    const ssize_t n = ::read(output_, part, sizeof part);
    if (n <= 0) throw std::runtime_error("the witness has ended: " + child_->err());
    unread_.append(part, static_cast<size_t>(n));
  }
}

std::vector<std::string> Witness::ask(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : "\t") + word;
  child_->write_input(line + "\n");
  std::vector<std::string> answer;
  while (true) {
    std::string next = read_line();
    if (next == ".") return answer;
    if (next.starts_with("! ")) throw std::runtime_error(words[0] + ": " + next.substr(2));
    answer.push_back(std::move(next));
  }
}

void Witness::ready() { ask({"ready"}); }

void Witness::create(const std::string& topic, int partitions,
                     const std::vector<std::string>& configuration) {
  std::vector<std::string> words = {"create", topic, std::to_string(partitions)};
  words.insert(words.end(), configuration.begin(), configuration.end());
  ask(words);
}

void Witness::create_many(const std::string& prefix, int count, int partitions) {
  ask({"create_many", prefix, std::to_string(count), std::to_string(partitions)});
}

void Witness::grow(const std::string& topic, int partitions) {
  ask({"grow", topic, std::to_string(partitions)});
}

void Witness::remove(const std::string& topic) { ask({"delete", topic}); }

void Witness::delete_records(const std::string& topic, int partition, int64_t offset) {
  ask({"delete_records", topic, std::to_string(partition), std::to_string(offset)});
}

std::vector<int> Witness::partitions_of(const std::vector<std::string>& keys, int partitions) {
  std::vector<std::string> words = {"places", std::to_string(partitions)};
  words.insert(words.end(), keys.begin(), keys.end());
  std::vector<int> places;
  for (const std::string& line : ask(words)) places.push_back(std::stoi(line));
  return places;
}

std::vector<int64_t> Witness::ends(const std::string& topic, Level level) {
  std::vector<int64_t> ends;
  for (const std::string& line : ask({"ends", topic, name_of(level)})) {
    ends.push_back(std::stoll(split(line, ' ').at(1)));
  }
  return ends;
}

std::vector<Row> Witness::read(const std::string& topic, Level level) {
  std::vector<Row> rows;
  for (const std::string& line : ask({"read", topic, name_of(level)})) {
    const std::vector<std::string> words = split(line, '\t');
    Row row;
    row.partition = std::stoi(words.at(0));
    row.offset = std::stoll(words.at(1));
    row.timestamp_ms = std::stoll(words.at(2));
    row.key = bytes_of(words.at(3));
    row.value = bytes_of(words.at(4));
    for (size_t i = 5; i + 1 < words.size(); i += 2) {
      row.headers.emplace_back(bytes_of(words[i]).value_or(""), bytes_of(words[i + 1]));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::map<std::string, int64_t> Witness::group(const std::string& name) {
  std::map<std::string, int64_t> offsets;
  for (const std::string& line : ask({"group", name})) {
    const size_t at = line.rfind(' ');
    offsets[line.substr(0, at)] = std::stoll(line.substr(at + 1));
  }
  return offsets;
}

}  // namespace streamhost::kafka_test
