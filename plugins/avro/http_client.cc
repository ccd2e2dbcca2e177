#include "http_client.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <streamhost/sdk/error.hpp>
#include <thread>

namespace streamhost::avro {
namespace {

constexpr size_t kLargestBody = 16 << 20;
constexpr int64_t kFirstPause = 50'000, kLongestPause = 2'000'000;

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Stops a request whose time is over. The library's own timeouts are for each read and write, so a
// server that sends a byte now and then would never reach them.
class Watch {
 public:
  Watch(httplib::Client& client, int64_t time_us)
      : thread_([this, &client, time_us] {
          std::unique_lock lock(mutex_);
          if (!done_changed_.wait_for(lock, std::chrono::microseconds(time_us),
                                      [&] { return done_; })) {
            late_ = true;
            client.stop();
          }
        }) {}
  // Whether it had to stop the request. Ends the watch.
  bool late() {
    if (thread_.joinable()) {
      {
        const std::lock_guard lock(mutex_);
        done_ = true;
      }
      done_changed_.notify_one();
      thread_.join();
    }
    return late_;
  }
  ~Watch() { late(); }

 private:
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
  bool late_ = false;
  std::thread thread_;  // the last: it uses the others
};

std::string error_text(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection: return "cannot connect";
    case httplib::Error::ConnectionTimeout: return "cannot connect within the timeout";
    case httplib::Error::Read: return "the connection was closed, or nothing came in time";
    case httplib::Error::Write: return "the request could not be sent";
    case httplib::Error::Canceled: return "the answer is too large";
    case httplib::Error::SSLConnection: return "the TLS handshake failed";
    case httplib::Error::SSLLoadingCerts: return "the certificates to trust cannot be read";
    case httplib::Error::SSLServerVerification:
      return "its certificate is not trusted, or is for another host";
    default: return "the request failed: " + httplib::to_string(error);
  }
}

// What stands behind the last colon of host:port, if anything does, is a port.
bool good_port(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == host.npos || host.back() == ']') return true;
  uint32_t port = 0;
  const char* const end = host.data() + host.size();
  const auto [stop, error] = std::from_chars(host.data() + colon + 1, end, port);
  return error == std::errc() && stop == end && port > 0 && port <= 65535;
}

bool is_error_of_the_server(int status) { return status >= 500 || status == 408 || status == 429; }

}  // namespace

HttpClient::HttpClient(HttpSettings settings) : settings_(std::move(settings)) {
  for (const std::string& url : settings_.urls) {
    Server server;
    server.url = url;
    while (server.url.ends_with('/')) server.url.pop_back();
    const size_t scheme = server.url.find("://");
    const std::string name = server.url.substr(0, scheme);
    if (scheme == url.npos || (name != "http" && name != "https")) {
      throw config_error("\"" + url + "\" is no URL of a registry: http://host:port or https://…");
    }
    const size_t slash = server.url.find('/', scheme + 3);
    server.base = server.url.substr(0, slash);
    if (slash != url.npos) server.path = server.url.substr(slash);
    if (server.base.find('@') != url.npos) {
      // The URL is printed in messages.
      throw config_error(
          "a URL may not hold a password; use the options username and password of the registry");
    }
    if (server.base.size() == scheme + 3 || !good_port(server.base.substr(scheme + 3)) ||
        url.find_first_of("?# ") != url.npos) {
      throw config_error("\"" + url + "\" is no URL of a registry: http://host:port or https://…");
    }
    servers_.push_back(std::move(server));
  }
  if (servers_.empty()) throw config_error("the registry has no url");
}

bool HttpClient::attempt(Server& server, const std::string& path, const std::string* body,
                         int64_t deadline_us, HttpResponse& response) {
  const int64_t time = deadline_us - now_us();
  httplib::Client client(server.base, settings_.cert_file, settings_.key_file);
  if (!client.is_valid()) {
    if (!settings_.cert_file.empty()) {
      throw config_error("the certificate \"" + settings_.cert_file + "\" with the key \"" +
                         settings_.key_file + "\" cannot be used");
    }
    throw config_error("\"" + server.url + "\" is no URL of a registry");
  }
  if (!settings_.ca_file.empty()) client.set_ca_cert_path(settings_.ca_file);
  client.enable_server_certificate_verification(true);
  client.set_connection_timeout(std::chrono::microseconds(time));
  client.set_read_timeout(std::chrono::microseconds(time));
  client.set_write_timeout(std::chrono::microseconds(time));
  if (!settings_.token.empty()) client.set_bearer_token_auth(settings_.token);
  if (!settings_.username.empty()) client.set_basic_auth(settings_.username, settings_.password);

  httplib::Request request;
  request.method = body != nullptr ? "POST" : "GET";
  request.path = server.path + path;
  request.set_header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
  if (body != nullptr) {
    request.body = *body;
    request.set_header("Content-Type", "application/vnd.schemaregistry.v1+json");
  }
  response.body.clear();
  request.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
    if (response.body.size() + size > kLargestBody) return false;
    response.body.append(bytes, size);
    return true;
  };
  Watch watch(client, time);
  const httplib::Result result = client.send(request);
  const bool late = watch.late();
  if (late || !result) {
    // The last attempt has little time left, which says less than what was the matter before.
    const bool only_late = late || result.error() == httplib::Error::Read ||
                           result.error() == httplib::Error::ConnectionTimeout;
    if (server.said.empty() || !only_late) {
      server.said = late ? "no whole answer came in time" : error_text(result.error());
    }
    return false;
  }
  response.status = result->status;
  response.url = server.url;
  if (!is_error_of_the_server(response.status)) return true;
  server.said = "it answers with status " + std::to_string(response.status);
  return false;
}

HttpResponse HttpClient::send(const std::string& path, const std::string* body) {
  const int64_t deadline = now_us() + settings_.timeout_us;
  int64_t pause = kFirstPause;
  HttpResponse response;
  for (Server& server : servers_) server.said.clear();
  while (true) {
    for (size_t i = 0; i < servers_.size(); ++i) {
      const size_t which = (first_ + i) % servers_.size();
      // One that never answers leaves some of the time for the others.
      const int64_t now = now_us();
      if (now >= deadline) break;
      const int64_t share = (deadline - now) / static_cast<int64_t>(servers_.size() - i);
      if (attempt(servers_[which], path, body, now + share, response)) {
        first_ = which;
        return response;
      }
    }
    const int64_t left = deadline - now_us();
    if (left <= pause) break;
    std::this_thread::sleep_for(std::chrono::microseconds(pause));
    pause = std::min(2 * pause, kLongestPause);
  }
  std::string said;
  for (const Server& server : servers_) {
    said += (said.empty() ? "" : "; ") + server.url + ": " +
            (server.said.empty() ? "there was no time to ask" : server.said);
  }
  throw unavailable("the schema registry cannot be asked for " + path + " (" + said + ")")
      .retryable();
}

}  // namespace streamhost::avro
