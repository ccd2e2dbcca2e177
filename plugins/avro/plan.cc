#include "plan.h"

#include <algorithm>

#include "common/json_string.h"
#include "decoder.h"

namespace streamhost::avro {
namespace {

constexpr size_t kMostSteps = 200'000;
constexpr size_t kLargestDefault = 16 << 20;

// Named types match by their names without namespace, or by an alias of the reader's.
bool same_name(const Node& writer, const Node& reader) {
  if (writer.short_name() == reader.short_name()) return true;
  return std::find(reader.aliases.begin(), reader.aliases.end(), writer.name) !=
         reader.aliases.end();
}

bool same(const Node& writer, const Node& reader) {
  if (writer.type != reader.type) return false;
  if (writer.type == Type::kFixed && writer.size != reader.size) return false;
  return !writer.is_named() || same_name(writer, reader);
}

bool promotable(const Node& writer, const Node& reader) {
  const Type r = reader.type;
  switch (writer.type) {
    case Type::kInt: return r == Type::kLong || r == Type::kFloat || r == Type::kDouble;
    case Type::kLong: return r == Type::kFloat || r == Type::kDouble;
    case Type::kFloat: return r == Type::kDouble;
    case Type::kString: return r == Type::kBytes;
    case Type::kBytes: return r == Type::kString;
    default: return false;
  }
}

// The branch that takes the writer's type: the first that is the same, else the first to which it
// can be promoted, as Java does it. Among records the full name goes before the short one.
const Node* branch_for(const Node& writer, const Node& reader) {
  for (const Node* b : reader.branches) {
    if (same(writer, *b) && writer.name == b->name) return b;
  }
  for (const Node* b : reader.branches) {
    if (same(writer, *b)) return b;
  }
  for (const Node* b : reader.branches) {
    if (promotable(writer, *b)) return b;
  }
  return nullptr;
}

std::string as_json(std::string_view text) {
  std::string json;
  plugin_common::append_json_string(json, text);
  return json;
}

}  // namespace

Plan::Plan(std::shared_ptr<const Schema> writer, std::shared_ptr<const Schema> reader, Form form)
    : writer_(std::move(writer)), reader_(std::move(reader)), form_(form) {
  root_ = step(writer_->root(), reader_->root());
  fill_all();
}

Plan::Plan(std::shared_ptr<const Schema> schema, const Node& root, Form form)
    : writer_(schema), reader_(std::move(schema)), form_(form) {
  root_ = step(root, root);
  fill_all();
}

void Plan::fill_all() {
  // Not by recursion: types can refer to each other in long chains.
  while (!to_fill_.empty()) {
    Step* const s = to_fill_.front();
    to_fill_.pop_front();
    fill(*s);
  }
}

const Step* Plan::step(const Node& writer, const Node& reader) {
  const auto [at, fresh] = known_.try_emplace({&writer, &reader}, nullptr);
  if (!fresh) return at->second;
  if (steps_.size() >= kMostSteps) throw bad_data("the schema has too many types");
  Step& s = steps_.emplace_back();
  at->second = &s;
  s.writer = &writer;
  s.reader = &reader;
  to_fill_.push_back(&s);
  return &s;
}

const Step* Plan::wrap(const Step* inner, const Node& branch) {
  if (form_.json != JsonForm::kAvro || branch.type == Type::kNull) return inner;
  const Step*& known = wrapped_[{inner, &branch}];
  if (known != nullptr) return known;
  Step& s = steps_.emplace_back();
  s.kind = Step::Kind::kWrap;
  s.writer = inner->writer;
  s.reader = &branch;
  s.before = '{' + as_json(branch.name) + ':';
  s.branches.push_back(inner);
  return known = &s;
}

void Plan::fill(Step& s) {
  const Node &w = *s.writer, &r = *s.reader;
  if (w.type == Type::kUnion) {
    s.kind = Step::Kind::kUnion;
    for (const Node* b : w.branches) {
      // The same union takes each of its branches for itself.
      s.branches.push_back(&w == &r ? wrap(step(*b, *b), *b) : step(*b, r));
    }
    return;
  }
  if (r.type == Type::kUnion) {
    const Node* const branch = branch_for(w, r);
    if (branch == nullptr) {
      s.kind = Step::Kind::kMismatch;
      return;
    }
    // A union of one branch, which does nothing to the value but maybe wrap it.
    s.kind = Step::Kind::kWrap;
    const Step* const inner = step(w, *branch);
    const Step* const outer = wrap(inner, *branch);
    s.before = outer == inner ? "" : outer->before;
    s.branches.push_back(inner);
    return;
  }
  if (!same(w, r) && !promotable(w, r)) {
    s.kind = Step::Kind::kMismatch;
    return;
  }
  if (form_.logical && w.logical == Logical::kDecimal && r.logical == Logical::kDecimal &&
      w.scale != r.scale) {
    s.kind = Step::Kind::kMismatch;
    s.before = "a decimal of scale " + std::to_string(w.scale) +
               " cannot be read as one of scale " + std::to_string(r.scale);
    return;
  }
  switch (w.type) {
    case Type::kRecord: fill_record(s); break;
    case Type::kArray:
    case Type::kMap: s.branches.push_back(step(*w.branches[0], *r.branches[0])); break;
    case Type::kEnum:
      for (const std::string& symbol : w.symbols) {
        if (r.find(symbol)) {
          s.symbols.push_back(as_json(symbol));
        } else {
          s.symbols.push_back(r.default_symbol ? as_json(r.symbols[*r.default_symbol]) : "");
        }
      }
      break;
    default: break;
  }
}

std::string Plan::default_text(const Field& field) const {
  Buffer text(kLargestDefault);
  Decoder decoder(form_);
  const Plan plan(reader_, *field.type, form_);
  if (!decoder.decode(plan.root(), field.default_binary, text)) {
    throw bad_data("the default of \"" + field.name + "\" cannot be put: " + decoder.problem());
  }
  return std::string(text.view());
}

void Plan::fill_record(Step& s) {
  const Node &w = *s.writer, &r = *s.reader;
  // Which of the reader's fields each of the writer's is: by name, else by an alias.
  std::vector<const Field*> taken_by(w.fields.size(), nullptr);
  std::vector<bool> found(r.fields.size(), &w == &r);
  for (size_t i = 0; i < w.fields.size(); ++i) {
    if (const auto index = r.find(w.fields[i].name)) {
      taken_by[i] = &r.fields[*index];
      found[*index] = true;
    }
  }
  for (size_t k = 0; k < r.fields.size(); ++k) {
    for (size_t a = 0; !found[k] && a < r.fields[k].aliases.size(); ++a) {
      const auto index = w.find(r.fields[k].aliases[a]);
      if (!index || taken_by[*index] != nullptr) continue;
      taken_by[*index] = &r.fields[k];
      found[k] = true;
    }
  }
  bool first = true;
  const auto name = [&](const Field& field, std::string& to) {
    to += first ? '{' : ',';
    first = false;
    to += as_json(field.name) + ':';
  };
  // Fields that only the reader has, up to `end`, as they stand in its order.
  size_t next = 0;
  const auto put_defaults = [&](size_t end, std::string& to) {
    for (; next < end; ++next) {
      if (found[next]) continue;
      const Field& field = r.fields[next];
      if (!field.has_default) {
        s.kind = Step::Kind::kMismatch;
        s.before = "the field \"" + field.name + "\" of " + r.name +
                   " is not in what was written, and has no default";
        return;
      }
      name(field, to);
      to += default_text(field);
    }
  };
  for (size_t i = 0; i < w.fields.size(); ++i) {
    Step::Member& m = s.members.emplace_back();
    m.writer = w.fields[i].type;
    m.field = taken_by[i];
    if (m.field == nullptr) {
      m.field = &w.fields[i];
      continue;
    }
    put_defaults(static_cast<size_t>(m.field - r.fields.data()), m.before);
    name(*m.field, m.before);
    m.step = step(*m.writer, *m.field->type);
  }
  put_defaults(r.fields.size(), s.after);
  s.after += first ? "{}" : "}";
}

}  // namespace streamhost::avro
