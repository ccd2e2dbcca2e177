#include "cluster/loopback.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace streamhost::cluster_test {
namespace {

constexpr uint16_t kFirstPort = 2100;
constexpr uint16_t kPortsEach = 40;
constexpr uint32_t kNetworks = 700;  // all below 32768, where ports for callers begin

std::string own_ip() {
  const auto pid = static_cast<uint32_t>(::getpid());
  // Process ids have 22 bits.
  return "127." + std::to_string(1 + (pid >> 16)) + "." + std::to_string((pid >> 8) & 255) + "." +
         std::to_string(pid & 255);
}

uint16_t own_ports() {
  static std::atomic<uint32_t> networks{0};  // of this process
  return static_cast<uint16_t>(kFirstPort + kPortsEach * (networks++ % kNetworks));
}

}  // namespace

Loopback::Loopback(size_t size, bool relays)
    : size_(size), ip_(own_ip()), first_port_(own_ports()) {
  if (!relays) return;
  relays_ = std::make_unique<Relays>();
  auto next = static_cast<uint16_t>(first_port_ + size);
  for (size_t caller = 1; caller < size; ++caller) {
    for (size_t called = 0; called < caller; ++called) {
      between_[{caller, called}] = relays_->add(ip_, next++, port(called));
    }
  }
}

std::string Loopback::address(size_t process) const {
  return ip_ + ":" + std::to_string(port(process));
}

std::vector<std::string> Loopback::addresses(size_t self, size_t count) const {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) {
    // Those with greater ids call those with smaller ones.
    const auto it = between_.find({self, i});
    all.push_back(it == between_.end()
                      ? address(i)
                      : ip_ + ":" + std::to_string(first_port_ + size_ + it->second));
  }
  return all;
}

void Loopback::cut(size_t a, size_t b) {
  if (!has_relays()) return;
  relays_->hold(between_.at({std::max(a, b), std::min(a, b)}), true, true);
}

void Loopback::cut_one_way(size_t from, size_t to) {
  if (!has_relays()) return;
  relays_->hold(between_.at({std::max(from, to), std::min(from, to)}), from > to, from < to);
}

void Loopback::cut_off(size_t process) {
  for (size_t i = 0; i < size_; ++i) {
    if (i != process) cut(i, process);
  }
}

void Loopback::delay(std::chrono::microseconds by) {
  for (const auto& [pair, relay] : between_) relays_->delay(relay, by);
}

void Loopback::reset(size_t a, size_t b) {
  if (has_relays()) relays_->reset(between_.at({std::max(a, b), std::min(a, b)}));
}

void Loopback::mend() {
  for (const auto& [pair, relay] : between_) {
    relays_->hold(relay, false, false);
    relays_->delay(relay, {});
  }
}

}  // namespace streamhost::cluster_test
