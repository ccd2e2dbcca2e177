// json.extract: takes key, event time and value of a record out of its JSON value.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

#include "field_reader.h"
#include "time_format.h"

namespace streamhost::json {

class Extract {
 public:
  Extract(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  enum class Missing { kReject, kSkip, kNull };
  enum class Outcome { kPut, kSkip, kReject };
  static constexpr uint32_t kNotAsked = UINT32_MAX;

  static std::vector<std::string> pointers_of(const Config& config);

  // Fill the parts of `to`; kReject with problem_ set.
  Outcome fill(const Field* fields, sh_record& to, Out& out);
  Outcome fill_key(const Field& field, sh_record& to, Out& out);
  Outcome fill_time(const Field& field, sh_record& to);
  Outcome fill_value(const Field& field, sh_record& to, Out& out);
  // The plain text of a string, or JSON text; empty when an escape is wrong.
  std::optional<std::string_view> text_of(const Field& field, Out& out);
  Outcome absent(const std::string& pointer);
  Outcome bad_escape(const std::string& pointer);

  Context ctx_;
  std::vector<std::string> pointers_;  // of key, time and value, those that are asked for
  uint32_t key_ = kNotAsked, time_ = kNotAsked, value_ = kNotAsked;  // places in pointers_
  TimeFormat format_;
  Missing missing_;
  FieldReader reader_;
  std::string problem_, plain_;
};

Component extract();

}  // namespace streamhost::json
