// A condition on one field, as options of the manifest say it: what branch asks.
#pragma once

#include <re2/re2.h>
#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/field.h"
#include "json/scalar.h"

namespace streamhost::core {

// What is asked about: a kind of JSON and its text; of a string the text it stands for.
struct Subject {
  json::Kind kind = json::Kind::kMissing;
  std::string_view text;

  bool absent() const { return kind == json::Kind::kMissing || kind == json::Kind::kNull; }
};

class Condition {
 public:
  // Reads the options of options(). Throws config_error unless exactly one kind of condition is
  // given, and it makes sense.
  explicit Condition(const Config& config);

  // Whether it holds. What is absent fulfils nothing but `exists = false`.
  bool holds(const Subject& subject) const;

  static std::vector<Option> options();

 private:
  // A value to be equal to. Numbers are equal by value, strings and bools by text.
  struct Item {
    std::string text;
    std::optional<json::Number> number;
  };
  struct Bound {
    json::Number number;
    bool below, equal;  // which side fulfils it
  };

  void read_equals(std::string_view json);
  bool is_one_of_items(const Subject& subject) const;
  bool is_within_bounds(const Subject& subject) const;

  std::optional<bool> exists_;
  std::optional<json::Kind> kind_;  // of `equals`; a list's items have none
  std::vector<Item> items_;
  std::unique_ptr<re2::RE2> pattern_;
  std::vector<Bound> bounds_;
};

}  // namespace streamhost::core
