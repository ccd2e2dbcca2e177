// Which branch of a union a JSON value is.
#include <vector>

#include "encoder.h"

namespace streamhost::avro {

bool Encoder::named_branch(const Node& type, int depth) {
  if (in_.peek() == 'n') {
    for (uint32_t i = 0; i < type.branches.size(); ++i) {
      if (type.branches[i]->type != Type::kNull) continue;
      put_long(i);
      return value(*type.branches[i], depth);
    }
  }
  if (in_.peek() != '{') {
    return fail(std::string(in_.what()) +
                " is there where {\"type\": value} for a union should be (json = \"avro\")");
  }
  if (++depth > kDeepestValue) return fail("values are nested too deeply");
  in_.take('{');
  std::string_view name;
  const char* const from = in_.at();
  if (!in_.string(&name)) return not_json();
  for (uint32_t i = 0; i < type.branches.size(); ++i) {
    const Node& b = *type.branches[i];
    if (name != b.name || b.type == Type::kNull) continue;
    if (!in_.take(':')) return fail("the value is not JSON: a colon is missing");
    put_long(i);
    if (!value(b, depth)) return problem_.within_field(b.name);
    return in_.take('}') || fail("more than one branch of a union is given");
  }
  const std::string shown(name.substr(0, 60));
  in_.go(from);
  return fail("\"" + shown + "\" is no branch of the union");
}

void Encoder::candidates(const Node& type, std::vector<uint32_t>& found) {
  // The first pass takes what is meant most surely.
  enum Fit { kNo, kFirst, kSecond, kThird };
  const char c = in_.peek();
  bool fraction = false;
  if (c == '-' || (c >= '0' && c <= '9')) {
    const char* const from = in_.at();
    std::string_view text;
    if (in_.number(&text)) fraction = text.find_first_of(".eE") != text.npos;
    in_.go(from);
  }
  const auto fit = [&](const Node& b) {
    const bool decimal = form_.logical && b.logical == Logical::kDecimal;
    switch (c) {
      case 'n': return b.type == Type::kNull ? kFirst : kNo;
      case 't':
      case 'f': return b.type == Type::kBoolean ? kFirst : kNo;
      case '[': return b.type == Type::kArray ? kFirst : kNo;
      case '{':
        if (b.type == Type::kRecord || b.type == Type::kMap) return kFirst;
        return form_.logical && b.logical == Logical::kDuration ? kFirst : kNo;
      case '"':
        if (b.type == Type::kString || b.type == Type::kEnum) return kFirst;
        if (form_.logical && (is_time(b.logical) || b.logical == Logical::kUuid)) return kFirst;
        if (b.type == Type::kBytes || b.type == Type::kFixed) return decimal ? kFirst : kSecond;
        return b.type == Type::kFloat || b.type == Type::kDouble ? kThird : kNo;
      default:
        if (b.type == Type::kInt || b.type == Type::kLong) return fraction ? kThird : kFirst;
        if (b.type == Type::kDouble || decimal) return kSecond;
        return b.type == Type::kFloat ? kThird : kNo;
    }
  };
  for (const Fit pass : {kFirst, kSecond, kThird}) {
    for (uint32_t i = 0; i < type.branches.size(); ++i) {
      if (fit(*type.branches[i]) == pass) found.push_back(i);
    }
  }
}

bool Encoder::try_branch(const Node& type, uint32_t index, int depth) {
  put_long(index);
  return value(*type.branches[index], depth);
}

bool Encoder::branch(const Node& type, int depth) {
  if (form_.json == JsonForm::kAvro) return named_branch(type, depth);
  // The common case: null or something else.
  if (type.branches.size() == 2) {
    const bool first = type.branches[0]->type == Type::kNull;
    if (first || type.branches[1]->type == Type::kNull) {
      const bool null = in_.peek() == 'n';
      return try_branch(type, first == null ? 0 : 1, depth);
    }
  }
  std::vector<uint32_t> found;
  candidates(type, found);
  if (found.size() == 1) return try_branch(type, found[0], depth);
  if (!found.empty()) {
    const char* const from = in_.at();
    const size_t begin = out_->size();
    ++problem_.quiet;
    for (const uint32_t i : found) {
      if (try_branch(type, i, depth)) {
        --problem_.quiet;
        return true;
      }
      if (in_.at() > from) wasted_ += static_cast<size_t>(in_.at() - from);
      ++wasted_;
      in_.go(from);
      out_->cut(begin);
      if (wasted_ > may_waste_) {
        problem_.quiet = 0;
        return fail(
            "it takes too long to find which branches of unions are meant; name them with "
            "json = \"avro\"");
      }
    }
    --problem_.quiet;
  }
  std::string names;
  for (const Node* b : type.branches) (names += names.empty() ? "" : ", ") += b->name;
  return fail(std::string(in_.what()) +
              " is there that fits no branch of the union: " + names.substr(0, 200));
}

}  // namespace streamhost::avro
