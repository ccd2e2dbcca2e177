#include "options.h"

#include <cerrno>
#include <fstream>
#include <sstream>

#include "common/descriptor.h"

namespace streamhost::avro {

std::vector<Option> shared_options() {
  std::vector<Option> all;
  all.push_back(option("framing", OptionType::string,
                       "what is around the value: plain, nothing; confluent, a zero and the "
                       "schema's id in a registry")
                    .otherwise("plain")
                    .choices({"plain", "confluent"}));
  all.push_back(option("json", OptionType::string,
                       "unions as JSON: plain, the bare value; avro, {\"type\": value}")
                    .otherwise("plain")
                    .choices({"plain", "avro"}));
  all.push_back(option("bytes", OptionType::string,
                       "bytes and fixed as JSON: latin1, a character for each byte; base64")
                    .otherwise("latin1")
                    .choices({"latin1", "base64"}));
  all.push_back(option("logical", OptionType::boolean,
                       "logical types as JSON: true, times as texts, decimals as numbers; false, "
                       "as the types they are made of")
                    .otherwise("false"));
  all.push_back(option("max_size", OptionType::size, "the largest value that is put out")
                    .otherwise("64MiB")
                    .at_least(1024)
                    .at_most(2147483648.0));
  all.push_back(
      option("registry", OptionType::table, "the schema registry; with framing = \"confluent\"")
          .fields(
              {option("url", OptionType::list,
                      "http://host:port or https://…; of several, the next is "
                      "asked when one does not answer")
                   .required(),
               option("username", OptionType::string, "for basic authentication"),
               option("password", OptionType::string, "for basic authentication").secret(),
               option("token", OptionType::string, "for bearer authentication").secret(),
               option("ca_file", OptionType::string,
                      "certificates to trust, PEM; without it those of the system")
                   .path(),
               option("cert_file", OptionType::string, "certificate of this client, PEM").path(),
               option("key_file", OptionType::string, "its key, PEM").path(),
               option("timeout", OptionType::duration,
                      "for a request with all its attempts; the worker waits that long")
                   .otherwise("10s")
                   .at_least(10'000),
               option("cache", OptionType::integer, "how many schemas are kept")
                   .otherwise("1000")
                   .at_least(1)
                   .at_most(1'000'000),
               option("failures_for", OptionType::duration,
                      "how long an id that the registry does not know is not asked for again")
                   .otherwise("30s")
                   .at_least(0)}));
  return all;
}

Form form_of(const Config& config) {
  Form form;
  form.json = config.find("json") == "avro" ? JsonForm::kAvro : JsonForm::kPlain;
  form.base64 = config.find("bytes") == "base64";
  form.logical = config.flag("logical");
  return form;
}

bool is_confluent(const Config& config) { return config.find("framing") == "confluent"; }

std::optional<GivenSchema> schema_of(const Config& config, const char* inline_option,
                                     const char* file_option) {
  const auto given = config.find(inline_option), path = config.find(file_option);
  if (given && path) {
    throw config_error(std::string("give only one of ") + inline_option + " and " + file_option);
  }
  if (!given && !path) return std::nullopt;
  GivenSchema result;
  std::string name = inline_option;
  if (given) {
    result.text = *given;
  } else {
    name = std::string(file_option) + " \"" + std::string(*path) + '"';
    std::ifstream file{std::string(*path), std::ios::binary};
    std::ostringstream content;
    if (file) content << file.rdbuf();
    if (!file || content.fail()) {
      throw config_error(name + " cannot be read: " + plugin_common::error_text(errno));
    }
    result.text = content.str();
  }
  try {
    result.schema = Schema::parse(result.text, Defaults::kNeeded);
  } catch (const Error& e) {
    throw config_error(name + ": " + e.what());
  }
  return result;
}

std::optional<HttpSettings> registry_of(const Config& config) {
  const auto table = config.table("registry");
  if (is_confluent(config) != table.has_value()) {
    throw config_error(table ? "a registry is only used with framing = \"confluent\""
                             : "framing = \"confluent\" needs a registry = { url = … }");
  }
  if (!table) return std::nullopt;
  HttpSettings s;
  s.urls = table->list("url");
  s.username = table->str("username");
  s.password = table->str("password");
  s.token = table->str("token");
  s.ca_file = table->str("ca_file");
  s.cert_file = table->str("cert_file");
  s.key_file = table->str("key_file");
  s.timeout_us = table->integer("timeout");
  if (!s.token.empty() && !s.username.empty()) {
    throw config_error("the registry takes a token, or a username and password, not both");
  }
  if (s.cert_file.empty() != s.key_file.empty()) {
    throw config_error("the registry needs both of cert_file and key_file, or none");
  }
  for (const std::string& path : {s.ca_file, s.cert_file, s.key_file}) {
    if (!path.empty() && !std::ifstream(path)) {
      throw config_error("\"" + path + "\" cannot be read: " + plugin_common::error_text(errno));
    }
  }
  return s;
}

}  // namespace streamhost::avro
