#include "field_reader.h"

#include <array>
#include <cstring>

#include "scalar.h"

namespace streamhost::json {
namespace {

// As much as stays in the fastest cache together with its tokens.
constexpr size_t kRunBytes = 16384;

bool opens(char c) { return (c | 0x20) == '{'; }
bool closes(char c) { return (c | 0x20) == '}'; }
bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// By how much each token changes the depth.
constexpr std::array<int8_t, 256> kDepthChange = [] {
  std::array<int8_t, 256> table{};
  table['{'] = table['['] = 1;
  table['}'] = table[']'] = -1;
  return table;
}();

// The first bytes of strings, numbers and words, and of what is none of JSON's.
constexpr std::array<bool, 256> kScalar = [] {
  std::array<bool, 256> table{};
  table.fill(true);
  for (const unsigned char c : {'{', '}', '[', ']', ',', ':'}) table[c] = false;
  return table;
}();

// Whether one of 8 bytes is a backslash.
bool has_backslash(uint64_t word) {
  const uint64_t x = word ^ 0x5c5c5c5c5c5c5c5c;
  return ((x - 0x0101010101010101) & ~x & 0x8080808080808080) != 0;
}

// Compares a field's name, as it stands in the text behind its quote, with a plain one. The text
// ends with a quote in any case, so that no byte behind it is looked at.
bool same_name(const char* key, const std::string& name) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (key[i] == name[i] && key[i] != '\\' && key[i] != '"') continue;
    if (key[i] != '\\') return false;
    // An escape: now the whole name has to be looked at.
    size_t end = i;
    while (key[end] != '"') end += key[end] == '\\' ? 2 : 1;
    std::string plain(end, '\0');
    const auto size = unescape({key, end}, plain.data());
    return size && std::string_view(plain.data(), *size) == name;
  }
  return key[name.size()] == '"';
}

}  // namespace

bool FieldReader::fail(const char* what) {
  problem_ = std::string("is not JSON: ") + what;
  if (more()) {
    problem_ += " at byte " + std::to_string(*at_ - begin_);
  } else {
    problem_ += " at its end";
  }
  return false;
}

bool FieldReader::read_bare(const sh_record& record) {
  if (record.value_len == 0 || record.value_len == SH_ABSENT) return false;
  const auto first = static_cast<char>(*record.value);
  if (opens(first) || first == '"' || space(first)) return false;
  const std::string_view text = Record(record).value();
  const Kind kind = scalar_kind(text);
  if (kind == Kind::kMissing) return false;
  for (Field& f : fields_) f = Field{};
  for (const uint32_t pointer : tree_.node(0).wanted_by) fields_[pointer] = {kind, text};
  return true;
}

uint32_t FieldReader::index_run(const Batch& in, uint32_t first) {
  const sh_record* records = in.raw().records;
  uint32_t end = first + 1;
  if (records[first].value_len == SH_ABSENT) return end;
  const uint8_t* begin = records[first].value;
  const uint8_t* stop = begin + records[first].value_len;
  while (end < in.size() && records[end].value == stop + 1 && records[end].value_len != SH_ABSENT &&
         *stop == '\n' && static_cast<size_t>(stop - begin) < kRunBytes) {
    stop += 1 + records[end].value_len;
    ++end;
  }
  text_ = reinterpret_cast<const char*>(begin);
  run_end_ = static_cast<uint32_t>(stop - begin);
  index_error_ = structure_.index({text_, run_end_});
  if (index_error_ != nullptr && end != first + 1) {
    end = first + 1;
    run_end_ = records[first].value_len;
    index_error_ = structure_.index({text_, run_end_});
  }
  at_ = structure_.tokens();
  return end;
}

bool FieldReader::read_one(const sh_record& record) {
  if (record.value_len == SH_ABSENT) {
    problem_ = "is absent";
    return false;
  }
  if (index_error_ != nullptr) {
    problem_ = std::string("is not JSON: ") + index_error_;
    return false;
  }
  begin_ = static_cast<uint32_t>(record.value - reinterpret_cast<const uint8_t*>(text_));
  stop_ = begin_ + record.value_len;
  ++document_;
  missing_ = tree_.ends();
  for (Field& f : fields_) f = Field{};
  const bool good = walk_document();
  pass_rest();
  return good;
}

void FieldReader::pass_rest() {
  const uint32_t* at = at_;
  while (at[3] < stop_) at += 4;
  while (*at < stop_) ++at;
  at_ = at;
}

bool FieldReader::walk_document() {
  const uint32_t* const first = at_;
  if (!more()) return fail("there is no value");
  const char root = token();
  if (!walk(tree_.node(0))) return false;
  Field whole;
  if (!opens(root) && !describe(*first, whole)) return false;
  if (missing_ == 0 && opens(root)) {
    // The rest is not looked at, but a document that was cut off is found out.
    pass_rest();
    if (at_ == first + 1 || text_[at_[-1]] != root + 2) {
      return fail("an object or array is not closed");
    }
    return true;
  }
  if (more()) return fail("there is more behind the value");
  return true;
}

