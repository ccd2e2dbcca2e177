#include "oauth.h"

#include <httplib.h>
#include <simdjson.h>

#include <chrono>
#include <fstream>
#include <iterator>

namespace kafka_plugin {

namespace sh = streamhost;

namespace {

// A token that does not say until when it is good is asked for again after this time.
constexpr int64_t kUnknownLifeMs = 5 * 60 * 1000;

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::optional<std::string> base64url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<uint32_t>(c - '0') + 52;
    } else if (c == '-' || c == '+') {
      value = 62;
    } else if (c == '_' || c == '/') {
      value = 63;
    } else if (c == '=') {
      break;
    } else {
      return std::nullopt;
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::string form_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[u >> 4];
      out += kHex[u & 15];
    }
  }
  return out;
}

std::string trimmed(std::string text) {
  const char* space = " \t\r\n";
  text.erase(text.find_last_not_of(space) + 1);
  text.erase(0, std::min(text.find_first_not_of(space), text.size()));
  return text;
}

}  // namespace

Claims claims_of(std::string_view token) {
  Claims claims;
  const size_t first = token.find('.');
  const size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos) return claims;
  const auto payload = base64url(token.substr(first + 1, second - first - 1));
  if (!payload) return claims;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(simdjson::padded_string(*payload)).get(root) != simdjson::SUCCESS) return claims;
  double seconds = 0;
  if (root["exp"].get(seconds) == simdjson::SUCCESS && seconds > 0 && seconds < 1e11) {
    claims.expires_ms = static_cast<int64_t>(seconds * 1000);
  }
  std::string_view subject;
  if (root["sub"].get(subject) == simdjson::SUCCESS) claims.subject = subject;
  return claims;
}

OAuth::OAuth(const sh::Config& table)
    : file_(table.str("token_file")),
      client_id_(table.str("client_id")),
      client_secret_(table.str("client_secret")),
      scope_(table.str("scope")),
      ca_file_(table.str("ca_file")),
      extensions_(table.map("extensions")) {
  const std::string url = table.str("token_url");
  if (file_.empty() == url.empty()) {
    throw sh::config_error(
        "`oauth` needs either `token_file`, or `token_url` with `client_id` and `client_secret`");
  }
  if (!file_.empty()) {
    if (!client_id_.empty() || !client_secret_.empty() || !scope_.empty() || !ca_file_.empty()) {
      throw sh::config_error(
          "`client_id`, `client_secret`, `scope` and `ca_file` of `oauth` belong to `token_url`, "
          "not to `token_file`");
    }
    return;
  }
  if (client_id_.empty() || client_secret_.empty()) {
    throw sh::config_error("`token_url` of `oauth` needs `client_id` and `client_secret`");
  }
  const size_t scheme = url.find("://");
  const std::string name = url.substr(0, std::min(scheme, url.size()));
  if (scheme == url.npos || (name != "https" && name != "http") || url.size() == scheme + 3) {
    throw sh::config_error("`token_url` of `oauth` is \"" + url +
                           "\", which is no URL: https://HOST[:PORT]/PATH");
  }
  const size_t path = url.find('/', scheme + 3);
  origin_ = url.substr(0, path);
  path_ = path == url.npos ? "/" : url.substr(path);
}

Token OAuth::fetch() const { return file_.empty() ? from_endpoint() : from_file(); }

Token OAuth::from_file() const {
  std::ifstream in(file_, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && text.empty()) throw sh::unavailable("the token file \"" + file_ + "\" cannot be read");
  Token token;
  token.value = trimmed(std::move(text));
  if (token.value.empty()) throw sh::unavailable("the token file \"" + file_ + "\" is empty");
  const Claims claims = claims_of(token.value);
  token.expires_ms = claims.expires_ms.value_or(now_ms() + kUnknownLifeMs);
  if (token.expires_ms <= now_ms()) {
    throw sh::unavailable("the token in \"" + file_ + "\" has expired; write a new one there");
  }
  token.principal = claims.subject.empty() ? "streamhost" : claims.subject;
  return token;
}

Token OAuth::from_endpoint() const {
  const std::string where = "the token endpoint " + origin_ + path_;
  httplib::Client http(origin_);
  http.set_connection_timeout(5);
  http.set_read_timeout(10);
  http.set_write_timeout(5);
  http.set_follow_location(false);  // secrets go where the manifest says, and nowhere else
  http.enable_server_certificate_verification(true);
  if (!ca_file_.empty()) http.set_ca_cert_path(ca_file_.c_str());
  // RFC 6749, 2.3.1: both are form-encoded before they are put together.
  http.set_basic_auth(form_encoded(client_id_), form_encoded(client_secret_));
  std::string body = "grant_type=client_credentials";
  if (!scope_.empty()) body += "&scope=" + form_encoded(scope_);
  const httplib::Result result =
      http.Post(path_, {{"Accept", "application/json"}}, body, "application/x-www-form-urlencoded");
  if (!result) {
    throw sh::unavailable(where + " cannot be reached: " + httplib::to_string(result.error()));
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const bool json =
      parser.parse(simdjson::padded_string(result->body)).get(root) == simdjson::SUCCESS;
  if (result->status != 200) {
    std::string why = "status " + std::to_string(result->status);
    std::string_view text;
    if (json && root["error"].get(text) == simdjson::SUCCESS) why += ", " + std::string(text);
    if (json && root["error_description"].get(text) == simdjson::SUCCESS) {
      why += ": " + std::string(text.substr(0, 200));
    }
    throw sh::unavailable(where + " refuses: " + why);
  }
  Token token;
  std::string_view value;
  if (!json || root["access_token"].get(value) != simdjson::SUCCESS || value.empty()) {
    throw sh::unavailable(where + " answers without `access_token`");
  }
  token.value = value;
  const Claims claims = claims_of(value);
  int64_t seconds = 0;
  if (root["expires_in"].get(seconds) == simdjson::SUCCESS && seconds > 0 &&
      seconds < 1'000'000'000) {
    token.expires_ms = now_ms() + seconds * 1000;
  } else {
    token.expires_ms = claims.expires_ms.value_or(now_ms() + kUnknownLifeMs);
  }
  token.principal = claims.subject.empty() ? client_id_ : claims.subject;
  return token;
}

sh::Option OAuth::option() {
  using sh::Type;
  return sh::option("oauth", Type::table, "where tokens for SASL/OAUTHBEARER come from")
      .fields({
          sh::option("token_file", Type::string, "a file with a token, read again for each refresh")
              .path(),
          sh::option("token_url", Type::string,
                     "token endpoint, asked with the grant client_credentials"),
          sh::option("client_id", Type::string, "for `token_url`"),
          sh::option("client_secret", Type::string, "for `token_url`").secret(),
          sh::option("scope", Type::string, "for `token_url`"),
          sh::option("ca_file", Type::string,
                     "for `token_url`: certificates to trust instead of the system's (PEM)")
              .path(),
          sh::option("extensions", Type::map, "SASL extensions, as the broker expects them"),
      });
}

}  // namespace kafka_plugin
