// From JSON text to Avro binary, in one pass over the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "buffer.h"
#include "form.h"
#include "json_cursor.h"
#include "problem.h"
#include "schema.h"

namespace streamhost::avro {

// Keeps memory from one value to the next. Not thread-safe.
class Encoder {
 public:
  explicit Encoder(Form form) : form_(form) {}

  // Appends the value that `json` says, as `type` is encoded. False when it does not fit: problem()
  // then says what is wrong, and what `out` has gained is of no use. Throws bad_data when `out` is
  // full.
  bool encode(const Node& type, std::string_view json, Buffer& out);
  std::string problem() const { return problem_.text(); }

 private:
  bool value(const Node& type, int depth);
  bool integer(const Node& type);
  bool real(const Node& type);
  template <class Real>
  bool real_of(const Node& type);
  bool bytes(const Node& type);
  bool duration();
  bool symbol(const Node& type);
  bool record(const Node& type, int depth);
  bool fields(const Node& type, size_t places, int depth);
  bool items(const Node& type, int depth);
  bool item(const Node& type, bool is_map, uint64_t index, int depth);
  bool branch(const Node& type, int depth);
  bool named_branch(const Node& type, int depth);
  bool try_branch(const Node& type, uint32_t index, int depth);
  // Collects into candidates_ the branches that the JSON in hand may be, the likeliest first.
  void candidates(const Node& type, std::vector<uint32_t>& found);

  bool fail(std::string what) { return problem_.set(std::move(what), in_.offset()); }
  bool not_json() { return fail(std::string("the value is not JSON: ") + in_.problem()); }
  // "a string is there where a long should be"
  bool unexpected(const Node& type);
  void put_long(int64_t number);

  Form form_;
  JsonCursor in_;
  Buffer* out_ = nullptr;
  Problem problem_;
  std::vector<const char*> places_;  // where fields that came out of order are
  std::string raw_;                  // of bytes
  size_t wasted_ = 0,
         may_waste_ = 0;  // bytes of JSON read for branches that were not the right one
};

}  // namespace streamhost::avro
