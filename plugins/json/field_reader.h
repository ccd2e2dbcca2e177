// Finds the values of several JSON Pointers in every record of a batch, in one pass.
//
// Values that lie one behind the other in memory, a line feed between them (lines of a file do), go
// through simdjson's first stage together; a document then costs a walk over its tokens up to the
// last field that is wanted. When a run of them is found to be faulty its documents are looked at
// one by one, so that a bad one does not taint its neighbours.
//
// Checked are UTF-8, strings, and every token up to the last one needed; not the inside of values
// that are skipped or taken whole. Of fields with one name the first counts.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

#include "field.h"
#include "pointer_tree.h"
#include "structure.h"

namespace streamhost::json {

class FieldReader {
 public:
  // Throws config_error for a text that is not a JSON Pointer.
  explicit FieldReader(const std::vector<std::string>& pointers)
      : tree_(pointers), fields_(pointers.size()), seen_(tree_.size()) {}

  // Calls `found(i, fields)` for record i of the batch, in order, with one field per pointer, in
  // the order of the pointers, valid during the call; or `failed(i, message)` when its value is no
  // JSON.
  template <class Found, class Failed>
  void read(const Batch& in, Found&& found, Failed&& failed) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < in.size(); i = end) {
      if (read_bare(in.raw().records[i])) {
        end = i + 1;
        found(i, fields_.data());
        continue;
      }
      end = index_run(in, i);
      for (uint32_t k = i; k < end; ++k) {
        if (read_one(in.raw().records[k])) {
          found(k, fields_.data());
        } else {
          failed(k, std::string_view(problem_));
        }
      }
    }
  }

 private:
  // Reads a document that is a number or a word and nothing else, for which there is no structure
  // to look for; false when it is more, or faulty.
  bool read_bare(const sh_record& record);
  // Lists the tokens of a run that begins at `first`, and returns its end.
  uint32_t index_run(const Batch& in, uint32_t first);
  // Reads the next document of the run; false with problem_ set when it is faulty.
  bool read_one(const sh_record& record);

  // Goes past the tokens of this document that are left.
  void pass_rest();

  // The walk. Each takes at_ from the first token of something to the one behind it, unless nothing
  // is missing any more; false with problem_ set when the text is faulty.
  bool walk_document();
  bool walk(const PointerTree::Node& node);
  bool walk_object(const PointerTree::Node& node);
  // A short cut for fields with a scalar as value, which most have: notes those that are wanted and
  // goes past the others, until nothing is missing any more or one comes that must be looked at
  // more closely. False with problem_ set when a value is faulty.
  bool walk_scalars(const PointerTree::Node& node);
  bool walk_array(const PointerTree::Node& node);
  bool visit(const PointerTree::Edge& edge);
  bool skip();
  bool describe(uint32_t first, Field& field);
  // Notes the value just walked, whose first token is at offset `first`.
  bool take(const PointerTree::Node& node, uint32_t first);
  const PointerTree::Edge* match(const PointerTree::Node& node, const char* key) const;

  bool more() const { return *at_ < stop_; }
  char token() const { return text_[*at_]; }
  bool fail(const char* what);

  PointerTree tree_;
  Structure structure_;
  std::vector<Field> fields_;
  std::vector<uint64_t> seen_;  // by node: the number of the document it was last seen in
  uint64_t document_ = 0;
  uint32_t missing_ = 0;           // pointers' ends not yet met in this document
  const char* text_ = nullptr;     // of the run
  const uint32_t* at_ = nullptr;   // the token in hand
  uint32_t run_end_ = 0;           // of the run, as an offset in text_
  uint32_t begin_ = 0, stop_ = 0;  // of the document
  const char* index_error_ = nullptr;
  std::string problem_;
};

}  // namespace streamhost::json
