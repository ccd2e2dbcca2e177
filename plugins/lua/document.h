// JSON documents read in place: a field is found when it is asked for, and nothing is built.
//
// simdjson's first stage lists the tokens; a value is named by the number of its first token, a
// node. Documents that lie one behind the other in memory, a line feed between them, go through the
// first stage together. Checked are UTF-8, strings, that the document is closed, and every token
// that is walked over; of fields with one name the first counts.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <string_view>

#include "call.h"
#include "json/structure.h"

namespace streamhost::lua {

class Document {
 public:
  struct Value {
    Kind kind = kAbsent;
    uint32_t node = 0;
    double number = 0;
    std::string_view text;  // of a string, without quotes and escapes; until the next such value
  };

  // The records that open() takes from, until the next call of this or of open_text().
  void batch(const sh_record* records, uint32_t count);
  // Goes to the document of record `i`; false with problem() set when it is none.
  bool open(uint32_t i);
  // Goes to a document that stands alone; `text` must stay where it is.
  bool open_text(std::string_view text);

  // The document in hand. kBad with problem() set when it is faulty.
  Value root() { return describe(first_); }
  // kAbsent when there is no such field, or `node` is no object.
  Value member(uint32_t node, std::string_view name);
  // Calls `each(name, value)` for the fields of an object, or `each(value)` for the items of an
  // array; false with problem() set when the text is faulty, or `node` is nothing of that kind. A
  // view is valid until the next value is read.
  template <class Each>
  bool members(uint32_t node, Each&& each);
  template <class Each>
  bool elements(uint32_t node, Each&& each);
  // The JSON text of an object or array; empty with problem() set when it is not closed.
  std::string_view text_of(uint32_t node);

  // What is wrong with the text, to be put behind "the value ".
  const std::string& problem() const { return problem_; }

 private:
  void index_run(uint32_t first);
  bool enter(const uint8_t* begin, size_t size);
  Value describe(const uint32_t* at);
  Value string_at(const uint32_t* at, std::string& scratch);
  bool same_name(const uint32_t* at, std::string_view name);
  // Moves `at` behind the value it points at.
  bool skip(const uint32_t*& at);
  bool is(const uint32_t* at, char c) const { return at < end_ && text_[*at] == c; }
  bool inside(uint32_t node) const { return node < static_cast<uint32_t>(end_ - first_); }
  bool fail(const uint32_t* at, const char* what);

  json::Structure structure_;
  const sh_record* records_ = nullptr;
  uint32_t count_ = 0;
  uint32_t run_end_ = 0;  // behind the last record whose tokens are listed
  const char* index_error_ = nullptr;
  const char* text_ = nullptr;  // of the run
  const uint32_t* next_ = nullptr;
  uint32_t next_record_ = 0;  // the first whose document is not behind us
  const uint32_t* first_ = nullptr;
  const uint32_t* end_ = nullptr;  // of the document's tokens
  uint32_t begin_ = 0, stop_ = 0;  // of the document's text
  std::string problem_;
  std::string name_scratch_, scratch_;
};

template <class Each>
bool Document::members(uint32_t node, Each&& each) {
  if (!inside(node) || text_[first_[node]] != '{') return fail(first_, "an object is missing");
  const uint32_t* at = first_ + node + 1;
  if (is(at, '}')) return true;
  while (true) {
    if (!is(at, '"')) return fail(at, "a field's name is missing");
    const Value name = string_at(at, name_scratch_);
    if (name.kind == kBad) return false;
    if (!is(at + 1, ':')) return fail(at + 1, "a colon is missing");
    at += 2;
    const Value value = describe(at);
    if (value.kind == kBad || !skip(at)) return false;
    each(name.text, value);
    if (is(at, '}')) return true;
    if (!is(at, ',')) return fail(at, "a comma or closing brace is missing");
    ++at;
  }
}

template <class Each>
bool Document::elements(uint32_t node, Each&& each) {
  if (!inside(node) || text_[first_[node]] != '[') return fail(first_, "an array is missing");
  const uint32_t* at = first_ + node + 1;
  if (is(at, ']')) return true;
  while (true) {
    const Value value = describe(at);
    if (value.kind == kBad || !skip(at)) return false;
    each(value);
    if (is(at, ']')) return true;
    if (!is(at, ',')) return fail(at, "a comma or closing bracket is missing");
    ++at;
  }
}

}  // namespace streamhost::lua
