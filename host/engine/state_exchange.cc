#include "engine/state_exchange.h"

#include <cstring>
#include <utility>

#include "base/fixed64.h"
#include "base/key_hash.h"
#include "engine/state_table.h"
#include "recovery/encoded_row.h"

namespace streamhost {
namespace {

constexpr size_t kHead = sizeof(uint32_t);

std::string head_of(uint32_t step) {
  std::string body(kHead, '\0');
  std::memcpy(body.data(), &step, kHead);
  return body;
}

uint32_t step_of(std::string_view body) {
  uint32_t step = 0;
  std::memcpy(&step, body.data(), kHead);
  return step;
}

}  // namespace

StateExchange::StateExchange(Peers& peers, const Snapshots& snapshots, const Topology& topology,
                             std::vector<uint32_t> steps, std::function<void(const Status&)> failed)
    : peers_(peers),
      snapshots_(snapshots),
      topology_(topology),
      steps_(std::move(steps)),
      failed_(std::move(failed)),
      queues_(size_t{topology.local()} * topology.processes()),
      sent_(topology.workers()) {}

StateExchange::~StateExchange() {
  stop();
  wait_until_sent();
}

void StateExchange::wait_until_sent() {
  if (thread_.joinable()) thread_.join();
}

void StateExchange::start() {
  thread_ = std::thread([this] { run(); });
}

void StateExchange::stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  changed_.notify_all();
}

void StateExchange::run() {
  for (const uint32_t step : steps_) {
    const Status status = send_step(step);
    if (status) continue;
    if (status.code() != Code::kStopped) failed_(status);
    return;
  }
}

Status StateExchange::send_step(uint32_t step) {
  const Status stopped(Code::kStopped, "");
  auto reader = snapshots_.states(step);
  if (!reader) return reader.status();
  std::vector<std::string> bodies(topology_.workers(), head_of(step));
  while (*reader != nullptr) {
    const auto row = (*reader)->next();
    if (!row) break;
    const auto* key = reinterpret_cast<const uint8_t*>(row->key.data());
    const uint32_t worker = owner_of(key_hash(key, row->key.size()), topology_.workers());
    if (topology_.is_local(worker)) continue;
    std::string& body = bodies[worker];
    const size_t before = body.size();
    body.resize(before + recovery::encoded_bound(row->key, row->value));
    const char* end =
        recovery::encode_row(body.data() + before, row->key, row->version, false, row->value);
    body.resize(static_cast<size_t>(end - body.data()));
    if (body.size() < kFrameBytes) continue;
    if (!send_rows(worker, body)) return stopped;
    body.resize(kHead);
  }
  if (*reader != nullptr && !(*reader)->outcome()) {
    return {Code::kRecovery, (*reader)->outcome().failure().message};
  }
  for (uint32_t worker = 0; worker < bodies.size(); ++worker) {
    if (topology_.is_local(worker)) continue;
    std::string& body = bodies[worker];
    if (body.size() > kHead && !send_rows(worker, body)) return stopped;
    body.resize(kHead);
    if (!send_rows(worker, body)) return stopped;
  }
  return Status::ok();
}

bool StateExchange::send_rows(uint32_t worker, const std::string& body) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || sent_[worker] < kWindow; });
    if (stop_) return false;
    ++sent_[worker];
  }
  peers_.send(topology_.process_of(worker), cluster::FrameType::kStates, worker, body);
  return true;
}

bool StateExchange::read(uint32_t step, uint32_t worker,
                         const std::function<bool(const recovery::Row& row)>& each) {
  std::vector<bool> done(topology_.processes());
  done[topology_.self()] = true;
  uint32_t left = topology_.processes() - 1;
  while (left != 0) {
    std::string body;
    uint32_t from = 0;
    {
      std::unique_lock lock(mutex_);
      const auto any = [&] {
        for (from = 0; from < topology_.processes(); ++from) {
          if (!done[from] && !queue(from, worker).empty()) return true;
        }
        return false;
      };
      changed_.wait(lock, [&] { return stop_ || any(); });
      if (stop_) return false;
      body = std::move(queue(from, worker).front());
      queue(from, worker).pop_front();
    }
    peers_.send(from, cluster::FrameType::kStatesCredit, worker, "");
    if (step_of(body) != step) {
      failed_(Status::failed(peers_.members().name(from) + ": states of another step"));
      return false;
    }
    if (body.size() == kHead) {
      done[from] = true;
      --left;
    }
    const char* at = body.data() + kHead;
    const char* const end = body.data() + body.size();
    while (at != end) {
      recovery::EncodedRow row;
      at = recovery::decode_row(at, end, row);
      if (at == nullptr) {
        failed_(Status::failed(peers_.members().name(from) + ": a state that is cut off"));
        return false;
      }
      if (!each({row.key, row.value, row.version})) return false;
    }
  }
  return true;
}

Status StateExchange::take(uint32_t process, const cluster::Received& frame) {
  const uint32_t worker = frame.header.tag;
  if (!topology_.is_local(worker) || frame.body.size() < kHead) {
    return Status::failed("states for nobody here");
  }
  const std::lock_guard lock(mutex_);
  Queue& to = queue(process, worker);
  if (to.size() >= kWindow) return Status::failed("more states than were asked for");
  to.emplace_back(reinterpret_cast<const char*>(frame.body.data()), frame.body.size());
  changed_.notify_all();
  return Status::ok();
}

Status StateExchange::take_credit(uint32_t process, const cluster::Received& frame) {
  const uint32_t worker = frame.header.tag;
  const std::lock_guard lock(mutex_);
  if (worker >= sent_.size() || topology_.process_of(worker) != process || sent_[worker] == 0) {
    return Status::failed("credit for states that were not sent");
  }
  --sent_[worker];
  changed_.notify_all();
  return Status::ok();
}

}  // namespace streamhost
