// What the tests of this plugin share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoder.h"
#include "encoder.h"
#include "plan.h"
#include "schema.h"

namespace streamhost::avro {

inline std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    text += "0123456789abcdef"[c & 15];
  }
  return text;
}

inline std::string unhex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return bytes;
}

inline std::shared_ptr<const Schema> schema_of(std::string_view text) {
  return Schema::parse(text, Defaults::kNeeded);
}

inline Form form_of(JsonForm json, bool logical = false, bool base64 = false) {
  Form form;
  form.json = json;
  form.logical = logical;
  form.base64 = base64;
  return form;
}

// What the bytes are as JSON; "error: …" when they are no such value.
inline std::string decoded(std::string_view writer, std::string_view bytes, Form form = {},
                           std::string_view reader = {}, size_t limit = 1 << 20) {
  const auto written = schema_of(writer);
  const Plan plan(written, reader.empty() ? written : schema_of(reader), form);
  Decoder decoder(form);
  Buffer out(limit);
  try {
    if (!decoder.decode(plan.root(), bytes, out)) return "error: " + decoder.problem();
  } catch (const Error& e) {
    return std::string("error: ") + e.what();
  }
  return std::string(out.view());
}

// What the JSON is as Avro, in hexadecimal digits; "error: …" when it does not fit.
inline std::string encoded(std::string_view schema, std::string_view json, Form form = {},
                           size_t limit = 1 << 20) {
  Encoder encoder(form);
  Buffer out(limit);
  try {
    if (!encoder.encode(schema_of(schema)->root(), json, out)) {
      return "error: " + encoder.problem();
    }
  } catch (const Error& e) {
    return std::string("error: ") + e.what();
  }
  return hex(out.view());
}

// What is wrong with a schema; empty when nothing is.
inline std::string schema_problem(std::string_view text) {
  try {
    schema_of(text);
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

}  // namespace streamhost::avro
