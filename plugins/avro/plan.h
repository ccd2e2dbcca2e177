// How to get from bytes that were written with one schema to JSON as another schema has it: schema
// resolution, done once for a pair of schemas and followed for each value.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "form.h"
#include "schema.h"

namespace streamhost::avro {

// What to do with one type of the writer.
struct Step {
  // A field of the writer's record, in its order.
  struct Member {
    const Step* step = nullptr;  // null: the reader has no such field, pass it
    const Node* writer = nullptr;
    const Field* field = nullptr;  // of the reader; of the writer when it is passed
    std::string before;            // what comes in front: fields with their defaults, the name
  };

  enum class Kind : uint8_t {
    kValue,     // as `writer` was written, put as `reader` is
    kUnion,     // the writer's: an index into `branches`
    kWrap,      // `before` + branches[0] + "}": a branch of the reader's union, in Avro's JSON
    kMismatch,  // the types cannot be resolved: an error when such a value comes
  };
  Kind kind = Kind::kValue;
  const Node* writer = nullptr;
  const Node* reader = nullptr;
  std::vector<const Step*> branches;  // of a union; of an array or map its items
  std::vector<Member> members;        // of a record
  std::vector<std::string> symbols;   // of an enum, as JSON; empty where the reader has none
  std::string before;                 // of kWrap; of kMismatch: why, when the types do not say it
  std::string after;                  // of a record: fields with their defaults, and the brace
};

// Immutable once made, but for one thread at a time while it is made.
class Plan {
 public:
  // `reader` may be the same as `writer`. Defaults of the reader are put as `form` says. Throws
  // bad_data when the two together are too large. What cannot be resolved is an error of the
  // values that have it, not of the plan.
  Plan(std::shared_ptr<const Schema> writer, std::shared_ptr<const Schema> reader, Form form);

  const Step& root() const { return *root_; }

 private:
  // Of one type of a schema, as it is.
  Plan(std::shared_ptr<const Schema> schema, const Node& root, Form form);

  using Pair = std::pair<const Node*, const Node*>;

  const Step* step(const Node& writer, const Node& reader);
  const Step* wrap(const Step* inner, const Node& branch);
  void fill_all();
  void fill(Step& s);
  void fill_record(Step& s);
  std::string default_text(const Field& field) const;

  std::shared_ptr<const Schema> writer_, reader_;
  Form form_;
  std::deque<Step> steps_;
  std::map<Pair, Step*> known_;
  std::map<std::pair<const Step*, const Node*>, const Step*> wrapped_;
  std::deque<Step*> to_fill_;
  const Step* root_ = nullptr;
};

}  // namespace streamhost::avro
