// HTTP requests to one of several servers that are the same service, within a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace streamhost::avro {

struct HttpSettings {
  std::vector<std::string> urls;    // http://host:port/path or https://…, tried in this order
  std::string username, password;   // for basic authentication, or
  std::string token;                // for the bearer of it
  std::string ca_file;              // certificates to trust, PEM; empty: those of the system
  std::string cert_file, key_file;  // of a client that says who it is; empty: it does not
  int64_t timeout_us = 10'000'000;  // for a request with all its attempts
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string url;  // which of the servers it came from
};

// Not thread-safe. Requests block the thread that makes them.
class HttpClient {
 public:
  // Throws config_error for a URL that is none.
  explicit HttpClient(HttpSettings settings);

  // Sends a request and returns what the first server answers that is no error of its own (5xx,
  // 408, 429); `body` makes it a POST. Servers are asked in turn, and all again after a pause that
  // grows, until the timeout is over: then throws unavailable, marked retryable, with what each
  // said last. Throws config_error for certificates that cannot be read.
  HttpResponse send(const std::string& path, const std::string* body = nullptr);

 private:
  struct Server {
    std::string url;   // as given, without the last slash
    std::string base;  // scheme://host:port
    std::string path;  // in front of those of requests
    std::string said;  // why the last attempt failed
  };

  bool attempt(Server& server, const std::string& path, const std::string* body,
               int64_t deadline_us, HttpResponse& response);

  HttpSettings settings_;
  std::vector<Server> servers_;
  size_t first_ = 0;  // the one that answered last
};

}  // namespace streamhost::avro
