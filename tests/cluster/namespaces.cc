#include "cluster/namespaces.h"

#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "support/process.h"

namespace streamhost::cluster_test {
namespace {

using Words = std::vector<std::string>;

// Empty, or why not.
std::string attempt(const Words& command) {
  testing::RunOptions options;
  options.limit = std::chrono::seconds(20);
  const testing::RunResult result = testing::run(command, options);
  if (result.status == 0) return "";
  std::string text;
  for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
  return "`" + text + "`: " + result.err;
}

void must(const Words& command) {
  const std::string why = attempt(command);
  if (!why.empty()) throw std::runtime_error(why);
}

std::string own_name() {
  static std::atomic<int> networks{0};  // of this process
  return "streamhost-" + std::to_string(::getpid()) + "-" + std::to_string(networks++);
}

}  // namespace

std::optional<std::string> Namespaces::missing() {
  try {
    Namespaces two(2);
    two.cut(0, 1);
  } catch (const std::runtime_error& why) {
    return why.what();
  }
  return std::nullopt;
}

Namespaces::Namespaces(size_t size) : size_(size), name_(own_name()) {
  try {
    must({"ip", "netns", "add", hub()});
    must({"ip", "-n", hub(), "link", "add", "bridge", "up", "type", "bridge"});
    for (size_t i = 0; i < size_; ++i) {
      must({"ip", "netns", "add", space(i)});
      must({"ip", "-n", hub(), "link", "add", port(i), "type", "veth", "peer", "name", "eth0",
            "netns", space(i)});
      must({"ip", "-n", hub(), "link", "set", port(i), "master", "bridge", "up"});
      must({"ip", "-n", space(i), "link", "set", "lo", "up"});
      must({"ip", "-n", space(i), "addr", "add", ip(i) + "/24", "dev", "eth0"});
      must({"ip", "-n", space(i), "link", "set", "eth0", "up"});
    }
  } catch (const std::runtime_error&) {
    remove();
    throw;
  }
}

Namespaces::~Namespaces() { remove(); }

void Namespaces::remove() {
  for (size_t i = 0; i < size_; ++i) attempt({"ip", "netns", "del", space(i)});
  attempt({"ip", "netns", "del", hub()});
}

std::string Namespaces::space(size_t process) const {
  return name_ + "-" + std::to_string(process);
}
std::string Namespaces::hub() const { return name_ + "-hub"; }

std::vector<std::string> Namespaces::addresses(size_t, size_t count) const {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) all.push_back(ip(i) + ":2101");
  return all;
}

std::vector<std::string> Namespaces::prefix(size_t self) const {
  return {"ip", "netns", "exec", space(self)};
}

// Isolated ports of a bridge do not see each other, and see all that are not isolated.
void Namespaces::isolate(size_t process, bool yes) {
  must(
      {"bridge", "-n", hub(), "link", "set", "dev", port(process), "isolated", yes ? "on" : "off"});
}

void Namespaces::cut(size_t a, size_t b) {
  isolate(a, true);
  isolate(b, true);
}

void Namespaces::uncut(size_t a, size_t b) {
  isolate(a, false);
  isolate(b, false);
}

void Namespaces::cut_one_way(size_t from, size_t to) {
  must({"ip", "-n", space(from), "route", "add", "blackhole", ip(to) + "/32"});
}

void Namespaces::cut_off(size_t process) {
  must({"ip", "-n", hub(), "link", "set", port(process), "down"});
}

void Namespaces::plug_in(size_t process) {
  must({"ip", "-n", hub(), "link", "set", port(process), "up"});
}

void Namespaces::narrow(size_t process, const std::string& rate) {
  must({"tc", "-n", hub(), "qdisc", "replace", "dev", port(process), "root", "tbf", "rate", rate,
        "burst", "16kb", "latency", "200ms"});
}

bool Namespaces::delay_and_lose(size_t process, const std::string& by, const std::string& lost) {
  return attempt({"tc", "-n", hub(), "qdisc", "replace", "dev", port(process), "root", "netem",
                  "delay", by, "loss", lost})
      .empty();
}

void Namespaces::mend() {
  for (size_t i = 0; i < size_; ++i) {
    plug_in(i);
    isolate(i, false);
    attempt({"tc", "-n", hub(), "qdisc", "del", "dev", port(i), "root"});
    attempt({"ip", "-n", space(i), "route", "flush", "type", "blackhole"});
  }
}

}  // namespace streamhost::cluster_test
