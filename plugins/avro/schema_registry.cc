#include "schema_registry.h"

#include <simdjson.h>

#include <set>
#include <streamhost/sdk/error.hpp>

#include "common/json_string.h"

namespace streamhost::avro {
namespace {

// Of schemas that one schema refers to, directly or not.
constexpr size_t kMostReferences = 500;

std::string escaped(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

}  // namespace

// What the registry said, read as JSON.
struct SchemaRegistry::Answer {
  int status = 0;
  std::string where;  // for messages: "the schema registry http://… at /schemas/ids/7"
  simdjson::dom::parser parser;
  simdjson::dom::object json;
  bool is_json = false;
  int64_t error_code = 0;
  std::string message;  // of an error

  [[noreturn]] void no_registry() const {
    throw config_error(where + " answers with status " + std::to_string(status) +
                       " and what no schema registry says; check the url");
  }
  std::string text(const char* name, const char* otherwise) const {
    std::string_view value;
    if (json[name].get(value) == simdjson::SUCCESS) return std::string(value);
    if (otherwise == nullptr) no_registry();
    return otherwise;
  }
  int32_t id() const {
    int64_t value = 0;
    if (json["id"].get(value) || value < INT32_MIN || value > INT32_MAX) no_registry();
    return static_cast<int32_t>(value);
  }
  std::vector<Reference> references() const {
    std::vector<Reference> all;
    simdjson::dom::array items;
    if (json["references"].get(items)) return all;
    for (const auto item : items) {
      std::string_view name, subject;
      int64_t version = 0;
      if (item["name"].get(name) || item["subject"].get(subject) || item["version"].get(version)) {
        no_registry();
      }
      all.push_back({std::string(name), std::string(subject), version});
    }
    return all;
  }
};

SchemaRegistry::Answer SchemaRegistry::ask(const std::string& path, const std::string* body) {
  const HttpResponse response = http_.send(path, body);
  Answer answer;
  answer.status = response.status;
  answer.where = "the schema registry " + response.url + " at " + path;
  if (response.status == 401 || response.status == 403) {
    throw config_error(answer.where + " refuses the credentials (status " +
                       std::to_string(response.status) +
                       "); check username and password, or token");
  }
  const auto error = answer.parser.parse(response.body).get(answer.json);
  answer.is_json = !error;
  if (answer.is_json) {
    std::string_view message;
    if (answer.json["message"].get(message) == simdjson::SUCCESS) {
      answer.message = message.substr(0, 200);
    }
    if (answer.json["error_code"].get(answer.error_code)) answer.error_code = 0;
  }
  if (response.status == 200) {
    if (!answer.is_json) answer.no_registry();
    return answer;
  }
  // 40401, 40402, 40403: no such subject, version, schema.
  if (response.status == 404 && answer.error_code / 100 == 404) {
    throw bad_data("unknown to " + answer.where + ": " + answer.message);
  }
  if (answer.error_code == 0) answer.no_registry();
  throw config_error(answer.where + " answers with error " + std::to_string(answer.error_code) +
                     ": " + answer.message);
}

RegisteredSchema SchemaRegistry::complete(Answer& answer) {
  RegisteredSchema schema;
  schema.type = answer.text("schemaType", "AVRO");
  schema.text = answer.text("schema", nullptr);

  // Depth first, so that what a schema needs comes before it. An entry is looked at twice: first to
  // ask for it and push what it needs, then, when that is done, to take its text.
  struct Open {
    Reference reference;
    std::string text;
    bool asked = false;
  };
  std::vector<Open> open;
  std::set<std::pair<std::string, int64_t>> seen;
  const auto push = [&](std::vector<Reference> references) {
    for (size_t i = references.size(); i-- > 0;)
      open.push_back({std::move(references[i]), "", false});
  };
  push(answer.references());
  while (!open.empty()) {
    if (open.back().asked) {
      schema.references.push_back(std::move(open.back().text));
      open.pop_back();
      continue;
    }
    const Reference reference = open.back().reference;
    if (!seen.insert({reference.subject, reference.version}).second) {
      open.pop_back();
      continue;
    }
    if (seen.size() > kMostReferences) throw bad_data("the schema refers to too many others");
    const Answer found = ask("/subjects/" + escaped(reference.subject) + "/versions/" +
                             std::to_string(reference.version));
    open.back().text = found.text("schema", nullptr);
    open.back().asked = true;
    push(found.references());
  }
  return schema;
}

RegisteredSchema SchemaRegistry::by_id(int32_t id) {
  Answer answer = ask("/schemas/ids/" + std::to_string(id));
  RegisteredSchema schema = complete(answer);
  schema.id = id;
  return schema;
}

RegisteredSchema SchemaRegistry::latest(const std::string& subject) {
  Answer answer = ask("/subjects/" + escaped(subject) + "/versions/latest");
  RegisteredSchema schema = complete(answer);
  schema.id = answer.id();
  return schema;
}

int32_t SchemaRegistry::post(const std::string& path, const std::string& schema) {
  std::string body = "{\"schema\":";
  plugin_common::append_json_string(body, schema);
  body += '}';
  return ask(path, &body).id();
}

int32_t SchemaRegistry::look_up(const std::string& subject, const std::string& schema) {
  return post("/subjects/" + escaped(subject), schema);
}

int32_t SchemaRegistry::add(const std::string& subject, const std::string& schema) {
  return post("/subjects/" + escaped(subject) + "/versions", schema);
}

}  // namespace streamhost::avro
