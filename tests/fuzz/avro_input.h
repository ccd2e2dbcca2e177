// Inputs of the targets of the plugin avro: a letter for the form of JSON, from 'a' on, and lines.
// A capital, from 'A' on, and a digit stand for one of the schemas here, so that all that is
// changed is the value.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "avro/form.h"

namespace streamhost::avro {

struct FuzzInput {
  FuzzInput(const uint8_t* data, size_t size) : rest(reinterpret_cast<const char*>(data), size) {
    const auto bits = rest.empty() ? 0u : static_cast<uint8_t>(rest[0]) - uint32_t{'a'};
    if (!rest.empty()) rest.remove_prefix(1);
    form.json = (bits & 1u) != 0 ? JsonForm::kAvro : JsonForm::kPlain;
    form.logical = (bits & 2u) != 0;
    form.base64 = (bits & 4u) != 0;
    form.ignore_unknown = (bits & 8u) != 0;
  }
  // The next line, without its end, which is a schema; the same of those that are here.
  std::string schema() {
    if (!known.empty()) return std::string(known);
    const size_t end = rest.find('\n');
    const std::string text(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return text;
  }

  Form form;
  std::string_view known;
  std::string_view rest;
};

}  // namespace streamhost::avro
