#include "manifest/settings.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/json_text.h"
#include "manifest/address.h"
#include "manifest/setting.h"
#include "manifest/table.h"

namespace streamhost {
namespace {

using Kind = Value::Kind;

// The value in the form that an environment variable would have; empty, with a mistake reported,
// when it is of the wrong type.
std::optional<std::string> text_of(const Setting& setting, const Value& given,
                                   Diagnostics& diagnostics) {
  const std::string key = setting.key;
  const bool no_text =
      setting.type == Setting::Type::kInteger || setting.type == Setting::Type::kBool;
  const Value value = no_text ? reread_substituted(given) : given;
  switch (setting.type) {
    case Setting::Type::kInteger:
      if (!expect_kind(value, Kind::kInteger, key, diagnostics)) return std::nullopt;
      return std::to_string(value.integer);
    case Setting::Type::kIntegerOrText:
    case Setting::Type::kSize:
      if (value.kind == Kind::kInteger) return std::to_string(value.integer);
      if (value.kind == Kind::kString) return value.string;
      diagnostics.error(value.where,
                        key + " must be an integer or a string, not " + kind_name(value.kind));
      return std::nullopt;
    case Setting::Type::kBool:
      if (!expect_kind(value, Kind::kBool, key, diagnostics)) return std::nullopt;
      return value.boolean ? "true" : "false";
    case Setting::Type::kText:
      if (!expect_kind(value, Kind::kString, key, diagnostics)) return std::nullopt;
      return value.string;
    case Setting::Type::kList: {
      if (!expect_kind(value, Kind::kList, key, diagnostics)) return std::nullopt;
      std::string joined;
      for (const Value& item : value.list) {
        if (!expect_kind(item, Kind::kString, "each of " + key, diagnostics)) return std::nullopt;
        if (item.string.find(',') != std::string::npos || item.string.empty()) {
          diagnostics.error(item.where, key + ": " + json_string(item.string) +
                                            " is not an address: write HOST:PORT");
          return std::nullopt;
        }
        joined += (joined.empty() ? "" : ",") + item.string;
      }
      return joined;
    }
    case Setting::Type::kOutside: break;
  }
  return std::nullopt;
}

void read_plain(const std::string& table_name, const Value& table, Settings& settings,
                Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const Setting& setting : all_settings()) {
    if (table_name != setting.table) continue;
    known.emplace_back(setting.key);
    const Value* value = find_key(table, setting.key);
    if (value == nullptr || setting.type == Setting::Type::kOutside) continue;
    const std::optional<std::string> text = text_of(setting, *value, diagnostics);
    if (!text) continue;
    const Status status = setting.set(*text, settings);
    if (!status) diagnostics.error(value->where, known.back() + ": " + status.message());
  }
  refuse_unknown_keys(table, "[" + table_name + "]", known, diagnostics);
}

// [run]: addresses and a file of addresses would have to be the same.
void refuse_both(const Value& table, Diagnostics& diagnostics) {
  const Value* hosts = find_key(table, "hosts");
  if (hosts == nullptr || find_key(table, "addresses") == nullptr) return;
  diagnostics.error(hosts->key_where, "addresses and hosts say the same: remove one of them");
}

// The table of three files.
void read_tls(const Value& table, const std::filesystem::path& folder, ClusterSettings& cluster,
              Diagnostics& diagnostics) {
  const Value* tls = find_key(table, "tls");
  if (tls == nullptr || !expect_kind(*tls, Kind::kTable, "tls", diagnostics)) return;
  refuse_unknown_keys(*tls, "tls", {"cert", "key", "ca"}, diagnostics);
  const auto file = [&](const char* key, const char* what, std::filesystem::path& target) {
    const Value* value = find_key(*tls, key);
    if (value == nullptr) {
      diagnostics.error(tls->where, "tls has no \"" + std::string(key) + "\": name the file with " +
                                        what + " (PEM)");
    } else if (expect_kind(*value, Kind::kString, std::string("tls.") + key, diagnostics)) {
      if (value->string.empty()) {
        diagnostics.error(value->where, "tls." + std::string(key) + ": \"\" is not a file");
      } else {
        target = (folder / value->string).lexically_normal();
      }
    }
  };
  file("cert", "the certificate of this process", cluster.tls_cert);
  file("key", "its private key", cluster.tls_key);
  file("ca", "the certificate that has signed those of all processes", cluster.tls_ca);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

void read_plugins(const Value& table, const std::filesystem::path& folder, PluginSettings& plugins,
                  Diagnostics& diagnostics) {
  refuse_unknown_keys(table, "[plugins]", {"paths", "sha256"}, diagnostics);
  const Value* paths = find_key(table, "paths");
  if (paths != nullptr && expect_kind(*paths, Kind::kList, "paths", diagnostics)) {
    for (const Value& path : paths->list) {
      if (!expect_kind(path, Kind::kString, "each of paths", diagnostics)) continue;
      if (path.string.empty()) {
        diagnostics.error(path.where, "paths: \"\" is not a directory");
      } else {
        plugins.paths.push_back((folder / path.string).lexically_normal());
      }
    }
  }
  const Value* digests = find_key(table, "sha256");
  if (digests == nullptr || !expect_kind(*digests, Kind::kTable, "sha256", diagnostics)) return;
  for (const auto& [name, digest] : digests->table) {
    if (!is_identifier(name)) {
      diagnostics.error(digest.key_where,
                        "sha256: " + json_string(name) +
                            " is not the name of a plugin (a-z, 0-9, _, and a letter first)");
    } else if (expect_kind(digest, Kind::kString, "sha256 of " + name, diagnostics)) {
      if (!is_sha256(digest.string)) {
        diagnostics.error(digest.where,
                          "sha256 of " + name + ": a digest is 64 hexadecimal digits");
        continue;
      }
      std::string lower = digest.string;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      plugins.sha256[name] = std::move(lower);
    }
  }
}

void read_web(const Value& table, WebSettings& web, Diagnostics& diagnostics) {
  refuse_unknown_keys(table, "[web]", {"listen"}, diagnostics);
  const Value* listen = find_key(table, "listen");
  if (listen == nullptr || !expect_kind(*listen, Kind::kString, "listen", diagnostics)) return;
  const Status status = check_address(listen->string, 0);
  if (status) {
    web.listen = listen->string;
  } else {
    diagnostics.error(listen->where, "listen: " + status.message());
  }
}

}  // namespace

const std::vector<std::string>& settings_tables() {
  static const std::vector<std::string> tables = {"run", "recovery", "cluster", "plugins", "web"};
  return tables;
}

void read_settings(const std::string& table_name, const Value& table,
                   const std::filesystem::path& folder, Settings& settings,
                   Diagnostics& diagnostics) {
  if (!expect_kind(table, Kind::kTable, table_name, diagnostics)) return;
  if (table_name == "plugins") {
    read_plugins(table, folder, settings.plugins, diagnostics);
  } else if (table_name == "web") {
    read_web(table, settings.web, diagnostics);
  } else {
    read_plain(table_name, table, settings, diagnostics);
    if (table_name == "cluster") read_tls(table, folder, settings.cluster, diagnostics);
    if (table_name == "run") {
      refuse_both(table, diagnostics);
      if (!settings.run.hosts.empty()) {
        settings.run.hosts = (folder / settings.run.hosts).lexically_normal();
      }
    }
    if (table_name == "recovery" && !settings.recovery.directory.empty()) {
      settings.recovery.directory = (folder / settings.recovery.directory).lexically_normal();
    }
  }
}

}  // namespace streamhost
