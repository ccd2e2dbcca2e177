#include "plugin/option_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/json_text.h"
#include "base/units.h"
#include "plugin/option_text.h"

namespace streamhost {

namespace {

namespace fs = std::filesystem;

bool is_secret(const sh_option& o) { return (o.flags & SH_OPTION_SECRET) != 0; }

Status must(const std::string& what) { return Status::usage("must be " + what); }

Status must_not(const std::string& what, const Value& value, const std::string& hint = "") {
  return must(what + ", not " + kind_name(value.kind) + hint);
}

// "is not a duration: ..." without the value when that is a secret.
Status unreadable(const sh_option& o, const Status& reason) {
  if (is_secret(o)) return must(std::string("a ") + type_name(o.type));
  return Status::usage("is wrong: " + reason.message());
}

// A value in its canonical text; `number` is what range checks look at.
struct Canonical {
  std::string text;
  double number = 0;
};

Canonical from_integer(int64_t value) {
  return {std::to_string(value), static_cast<double>(value)};
}

// A scalar of a list, a map or an option of type any; `as_json` puts quotes around strings.
Result<Canonical> any_scalar(const Value& value, bool as_json) {
  switch (value.kind) {
    case Value::Kind::kString:
      return Canonical{as_json ? json_string(value.string) : value.string, 0};
    case Value::Kind::kInteger:
    case Value::Kind::kTime: return from_integer(value.integer);
    case Value::Kind::kFloat:
      if (!std::isfinite(value.floating)) return must("a finite number");
      return Canonical{float_text(value.floating), value.floating};
    case Value::Kind::kBool: return Canonical{value.boolean ? "true" : "false", 0};
    case Value::Kind::kList:
    case Value::Kind::kTable: break;
  }
  return must_not("a single value", value);
}

Result<Canonical> scalar(const sh_option& o, const Value& given) {
  const bool converts = o.type == SH_TYPE_INT || o.type == SH_TYPE_FLOAT || o.type == SH_TYPE_BOOL;
  const Value value = converts ? reread_substituted(given) : given;
  const bool is_string = value.kind == Value::Kind::kString;
  switch (o.type) {
    case SH_TYPE_STRING:
      if (!is_string) {
        const bool single = value.kind != Value::Kind::kList && value.kind != Value::Kind::kTable;
        return must_not("a string", value, single ? "; put it in quotes" : "");
      }
      return Canonical{value.string, 0};
    case SH_TYPE_INT:
      if (value.kind != Value::Kind::kInteger) return must_not("an integer", value);
      return from_integer(value.integer);
    case SH_TYPE_FLOAT: {
      if (value.kind != Value::Kind::kInteger && value.kind != Value::Kind::kFloat) {
        return must_not("a number", value);
      }
      const double number =
          value.kind == Value::Kind::kInteger ? static_cast<double>(value.integer) : value.floating;
      if (!std::isfinite(number)) return must("a finite number");
      return Canonical{float_text(number), number};
    }
    case SH_TYPE_BOOL:
      if (value.kind != Value::Kind::kBool) return must_not("true or false", value);
      return Canonical{value.boolean ? "true" : "false", 0};
    case SH_TYPE_DURATION: {
      if (!is_string) return must_not("a duration such as \"250ms\" or \"1m30s\"", value);
      const Result<int64_t> us = parse_duration(value.string);
      return us ? from_integer(*us) : Result<Canonical>(unreadable(o, us.status()));
    }
    case SH_TYPE_SIZE: {
      if (value.kind == Value::Kind::kInteger) {
        if (value.integer < 0) return must("a size of 0 bytes or more");
        return from_integer(value.integer);
      }
      if (!is_string) return must_not("a size such as \"64KiB\" or a number of bytes", value);
      const Result<int64_t> bytes = parse_size(value.string);
      return bytes ? from_integer(*bytes) : Result<Canonical>(unreadable(o, bytes.status()));
    }
    case SH_TYPE_TIME: {
      if (value.kind == Value::Kind::kTime) return from_integer(value.integer);
      if (!is_string) {
        return must_not("a date-time such as 2024-05-01T10:00:00Z", value);
      }
      const Result<int64_t> us = parse_time(value.string);
      return us ? from_integer(*us) : Result<Canonical>(unreadable(o, us.status()));
    }
    case SH_TYPE_ANY: return any_scalar(value, true);
    default: return any_scalar(value, false);  // an item of a list or map
  }
}

Status check_range(const sh_option& o, double number) {
  const bool has_min = (o.flags & SH_OPTION_HAS_MIN) != 0;
  const bool has_max = (o.flags & SH_OPTION_HAS_MAX) != 0;
  if ((!has_min || number >= o.min) && (!has_max || number <= o.max)) return Status::ok();
  const std::string min = format_number(o.type, o.min), max = format_number(o.type, o.max);
  const std::string is = is_secret(o) ? "" : "; it is " + format_number(o.type, number);
  if (has_min && has_max) return must("between " + min + " and " + max + is);
  return has_min ? must("at least " + min + is) : must("at most " + max + is);
}

Status check_choice(const sh_option& o, const std::string& text) {
  if (o.choice_count == 0) return Status::ok();
  std::vector<std::string> known(o.choices, o.choices + o.choice_count);
  if (std::find(known.begin(), known.end(), text) != known.end()) return Status::ok();
  std::string list;
  for (const std::string& choice : known) {
    list += (list.empty() ? "" : ", ") + json_string(choice);
  }
  const std::string is =
      is_secret(o) ? "" : "; it is " + json_string(text) + did_you_mean(text, known);
  return must((known.size() == 1 ? "" : "one of ") + list + is);
}

// `path` seen from `base_dir`. What looks like a URL, and what is empty, stays as it is.
std::string resolve(const std::string& path, const std::string& base_dir) {
  if (path.empty() || path.front() == '/' || is_url(path)) return path;
  std::error_code error;
  const fs::path absolute = fs::absolute(fs::path(base_dir) / path, error);
  return error ? path : absolute.lexically_normal().string();
}

// One scalar: the option's own, or an item.
Result<std::string> checked(const sh_option& o, const Value& value, const std::string& base_dir) {
  Result<Canonical> canonical = scalar(o, value);
  if (!canonical) return canonical.status();
  if (Status status = check_range(o, canonical->number); !status) return status;
  if (Status status = check_choice(o, canonical->text); !status) return status;
  if ((o.flags & SH_OPTION_PATH) != 0) return resolve(canonical->text, base_dir);
  return std::move(canonical->text);
}

}  // namespace

Result<OptionValue> option_value(const sh_option& option, const Value& value,
                                 const std::string& base_dir) {
  OptionValue result;
  result.given = true;
  if (option.type == SH_TYPE_LIST) {
    if (value.kind == Value::Kind::kTable) return must_not("an array or a single value", value);
    const std::vector<Value> one =
        value.kind == Value::Kind::kList ? std::vector<Value>() : std::vector<Value>{value};
    const std::vector<Value>& items = value.kind == Value::Kind::kList ? value.list : one;
    for (size_t i = 0; i < items.size(); ++i) {
      Result<std::string> text = checked(option, items[i], base_dir);
      if (!text) {
        if (value.kind != Value::Kind::kList) return text.status();
        return Status::usage("is wrong: item " + std::to_string(i + 1) + " " +
                             text.status().message());
      }
      result.items.emplace_back("", text.take());
    }
  } else if (option.type == SH_TYPE_MAP) {
    if (value.kind != Value::Kind::kTable) return must_not("a table { name = value, … }", value);
    for (const auto& [name, item] : value.table) {
      Result<std::string> text = checked(option, item, base_dir);
      if (!text) {
        return Status::usage("is wrong: " + json_string(name) + " " + text.status().message());
      }
      result.items.emplace_back(name, text.take());
    }
  } else {
    Result<std::string> text = checked(option, value, base_dir);
    if (!text) return text.status();
    result.text = text.take();
  }
  return result;
}

Result<OptionValue> option_default(const sh_option& option, const std::string& base_dir) {
  if (option.default_text == nullptr) return OptionValue();
  return option_value(option, value_of_text(option.type, option.default_text), base_dir);
}

namespace {

// What tables and components have in common, and what each of them must be.
Status check_composite(const sh_option& o) {
  const auto say = [](const std::string& what) { return Status::usage(what); };
  if (o.default_text != nullptr) {
    return say(std::string("an option of type ") + type_name(o.type) + " has no default" +
               (o.type == SH_TYPE_TABLE ? " of its own, but its fields may have some" : ""));
  }
  if ((o.flags & SH_OPTION_SECRET) != 0) {
    return say(std::string("an option of type ") + type_name(o.type) +
               " cannot be secret: mark what is in it");
  }
  if (o.type == SH_TYPE_TABLE) {
    if (o.choice_count != 0) return say("an option of type table has no choices");
    return o.field_count == 0 ? say("it is a table without fields") : Status::ok();
  }
  for (uint32_t i = 0; i < o.choice_count; ++i) {
    if (std::string_view(o.choices[i]) != "aggregate") {
      return say("an option names aggregates only, not components of the kind " +
                 json_string(o.choices[i]));
    }
  }
  return Status::ok();
}

}  // namespace

Status check_option(const sh_option& o) {
  const auto say = [](const std::string& what) { return Status::usage(what); };
  constexpr uint32_t kKnown = SH_OPTION_REQUIRED | SH_OPTION_SECRET | SH_OPTION_DEPRECATED |
                              SH_OPTION_PATH | SH_OPTION_HAS_MIN | SH_OPTION_HAS_MAX |
                              SH_OPTION_NAMED;
  constexpr uint32_t kRange = SH_OPTION_HAS_MIN | SH_OPTION_HAS_MAX;
  if (o.type < SH_TYPE_STRING || o.type > SH_TYPE_COMPONENT) {
    return say("its type " + std::to_string(o.type) + " is unknown");
  }
  if ((o.flags & ~kKnown) != 0) return say("it has unknown flags");
  if ((o.flags & SH_OPTION_NAMED) != 0 && o.type != SH_TYPE_COMPONENT) {
    return say("SH_OPTION_NAMED is for options of type component");
  }
  if (o.field_count != 0 && o.type != SH_TYPE_TABLE) {
    return say(std::string("an option of type ") + type_name(o.type) + " has no fields");
  }
  const bool ordered = o.type == SH_TYPE_INT || o.type == SH_TYPE_FLOAT ||
                       o.type == SH_TYPE_DURATION || o.type == SH_TYPE_SIZE ||
                       o.type == SH_TYPE_TIME;
  if ((o.flags & kRange) != 0 && !ordered) {
    return say(std::string("an option of type ") + type_name(o.type) + " has no range");
  }
  if ((o.flags & kRange) == kRange && !(o.min <= o.max)) {
    return say("its least value is above its greatest");
  }
  if ((o.flags & SH_OPTION_PATH) != 0 && o.type != SH_TYPE_STRING && o.type != SH_TYPE_LIST &&
      o.type != SH_TYPE_MAP) {
    return say(std::string("an option of type ") + type_name(o.type) + " cannot be a path");
  }
  if (o.choice_count != 0 && (o.type == SH_TYPE_BOOL || o.type == SH_TYPE_ANY)) {
    return say(std::string("an option of type ") + type_name(o.type) + " has no choices");
  }
  for (uint32_t i = 0; i < o.choice_count; ++i) {
    if (o.choices[i] == nullptr) return say("one of its choices is null");
  }
  if (o.type == SH_TYPE_TABLE || o.type == SH_TYPE_COMPONENT) return check_composite(o);
  if (o.default_text == nullptr) return Status::ok();
  if ((o.flags & SH_OPTION_REQUIRED) != 0) {
    return say("it is required and yet has a default");
  }
  if (Result<OptionValue> value = option_default(o, "/"); !value) {
    return say("its default " + value.status().message());
  }
  return Status::ok();
}

}  // namespace streamhost
