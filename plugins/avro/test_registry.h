// A schema registry for tests: a real HTTP server on the loopback that answers as Confluent's does.
#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/json_string.h"
#include "common/json_text.h"

namespace streamhost::avro {

inline std::string json_string(const std::string& text) {
  std::string json;
  plugin_common::append_json_string(json, text);
  return json;
}

class TestRegistry {
 public:
  enum class Mode { kGood, kHang, kDrip, kGarbage, kBroken, kBusyOnce, kHuge };

  // With a certificate and its key it speaks TLS.
  explicit TestRegistry(const std::string& cert = "", const std::string& key = "") {
    if (cert.empty()) {
      server_ = std::make_unique<httplib::Server>();
    } else {
      server_ = std::make_unique<httplib::SSLServer>(cert.c_str(), key.c_str());
      scheme_ = "https";
    }
    server_->set_pre_routing_handler([this](const auto& request, auto& response) {
      return before(request, response) ? httplib::Server::HandlerResponse::Handled
                                       : httplib::Server::HandlerResponse::Unhandled;
    });
    server_->Get(R"(/schemas/ids/(-?\d+))", [this](const auto& request, auto& response) {
      const std::lock_guard lock(mutex_);
      const auto found = by_id_.find(std::stoi(request.matches[1]));
      if (found == by_id_.end()) return error(response, 404, 40403, "Schema not found");
      response.set_content("{" + found->second.json() + "}", kType);
    });
    server_->Get(R"(/subjects/(.+)/versions/(\w+))", [this](const auto& request, auto& response) {
      const std::lock_guard lock(mutex_);
      const auto subject = subjects_.find(request.matches[1]);
      if (subject == subjects_.end()) return error(response, 404, 40401, "Subject not found.");
      const std::string wanted = request.matches[2];
      const size_t version = wanted == "latest" ? subject->second.size() : std::stoul(wanted);
      if (version == 0 || version > subject->second.size()) {
        return error(response, 404, 40402, "Version not found.");
      }
      const int id = subject->second[version - 1];
      response.set_content("{\"subject\":" + json_string(subject->first) +
                               ",\"version\":" + std::to_string(version) +
                               ",\"id\":" + std::to_string(id) + "," + by_id_.at(id).json() + "}",
                           kType);
    });
    const auto post = [this](bool adds) {
      return [this, adds](const auto& request, auto& response) {
        const std::lock_guard lock(mutex_);
        const std::string subject = request.matches[1];
        std::string text;
        plugin_common::JsonMembers members(request.body);
        while (members.next()) {
          if (members.name() == "schema") text = plugin_common::json_unescaped(members.value());
        }
        for (const int id : subjects_[subject]) {
          if (by_id_.at(id).text != text) continue;
          return response.set_content("{\"id\":" + std::to_string(id) + "}", kType);
        }
        if (!adds) return error(response, 404, 40403, "Schema not found");
        if (!subjects_[subject].empty()) {
          return error(response, 409, 409, "Schema being registered is incompatible");
        }
        const int id = add_locked(subject, text);
        response.set_content("{\"id\":" + std::to_string(id) + "}", kType);
      };
    };
    server_->Post(R"(/subjects/([^/]+))", post(false));
    server_->Post(R"(/subjects/([^/]+)/versions)", post(true));
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~TestRegistry() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    server_->stop();
    thread_.join();
  }

  // `references`: the JSON of that member. Returns the id.
  int add(const std::string& subject, const std::string& text, const std::string& references = "",
          const std::string& type = "") {
    const std::lock_guard lock(mutex_);
    return add_locked(subject, text, references, type);
  }
  std::string url() const { return scheme_ + "://127.0.0.1:" + std::to_string(port_); }
  // Only such requests are let in: the content of the header Authorization.
  void require(const std::string& authorization) {
    const std::lock_guard lock(mutex_);
    authorization_ = authorization;
  }
  void mode(Mode mode) { mode_ = mode; }
  // "GET /schemas/ids/1", in their order.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static constexpr const char* kType = "application/vnd.schemaregistry.v1+json";

  struct Entry {
    std::string text, references, type;
    std::string json() const {
      return "\"schema\":" + json_string(text) +
             (type.empty() ? "" : ",\"schemaType\":" + json_string(type)) +
             (references.empty() ? "" : ",\"references\":" + references);
    }
  };

  int add_locked(const std::string& subject, const std::string& text,
                 const std::string& references = "", const std::string& type = "") {
    const int id = next_id_++;
    by_id_[id] = {text, references, type};
    subjects_[subject].push_back(id);
    return id;
  }
  static void error(httplib::Response& response, int status, int code, const std::string& message) {
    response.status = status;
    response.set_content(
        "{\"error_code\":" + std::to_string(code) + ",\"message\":" + json_string(message) + "}",
        kType);
  }
  // True when the request was answered.
  bool before(const httplib::Request& request, httplib::Response& response) {
    std::unique_lock lock(mutex_);
    requests_.push_back(request.method + " " + request.path);
    if (!authorization_.empty() && request.get_header_value("Authorization") != authorization_) {
      error(response, 401, 401, "Unauthorized");
      return true;
    }
    switch (mode_.load()) {
      case Mode::kGood: return false;
      case Mode::kHang: changed_.wait(lock, [this] { return over_; }); return false;
      case Mode::kDrip:
        response.set_chunked_content_provider(kType, [this](size_t, httplib::DataSink& sink) {
          std::unique_lock waiting(mutex_);
          changed_.wait_for(waiting, std::chrono::milliseconds(20), [this] { return over_; });
          return !over_ && sink.write(" ", 1);
        });
        return true;
      case Mode::kGarbage: response.set_content("<html>", "text/html"); return true;
      case Mode::kBusyOnce: mode_ = Mode::kGood; [[fallthrough]];
      case Mode::kBroken: error(response, 500, 50001, "Error in the backend"); return true;
      case Mode::kHuge: response.set_content(std::string(20 << 20, ' ') + "{}", kType); return true;
    }
    return false;
  }

  std::unique_ptr<httplib::Server> server_;
  std::string scheme_ = "http";
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::atomic<Mode> mode_{Mode::kGood};
  std::string authorization_;
  std::map<int, Entry> by_id_;
  std::map<std::string, std::vector<int>> subjects_;
  std::vector<std::string> requests_;
  int next_id_ = 1;
  std::thread thread_;
};

}  // namespace streamhost::avro
