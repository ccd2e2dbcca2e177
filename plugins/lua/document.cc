#include "document.h"

#include <cstring>

#include "common/short_decimal.h"
#include "json/scalar.h"

namespace streamhost::lua {
namespace {

// As much as stays in the fastest cache together with its tokens.
constexpr size_t kRunBytes = 16384;

bool opens(char c) { return (c | 0x20) == '{'; }
bool closes(char c) { return (c | 0x20) == '}'; }
bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

double floating(const json::Number& n) {
  switch (n.form) {
    case json::Number::Form::kSigned: return static_cast<double>(n.integer);
    case json::Number::Form::kUnsigned: return static_cast<double>(n.natural);
    default: return n.floating;
  }
}

}  // namespace

void Document::batch(const sh_record* records, uint32_t count) {
  records_ = records;
  count_ = count;
  run_end_ = 0;
}

bool Document::open(uint32_t i) {
  const sh_record& r = records_[i];
  if (r.value_len == SH_ABSENT) {
    problem_ = "is absent";
    return false;
  }
  if (i < next_record_ || i >= run_end_) index_run(i);
  if (index_error_ != nullptr) {
    problem_ = std::string("is not JSON: ") + index_error_;
    run_end_ = 0;
    return false;
  }
  next_record_ = i + 1;
  return enter(r.value, r.value_len);
}

bool Document::open_text(std::string_view text) {
  run_end_ = 0;
  text_ = text.data();
  index_error_ = structure_.index(text);
  if (index_error_ != nullptr) {
    problem_ = std::string("is not JSON: ") + index_error_;
    return false;
  }
  next_ = structure_.tokens();
  return enter(to_bytes(text).ptr, text.size());
}

void Document::index_run(uint32_t first) {
  const uint8_t* const begin = records_[first].value;
  const uint8_t* stop = begin + records_[first].value_len;
  uint32_t end = first + 1;
  while (end < count_ && records_[end].value == stop + 1 && records_[end].value_len != SH_ABSENT &&
         *stop == '\n' && static_cast<size_t>(stop - begin) < kRunBytes) {
    stop += 1 + records_[end].value_len;
    ++end;
  }
  text_ = reinterpret_cast<const char*>(begin);
  index_error_ = structure_.index({text_, static_cast<size_t>(stop - begin)});
  if (index_error_ != nullptr && end != first + 1) {
    end = first + 1;  // a bad document must not taint its neighbours
    index_error_ = structure_.index({text_, records_[first].value_len});
  }
  run_end_ = end;
  next_ = structure_.tokens();
}

// Finds the tokens of the text at `begin`, which is in the run and behind the last one entered.
bool Document::enter(const uint8_t* begin, size_t size) {
  begin_ = static_cast<uint32_t>(begin - reinterpret_cast<const uint8_t*>(text_));
  stop_ = begin_ + static_cast<uint32_t>(size);
  const uint32_t* const last = structure_.tokens() + structure_.count();
  const uint32_t* at = next_;
  while (at < last && *at < begin_) ++at;
  first_ = at;
  while (at + 4 <= last && at[3] < stop_) at += 4;
  while (at < last && *at < stop_) ++at;
  end_ = next_ = at;
  if (first_ == end_) return fail(end_, "there is no value");
  const char c = text_[*first_];
  if (opens(c)) {
    // The inside is looked at later or never, but a document that was cut off is found out.
    if (end_ == first_ + 1 || text_[end_[-1]] != c + 2) {
      return fail(end_, "an object or array is not closed");
    }
  } else if (end_ != first_ + 1) {
    return fail(first_ + 1, "there is more behind the value");
  }
  return true;
}

Document::Value Document::string_at(const uint32_t* at, std::string& scratch) {
  uint32_t end = at + 1 < end_ ? at[1] : stop_;
  while (space(text_[end - 1])) --end;
  Value v;
  v.kind = kString;
  v.text = {text_ + *at + 1, end - *at - 2};
  if (std::memchr(v.text.data(), '\\', v.text.size()) == nullptr) return v;
  scratch.resize(v.text.size());
  const auto size = json::unescape(v.text, scratch.data());
  if (!size) {
    fail(at, "a string has an escape that is none");
    v.kind = kBad;
    return v;
  }
  v.text = {scratch.data(), *size};
  return v;
}

Document::Value Document::describe(const uint32_t* at) {
  Value v;
  v.kind = kBad;
  if (at >= end_) {
    fail(at, "a value is missing");
    return v;
  }
  v.node = static_cast<uint32_t>(at - first_);
  const char c = text_[*at];
  if (c == '"') {
    v = string_at(at, scratch_);
    return v;
  }
  if (c == '{' || c == '[') {
    v.kind = c == '{' ? kObject : kArray;
    return v;
  }
  uint32_t end = at + 1 < end_ ? at[1] : stop_;
  while (space(text_[end - 1])) --end;
  const std::string_view token(text_ + *at, end - *at);
  plugin_common::ShortDecimal number;
  if (plugin_common::read_short_decimal(token, &number) && !number.leading_zero) {
    static constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    v.kind = kNumber;
    v.number = static_cast<double>(number.digits) / kPowersOfTen[number.decimals];
    return v;
  }
  switch (json::scalar_kind(token)) {
    case json::Kind::kNull: v.kind = kNull; break;
    case json::Kind::kBool: v.kind = c == 't' ? kTrue : kFalse; break;
    case json::Kind::kNumber:
      v.kind = kNumber;
      v.number = floating(json::parse_number(token));
      break;
    default: fail(at, "there is no value"); break;
  }
  return v;
}

bool Document::same_name(const uint32_t* at, std::string_view name) {
  // The text ends with a quote in any case, so that no byte behind it is looked at.
  const char* const raw = text_ + *at + 1;
  size_t i = 0;
  while (i < name.size() && raw[i] == name[i] && raw[i] != '\\' && raw[i] != '"') ++i;
  if (raw[i] != '\\') return i == name.size() && raw[i] == '"';
  const Value v = string_at(at, name_scratch_);
  return v.kind == kString && v.text == name;
}

bool Document::skip(const uint32_t*& at) {
  if (at >= end_) return fail(at, "a value is missing");
  const char c = text_[*at];
  if (c == ',' || c == ':' || closes(c)) return fail(at, "a value is missing");
  const uint32_t* p = at + 1;
  if (opens(c)) {
    int64_t depth = 1;
    for (; p < end_ && depth > 0; ++p) {
      const char t = text_[*p];
      depth += opens(t) ? 1 : closes(t) ? -1 : 0;
    }
    if (depth != 0) return fail(p, "an object or array is not closed");
  }
  at = p;
  return true;
}

Document::Value Document::member(uint32_t node, std::string_view name) {
  Value absent;
  Value bad;
  bad.kind = kBad;
  if (!inside(node) || text_[first_[node]] != '{') return absent;
  const uint32_t* at = first_ + node + 1;
  if (is(at, '}')) return absent;
  while (true) {
    if (!is(at, '"')) {
      fail(at, "a field's name is missing");
      return bad;
    }
    if (!is(at + 1, ':')) {
      fail(at + 1, "a colon is missing");
      return bad;
    }
    const bool found = same_name(at, name);
    at += 2;
    if (found) return describe(at);
    if (!skip(at)) return bad;
    if (is(at, '}')) return absent;
    if (!is(at, ',')) {
      fail(at, "a comma or closing brace is missing");
      return bad;
    }
    ++at;
  }
}

std::string_view Document::text_of(uint32_t node) {
  const uint32_t* at = first_ + node;
  if (!inside(node) || !skip(at)) return {};
  // A container ends with the token before the next.
  return {text_ + first_[node], at[-1] + 1 - first_[node]};
}

bool Document::fail(const uint32_t* at, const char* what) {
  problem_ = std::string("is not JSON: ") + what;
  if (at < end_) {
    problem_ += " at byte " + std::to_string(*at - begin_);
  } else {
    problem_ += " at its end";
  }
  return false;
}

}  // namespace streamhost::lua
