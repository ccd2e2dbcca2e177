#include "condition.h"

#include "common/json_number.h"
#include "common/json_text.h"

namespace streamhost::core {
namespace {

using json::Kind;

constexpr const char* kGroups =
    "equals, in, matches, exists, or less, greater, at_least and at_most";

struct BoundName {
  const char* option;
  bool below, equal;
};
constexpr BoundName kBounds[] = {{"less", true, false},
                                 {"greater", false, false},
                                 {"at_least", false, true},
                                 {"at_most", true, true}};

std::optional<json::Number> number_in(std::string_view text) {
  if (!plugin_common::is_json_number(text)) return std::nullopt;
  return json::parse_number(text);
}

}  // namespace

Condition::Condition(const Config& config) {
  const auto bounded = std::any_of(std::begin(kBounds), std::end(kBounds),
                                   [&](const BoundName& b) { return config.has(b.option); });
  const int groups = int{config.has("equals")} + int{config.has("in")} +
                     int{config.has("matches")} + int{config.has("exists")} + int{bounded};
  if (groups == 0) throw config_error(std::string("no condition is given: say ") + kGroups);
  if (groups > 1) {
    throw config_error(std::string("more than one condition is given: say one of ") + kGroups +
                       "; for several put one such step behind another");
  }
  if (config.has("exists")) exists_ = config.flag("exists");
  if (const auto json = config.find("equals")) read_equals(*json);
  if (config.has("in")) {
    for (std::string& text : config.list("in")) {
      const auto number = number_in(text);
      items_.push_back({std::move(text), number});
    }
    if (items_.empty()) throw config_error("option \"in\" lists nothing");
  }
  if (const auto pattern = config.find("matches")) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    pattern_ =
        std::make_unique<re2::RE2>(re2::StringPiece(pattern->data(), pattern->size()), options);
    if (!pattern_->ok()) {
      throw config_error("option \"matches\": \"" + std::string(*pattern) +
                         "\" is not a valid regular expression: " + pattern_->error());
    }
  }
  for (const BoundName& b : kBounds) {
    if (!config.has(b.option)) continue;
    // As JSON text: a double would take an integer beyond 2^53 for its neighbour.
    const std::string text = config.str(b.option);
    const auto number = number_in(text);
    if (!number) {
      throw config_error(std::string("option \"") + b.option + "\" must be a number, not " + text);
    }
    bounds_.push_back({*number, b.below, b.equal});
  }
}

void Condition::read_equals(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"') {
    kind_ = Kind::kString;
    items_.push_back({plugin_common::json_unescaped(json), std::nullopt});
    return;
  }
  kind_ = json::scalar_kind(json);
  items_.push_back({std::string(json), number_in(json)});
  if (kind_ != Kind::kBool && !items_.front().number) {
    throw config_error("option \"equals\": nothing is equal to " + std::string(json));
  }
}

bool Condition::holds(const Subject& subject) const {
  if (exists_) return *exists_ != subject.absent();
  if (subject.absent()) return false;
  if (pattern_ != nullptr) {
    return re2::RE2::PartialMatch(re2::StringPiece(subject.text.data(), subject.text.size()),
                                  *pattern_);
  }
  return bounds_.empty() ? is_one_of_items(subject) : is_within_bounds(subject);
}

bool Condition::is_one_of_items(const Subject& subject) const {
  if (kind_ && subject.kind != *kind_) return false;
  if (subject.kind == Kind::kObject || subject.kind == Kind::kArray) return false;
  if (subject.kind != Kind::kNumber) {
    return std::any_of(items_.begin(), items_.end(),
                       [&](const Item& item) { return item.text == subject.text; });
  }
  const json::Number number = json::parse_number(subject.text);
  return std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
    return item.number && json::compare(number, *item.number) == 0;
  });
}

bool Condition::is_within_bounds(const Subject& subject) const {
  if (subject.kind != Kind::kNumber) return false;
  const json::Number number = json::parse_number(subject.text);
  return std::all_of(bounds_.begin(), bounds_.end(), [&](const Bound& bound) {
    const int order = json::compare(number, bound.number);
    return order == 0 ? bound.equal : (order < 0) == bound.below;
  });
}

std::vector<Option> Condition::options() {
  return {
      option("equals", Type::any, "the field is this string, number or bool"),
      option("in", Type::list, "the field is one of these strings and numbers"),
      option("matches", Type::string,
             "a part of the field's text matches this RE2 regular expression; ^ and $ are its "
             "ends"),
      option("less", Type::any, "the field is a number less than this"),
      option("greater", Type::any, "the field is a number greater than this"),
      option("at_least", Type::any, "the field is a number, this or greater"),
      option("at_most", Type::any, "the field is a number, this or less"),
      option("exists", Type::boolean, "true: the field is there and not null; false: it is not")};
}

}  // namespace streamhost::core
