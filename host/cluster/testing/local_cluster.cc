#include "cluster/testing/local_cluster.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <future>
#include <random>
#include <stdexcept>

namespace streamhost::cluster::testing {

namespace asio = boost::asio;
using asio::ip::tcp;

bool LogLines::wait_for(const std::string& text) {
  std::unique_lock lock(lines_mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] {
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  });
}

size_t LogLines::count(const std::string& text) {
  const std::lock_guard lock(lines_mutex_);
  return static_cast<size_t>(
      std::count_if(lines_.begin(), lines_.end(),
                    [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

void LogLines::sink_it_(const spdlog::details::log_msg& line) {
  const std::lock_guard lock(lines_mutex_);
  lines_.emplace_back(line.payload.data(), line.payload.size());
  changed_.notify_all();
}

uint16_t free_port() {
  // Stays taken for bind() without a port, and free for one that names it, while the test runs.
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

LocalCluster::LocalCluster(uint32_t processes, std::function<void(uint32_t, ClusterPlan&)> change) {
  std::vector<std::string> addresses;
  for (uint32_t i = 0; i < processes; ++i) {
    ports_.push_back(free_port());
    addresses.push_back("127.0.0.1:" + std::to_string(ports_.back()));
  }
  for (uint32_t i = 0; i < processes; ++i) {
    ClusterPlan plan;
    plan.addresses = addresses;
    plan.identity.process_id = i;
    plan.identity.processes = processes;
    plan.identity.workers = i + 1;
    plan.identity.host_version = "1.2.3";
    plan.identity.fingerprint = {{"[operator.words] lowercase", "true"}, {"name", "test"}};
    plan.settings.wait_us = 60'000'000;
    if (change) change(i, plan);
    plans_.push_back(std::move(plan));
    logs_.push_back(std::make_shared<LogLines>());
  }
  clusters_.resize(processes);
}

LocalCluster::~LocalCluster() = default;

Cluster& LocalCluster::start(uint32_t process) {
  auto log = std::make_shared<spdlog::logger>("test", logs_[process]);
  log->set_level(spdlog::level::debug);
  auto started = Cluster::start(plans_[process], log);
  EXPECT_TRUE(started) << started.status().message();
  clusters_[process] = started.take();
  return *clusters_[process];
}

void LocalCluster::start_all() {
  for (uint32_t i = 0; i < size(); ++i) start(i);
}

std::vector<Joined> LocalCluster::join(const std::vector<uint32_t>& processes) {
  std::vector<std::future<Joined>> joining;
  for (const uint32_t process : processes) {
    joining.push_back(
        std::async(std::launch::async, [this, process] { return at(process).join(); }));
  }
  std::vector<Joined> joined;
  for (auto& one : joining) joined.push_back(one.get());
  return joined;
}

std::vector<Joined> LocalCluster::join_all() {
  std::vector<uint32_t> all;
  for (uint32_t i = 0; i < size(); ++i) all.push_back(i);
  return join(all);
}

std::vector<std::unique_ptr<Members>> LocalCluster::members() {
  std::vector<std::unique_ptr<Members>> members;
  for (Joined& joined : join_all()) {
    EXPECT_TRUE(joined) << joined.status().message();
    members.push_back(joined ? joined.take() : nullptr);
  }
  return members;
}

FakeProcess::FakeProcess(uint16_t port, std::shared_ptr<asio::io_context> io) : io_(std::move(io)) {
  socket_.connect({asio::ip::address_v4::loopback(), port});
}

bool FakeProcess::join(const ClusterPlan& plan, uint64_t attempt, uint32_t called) {
  Identity identity = plan.identity;
  identity.attempt = attempt;
  std::random_device random;
  std::string nonce(32, '\0');
  for (char& c : nonce) c = static_cast<char>(random());
  Handshake handshake(identity, called, plan.settings.token, nonce);
  for (const std::string& frame : handshake.begin()) write(frame);
  FrameType type{};
  std::string body;
  while (handshake.state() == Handshake::State::kGoesOn) {
    if (!read_frame(type, body)) return false;
    for (const std::string& frame : handshake.take(type, body)) write(frame);
  }
  if (handshake.state() != Handshake::State::kDone) return false;
  attempt_of_other_ = handshake.peer().attempt;
  return read_frame(type, body) && type == FrameType::kHeartbeat;
}

void FakeProcess::write(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }

void FakeProcess::send(FrameType type, uint32_t tag, const std::string& body) {
  const Frame frame = make_frame(pool_, type, tag, body);
  write({reinterpret_cast<const char*>(frame.bytes().data()), frame.size});
}

std::pair<FrameType, std::string> FakeProcess::read() {
  FrameType type{};
  std::string body;
  while (read_frame(type, body)) {
    if (type != FrameType::kHeartbeat) return {type, body};
  }
  return {FrameType::kHeartbeat, {}};
}

bool FakeProcess::read_frame(FrameType& type, std::string& body) {
  std::array<uint8_t, kHeaderSize> bytes{};
  boost::system::error_code error;
  asio::read(socket_, asio::buffer(bytes), error);
  if (error) return false;
  const auto header = read_header(bytes, kMaxBody);
  if (!header) throw std::runtime_error(header.status().message());
  body.resize(header->size);
  asio::read(socket_, asio::buffer(body), error);
  type = header->type;
  return !error;
}

bool FakeProcess::is_closed_within(int seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < end) {
    pollfd fd{socket_.native_handle(), POLLIN, 0};
    if (poll(&fd, 1, 100) <= 0) continue;
    char bytes[4096];
    if (recv(fd.fd, bytes, sizeof bytes, 0) <= 0) return true;
  }
  return false;
}

void FakeProcess::close() { socket_.close(); }

}  // namespace streamhost::cluster::testing
