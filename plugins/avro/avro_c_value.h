// A value as avro-c has it, for comparing. In a library of its own: avro-c's headers are called
// <avro/schema.h> and so on, which must not find ours.
#pragma once

#include <memory>
#include <string>

class AvroCValue {
 public:
  // Reads bytes by a schema, its JSON; problem() is empty when it went well.
  AvroCValue(const std::string& schema, const std::string& bytes);
  ~AvroCValue();
  std::string problem() const;
  // In Avro's JSON.
  std::string json() const;
  // Written again.
  std::string bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
