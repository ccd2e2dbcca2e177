// Tokens for SASL/OAUTHBEARER: from a file that something else keeps fresh, or from a token
// endpoint (OAuth 2.0, client credentials).
#pragma once

#include <cstdint>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <utility>
#include <vector>

namespace kafka_plugin {

struct Token {
  std::string value;
  std::string principal;   // whom it names; for logs only
  int64_t expires_ms = 0;  // since the Unix epoch
};

class OAuth {
 public:
  // The fields of the option `oauth`; throws config_error when they do not fit together.
  explicit OAuth(const streamhost::Config& table);

  // A new token. Blocks for up to about 20 s; throws std::exception with what went wrong, without
  // any secret. [any thread]
  Token fetch() const;
  // SASL extensions to send with it.
  const std::vector<std::pair<std::string, std::string>>& extensions() const { return extensions_; }

  static streamhost::Option option();

 private:
  Token from_file() const;
  Token from_endpoint() const;

  std::string file_;
  std::string origin_, path_;  // "https://login.example:8443", "/oauth2/token"
  std::string client_id_, client_secret_, scope_, ca_file_;
  std::vector<std::pair<std::string, std::string>> extensions_;
};

// Expiry and principal that a token names itself, when it is a JSON Web Token. Its signature is the
// broker's concern.
struct Claims {
  std::optional<int64_t> expires_ms;
  std::string subject;
};
Claims claims_of(std::string_view token);

}  // namespace kafka_plugin
