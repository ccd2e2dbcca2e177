// branch: sends each record one of two ways, by a condition on one field.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <vector>

#include "condition.h"
#include "json/field_reader.h"

namespace streamhost::core {

class Branch {
 public:
  Branch(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  enum Way : uint8_t { kTrue, kFalse, kNeither };

  // Notes which way record `i` goes: `subject()` is what is asked about, or throws bad_data.
  template <class SubjectOf>
  void ask(const Batch& in, uint32_t i, SubjectOf&& subject);
  void ask_fields(const Batch& in);
  void ask_values(const Batch& in);
  // Puts out the records that go this way.
  void put_out(const Batch& in, Way way, Out& out);

  Context ctx_;
  Condition condition_;
  std::unique_ptr<json::FieldReader> reader_;  // null: the whole value is asked about
  std::vector<Way> ways_;
  std::string scratch_;
};

Component branch_component();

}  // namespace streamhost::core
