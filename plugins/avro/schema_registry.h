// A client of schema registries that speak Confluent's API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http_client.h"

namespace streamhost::avro {

// A schema as the registry has it.
struct RegisteredSchema {
  int32_t id = -1;
  std::string type;  // "AVRO", "PROTOBUF", "JSON"
  std::string text;
  // The schemas that it refers to, and those that they refer to: each once, and before those that
  // need it.
  std::vector<std::string> references;
};

// Not thread-safe. Every call is a request, or several, and blocks as HttpClient::send() does, with
// its errors; keep what it returns. Besides: bad_data when the registry does not know what is asked
// for, config_error when it refuses the credentials or is no registry.
class SchemaRegistry {
 public:
  explicit SchemaRegistry(HttpSettings settings) : http_(std::move(settings)) {}

  // The schema of an id.
  RegisteredSchema by_id(int32_t id);
  // The latest version of a subject.
  RegisteredSchema latest(const std::string& subject);
  // The id under which the subject has this Avro schema.
  int32_t look_up(const std::string& subject, const std::string& schema);
  // Registers the schema, unless the subject has it already; its id. config_error when the registry
  // does not accept it, for example because readers of older versions could not read it.
  int32_t add(const std::string& subject, const std::string& schema);

 private:
  struct Reference {
    std::string name, subject;
    int64_t version;
  };
  struct Answer;

  Answer ask(const std::string& path, const std::string* body = nullptr);
  RegisteredSchema complete(Answer& answer);
  int32_t post(const std::string& path, const std::string& schema);

  HttpClient http_;
};

}  // namespace streamhost::avro