bool FieldReader::walk(const PointerTree::Node& node) {
  const uint32_t* const first = at_;
  const char c = token();
  bool good = false;
  if (node.edges.empty() || !opens(c)) {
    good = skip();
  } else if (c == '{') {
    good = walk_object(node);
  } else {
    good = walk_array(node);
  }
  if (!good) return false;
  return node.wanted_by.empty() || take(node, *first);
}

// Describes what lies between the token at `first` and the one in hand.
bool FieldReader::describe(uint32_t first, Field& field) {
  uint32_t end = more() ? *at_ : stop_;
  while (space(text_[end - 1])) --end;
  field.text = {text_ + first, end - first};
  switch (text_[first]) {
    case '{': field.kind = Kind::kObject; return true;
    case '[': field.kind = Kind::kArray; return true;
    case '"':
      field.kind = Kind::kString;
      field.text = field.text.substr(1, field.text.size() - 2);
      return true;
    default: break;
  }
  field.kind = scalar_kind(field.text);
  if (field.kind != Kind::kMissing) return true;
  problem_ = "is not JSON: \"" + std::string(field.text.substr(0, 40)) + "\" is no value at byte " +
             std::to_string(first - begin_);
  return false;
}

bool FieldReader::take(const PointerTree::Node& node, uint32_t first) {
  Field found;
  if (!describe(first, found)) return false;
  for (const uint32_t pointer : node.wanted_by) fields_[pointer] = found;
  --missing_;
  return true;
}

bool FieldReader::skip() {
  const char c = token();
  if (c == ',' || c == ':' || closes(c)) return fail("a value is missing");
  ++at_;
  if (!opens(c)) return true;
  const uint32_t* at = at_;
  int64_t depth = 1;
  for (; *at < stop_ && depth > 0; ++at) depth += kDepthChange[static_cast<uint8_t>(text_[*at])];
  at_ = at;
  return depth == 0 || fail("an object or array is not closed");
}

bool FieldReader::walk_scalars(const PointerTree::Node& node) {
  const char* const text = text_;
  const auto token_at = [text](uint32_t offset) { return static_cast<uint8_t>(text[offset]); };
  const uint32_t* at = at_;
  uint64_t name = 0;
  // The name, a colon, a scalar, a comma.
  while (at[3] < stop_ && at[0] + 1 + sizeof name <= run_end_ && token_at(at[0]) == '"' &&
         token_at(at[1]) == ':' && kScalar[token_at(at[2])] && token_at(at[3]) == ',') {
    std::memcpy(&name, text + at[0] + 1, sizeof name);
    if (has_backslash(name)) break;
    const PointerTree::Edge* edge = nullptr;
    for (const PointerTree::Edge& e : node.edges) {
      if (((name ^ e.start) & e.start_mask) == 0) edge = &e;
    }
    if (edge != nullptr) {
      const PointerTree::Node& field = tree_.node(edge->node);
      if (!edge->start_is_all || !field.edges.empty() || seen_[edge->node] == document_) break;
      seen_[edge->node] = document_;
      at_ = at + 3;
      if (!take(field, at[2])) return false;
      if (missing_ == 0) return true;
    }
    at += 4;
  }
  at_ = at;
  return true;
}

const PointerTree::Edge* FieldReader::match(const PointerTree::Node& node, const char* key) const {
  for (const PointerTree::Edge& edge : node.edges) {
    if (same_name(key, edge.name)) return &edge;
  }
  return nullptr;
}

bool FieldReader::visit(const PointerTree::Edge& edge) {
  if (std::exchange(seen_[edge.node], document_) == document_) return skip();
  return walk(tree_.node(edge.node));
}

bool FieldReader::walk_object(const PointerTree::Node& node) {
  ++at_;
  if (more() && token() == '}') {
    ++at_;
    return true;
  }
  while (true) {
    if (!walk_scalars(node)) return false;
    if (missing_ == 0) return true;
    if (!more() || token() != '"') return fail("a field's name is missing");
    const char* const key = text_ + *at_ + 1;
    ++at_;
    if (!more() || token() != ':') return fail("a colon is missing");
    ++at_;
    if (!more()) return fail("a value is missing");
    const PointerTree::Edge* edge = match(node, key);
    if (!(edge != nullptr ? visit(*edge) : skip())) return false;
    if (missing_ == 0) return true;
    if (!more()) return fail("an object is not closed");
    const char next = token();
    if (next == '}') break;
    if (next != ',') return fail("a comma or closing brace is missing");
    ++at_;
  }
  ++at_;
  return true;
}

bool FieldReader::walk_array(const PointerTree::Node& node) {
  ++at_;
  if (more() && token() == ']') {
    ++at_;
    return true;
  }
  for (uint64_t i = 0;; ++i) {
    if (!more()) return fail("an array is not closed");
    const PointerTree::Edge* edge = nullptr;
    for (const PointerTree::Edge& e : node.edges) {
      if (e.index == i) edge = &e;
    }
    if (!(edge != nullptr ? visit(*edge) : skip())) return false;
    if (missing_ == 0) return true;
    if (!more()) return fail("an array is not closed");
    const char next = token();
    if (next == ']') break;
    if (next != ',') return fail("a comma or closing bracket is missing");
    ++at_;
  }
  ++at_;
  return true;
}

}  // namespace streamhost::json
