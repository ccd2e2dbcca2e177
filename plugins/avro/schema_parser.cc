// From the JSON of a schema to its nodes.
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>
#include <streamhost/sdk/error.hpp>

#include "encoder.h"
#include "schema.h"

namespace streamhost::avro {
namespace {

using Json = simdjson::dom::element;
using Object = simdjson::dom::object;

constexpr size_t kDeepest = 128;      // types within types, as written
constexpr size_t kMostDigits = 1000;  // decimals of more are left as bytes
constexpr size_t kLargestDefault = 1 << 20;

// The primitive type of that name.
std::optional<Type> primitive(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Type::kString); ++i) {
    if (name_of(static_cast<Type>(i)) == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

bool is_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string shown(std::string_view text) {
  return '"' + std::string(text.substr(0, 80)) + (text.size() > 80 ? "…\"" : "\"");
}

// How many bytes the largest number of so many digits needs, sign included.
size_t bytes_for(uint32_t digits) {
  return static_cast<size_t>((digits * 3.3219280948873623 + 1) / 8) + 1;
}

}  // namespace

class SchemaParser {
 public:
  explicit SchemaParser(Schema& schema) : schema_(schema) {}

  // Parses one text; the names that it defines stay known.
  const Node* parse_text(std::string_view text) {
    where_.clear();
    simdjson::dom::parser parser;
    Json json;
    const auto error = parser.parse(simdjson::padded_string(text)).get(json);
    if (error) {
      throw bad_data(std::string("the schema is not JSON: ") + simdjson::error_message(error));
    }
    return parse(json, "", 0);
  }

  void finish(Defaults defaults) {
    find_empty_types();
    if (defaults == Defaults::kNeeded) encode_defaults();
  }

 private:
  struct Default {
    Node* record;
    size_t field;
    std::string json, where;
  };

  // Goes one step down in the JSON for as long as it lives.
  struct Step {
    Step(SchemaParser& p, std::string_view name) : parser(p), size(p.where_.size()) {
      (p.where_ += '/') += name;
    }
    ~Step() { parser.where_.resize(size); }
    SchemaParser& parser;
    size_t size;
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw bad_data("the schema" + (where_.empty() ? "" : " at " + where_) + ": " + what);
  }

  Node* add(Type type) {
    Node* node = &schema_.nodes_.emplace_back();
    node->type = type;
    node->name = name_of(type);
    return node;
  }

  const Node* parse(Json json, const std::string& space, size_t depth) {
    if (depth > kDeepest) fail("types are nested more than " + std::to_string(kDeepest) + " deep");
    std::string_view text;
    if (json.get(text) == simdjson::SUCCESS) return by_name(text, space);
    simdjson::dom::array branches;
    if (json.get(branches) == simdjson::SUCCESS) return parse_union(branches, space, depth);
    Object object;
    if (json.get(object) == simdjson::SUCCESS) return parse_object(object, space, depth);
    fail("a type is a name, an array (a union) or an object");
  }

  const Node* by_name(std::string_view name, const std::string& space) {
    if (const auto type = primitive(name)) return add(*type);
    const std::string full = name.find('.') != name.npos || space.empty()
                                 ? std::string(name)
                                 : space + '.' + std::string(name);
    auto found = names_.find(full);
    if (found == names_.end()) found = names_.find(name);  // one without a namespace
    if (found == names_.end()) {
      if (name == "record" || name == "enum" || name == "array" || name == "map" ||
          name == "fixed") {
        fail(shown(name) + " needs an object: {\"type\": " + shown(name) + ", …}");
      }
      fail("unknown type " + shown(full) +
           "; it is neither a type of Avro nor defined before this place");
    }
    return found->second;
  }

  const Node* parse_union(simdjson::dom::array branches, const std::string& space, size_t depth) {
    Node* node = add(Type::kUnion);
    std::set<std::string> seen;
    size_t i = 0;
    for (const Json branch : branches) {
      const Step step(*this, std::to_string(i++));
      const Node* type = parse(branch, space, depth + 1);
      if (type->type == Type::kUnion) fail("a union may not be directly in a union");
      if (!seen.insert(type->name).second) fail("the union has " + shown(type->name) + " twice");
      node->branches.push_back(type);
    }
    if (node->branches.empty()) fail("the union has no branch");
    return node;
  }

  const Node* parse_object(Object object, const std::string& space, size_t depth) {
    Json type;
    if (object["type"].get(type)) fail("\"type\" is missing");
    std::string_view name;
    if (type.get(name)) {
      const Step step(*this, "type");
      return parse(type, space, depth + 1);
    }
    if (name == "record" || name == "error") return parse_record(object, space, depth);
    if (name == "enum") return parse_enum(object, space);
    if (name == "fixed") return parse_fixed(object, space);
    if (name == "array") return parse_items(object, Type::kArray, "items", space, depth);
    if (name == "map") return parse_items(object, Type::kMap, "values", space, depth);
    if (const auto found = primitive(name)) {
      Node* node = add(*found);
      set_logical(*node, object);
      return node;
    }
    const Step step(*this, "type");
    return by_name(name, space);
  }

  const Node* parse_items(Object object, Type type, const char* what, const std::string& space,
                          size_t depth) {
    Json items;
    if (object[what].get(items)) fail('"' + std::string(what) + "\" is missing");
    Node* node = add(type);
    const Step step(*this, what);
    node->branches.push_back(parse(items, space, depth + 1));
    return node;
  }

  // Makes a node under the name in `object`; `space` becomes its namespace.
  Node* define(Type type, Object object, std::string& space) {
    std::string_view name, given;
    if (object["name"].get(name)) fail("\"name\" is missing");
    const size_t dot = name.rfind('.');
    if (dot != name.npos) {
      space = name.substr(0, dot);
      name = name.substr(dot + 1);
    } else if (object["namespace"].get(given) == simdjson::SUCCESS) {
      space = given;
    }
    if (!is_name(name)) {
      fail(shown(name) + " is no name: letters, digits and _, not beginning with a digit");
    }
    if (primitive(name) && space.empty()) fail(shown(name) + " is the name of a type of Avro");
    Node* node = add(type);
    node->name = space.empty() ? std::string(name) : space + '.' + std::string(name);
    if (!names_.emplace(node->name, node).second) fail(shown(node->name) + " is defined twice");
    for (const std::string& alias : texts(object, "aliases")) {
      node->aliases.push_back(alias.find('.') != alias.npos || space.empty() ? alias
                                                                             : space + '.' + alias);
    }
    return node;
  }

  std::vector<std::string> texts(Object object, const char* what) {
    std::vector<std::string> result;
    Json json;
    if (object[what].get(json)) return result;
    simdjson::dom::array items;
    if (json.get(items)) fail('"' + std::string(what) + "\" is an array of strings");
    for (const Json item : items) {
      std::string_view text;
      if (item.get(text)) fail('"' + std::string(what) + "\" is an array of strings");
      result.emplace_back(text);
    }
    return result;
  }

  const Node* parse_record(Object object, std::string space, size_t depth) {
    Node* node = define(Type::kRecord, object, space);
    simdjson::dom::array fields;
    if (object["fields"].get(fields))
      fail("the record " + shown(node->name) + " has no array \"fields\"");
    const Step in_fields(*this, "fields");
    size_t i = 0;
    for (const Json json : fields) {
      const Step step(*this, std::to_string(i++));
      Object field;
      if (json.get(field)) fail("a field is an object with \"name\" and \"type\"");
      std::string_view name;
      if (field["name"].get(name)) fail("\"name\" is missing");
      if (!is_name(name)) {
        fail(shown(name) + " is no name: letters, digits and _, not beginning with a digit");
      }
      const auto place = static_cast<uint32_t>(node->fields.size());
      if (!node->index.emplace(name, place).second)
        fail("the field " + shown(name) + " is there twice");
      Field parsed;
      parsed.name = name;
      parsed.key = '"' + parsed.name + "\":";
      parsed.aliases = texts(field, "aliases");
      Json type, otherwise;
      if (field["type"].get(type)) fail("\"type\" is missing");
      {
        const Step in_type(*this, "type");
        parsed.type = parse(type, space, depth + 1);
      }
      parsed.has_default = field["default"].get(otherwise) == simdjson::SUCCESS;
      node->fields.push_back(std::move(parsed));
      if (node->fields.back().has_default) {
        defaults_.push_back({node, place, simdjson::minify(otherwise), where_});
      }
    }
    return node;
  }

  const Node* parse_enum(Object object, std::string space) {
    Node* node = define(Type::kEnum, object, space);
    node->symbols = texts(object, "symbols");
    for (const std::string& symbol : node->symbols) {
      if (!is_name(symbol)) {
        fail("the symbol " + shown(symbol) +
             " is no name: letters, digits and _, not beginning with a digit");
      }
      const auto place = static_cast<uint32_t>(node->index.size());
      if (!node->index.emplace(symbol, place).second)
        fail("the symbol " + shown(symbol) + " is there twice");
    }
    if (node->symbols.empty()) fail("the enum " + shown(node->name) + " has no \"symbols\"");
    std::string_view otherwise;
    if (object["default"].get(otherwise) == simdjson::SUCCESS) {
      node->default_symbol = node->find(otherwise);
      if (!node->default_symbol)
        fail("the default " + shown(otherwise) + " is no symbol of the enum");
    }
    return node;
  }

  const Node* parse_fixed(Object object, std::string space) {
    Node* node = define(Type::kFixed, object, space);
    int64_t size = 0;
    if (object["size"].get(size) || size < 0 || size > INT32_MAX) {
      fail("the fixed " + shown(node->name) + " needs a \"size\": a number of bytes");
    }
    node->size = static_cast<uint32_t>(size);
    set_logical(*node, object);
    return node;
  }

  // A logical type that is unknown, or does not fit, is ignored, as the specification asks.
  static void set_logical(Node& node, Object object) {
    std::string_view name;
    if (object["logicalType"].get(name)) return;
    const auto take = [&](std::string_view of, Type type, Logical logical) {
      if (name == of && node.type == type) node.logical = logical;
    };
    take("date", Type::kInt, Logical::kDate);
    take("time-millis", Type::kInt, Logical::kTimeMillis);
    take("time-micros", Type::kLong, Logical::kTimeMicros);
    take("timestamp-millis", Type::kLong, Logical::kTimestampMillis);
    take("timestamp-micros", Type::kLong, Logical::kTimestampMicros);
    take("local-timestamp-millis", Type::kLong, Logical::kLocalTimestampMillis);
    take("local-timestamp-micros", Type::kLong, Logical::kLocalTimestampMicros);
    take("uuid", Type::kString, Logical::kUuid);
    if (node.size == 16) take("uuid", Type::kFixed, Logical::kUuid);
    if (node.size == 12) take("duration", Type::kFixed, Logical::kDuration);
    if (name != "decimal" || (node.type != Type::kBytes && node.type != Type::kFixed)) return;
    uint64_t precision = 0, scale = 0;
    if (object["precision"].get(precision) || precision == 0 || precision > kMostDigits) return;
    Json given;
    if (!object["scale"].get(given) && (given.get(scale) || scale > precision)) return;
    const auto digits = static_cast<uint32_t>(precision);
    if (node.type == Type::kFixed && bytes_for(digits) > size_t{node.size} + 1) return;
    node.logical = Logical::kDecimal;
    node.precision = digits;
    node.scale = static_cast<uint32_t>(scale);
  }

  // A type that takes no bytes: null, or records of nothing else. Found by starting from those that
  // surely do not; a record that is made of itself does not come to be one.
  void find_empty_types() {
    bool more = true;
    for (int pass = 0; more && pass < 100; ++pass) {
      more = false;
      for (Node& n : schema_.nodes_) {
        if (n.empty) continue;
        n.empty =
            n.type == Type::kNull || (n.type == Type::kFixed && n.size == 0) ||
            (n.type == Type::kRecord && std::all_of(n.fields.begin(), n.fields.end(),
                                                    [](const Field& f) { return f.type->empty; }));
        more |= n.empty;
      }
    }
  }

  // A default may need those of other fields, so it is tried again until none is left.
  void encode_defaults() {
    Form form;
    form.json = JsonForm::kDefault;
    for (const Default& d : defaults_) d.record->fields[d.field].has_default = false;
    while (!defaults_.empty()) {
      std::vector<Default> later;
      std::string problem, where;
      for (Default& d : defaults_) {
        Field& field = d.record->fields[d.field];
        Encoder encoder(form);
        Buffer binary(kLargestDefault);
        if (encoder.encode(*field.type, d.json, binary)) {
          field.default_binary = binary.view();
          field.has_default = true;
        } else {
          if (problem.empty()) {
            problem = "the default of " + shown(field.name) +
                      " does not fit its type: " + encoder.problem();
            where = d.where;
          }
          later.push_back(std::move(d));
        }
      }
      if (later.size() == defaults_.size()) {
        where_ = where;
        fail(problem);
      }
      defaults_ = std::move(later);
    }
  }

  Schema& schema_;
  std::string where_;
  std::map<std::string, Node*, std::less<>> names_;
  std::vector<Default> defaults_;
};

std::shared_ptr<const Schema> Schema::parse(std::string_view text, Defaults defaults,
                                            const std::vector<std::string>& references) {
  auto schema = std::make_shared<Schema>();
  SchemaParser parser(*schema);
  for (const std::string& reference : references) parser.parse_text(reference);
  schema->root_ = parser.parse_text(text);
  parser.finish(defaults);
  return schema;
}

}  // namespace streamhost::avro
