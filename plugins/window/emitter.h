// What a step puts out about its windows: results on `out`, and what there is to know of the window
// on `meta`.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "time_text.h"
#include "windower.h"

namespace streamhost::window {

enum Port : uint32_t { kOutPort = 0, kLatePort = 1, kMetaPort = 2 };

// A window about to be put out. Views: valid for the running call.
struct Window {
  std::string_view key;
  int64_t id;
  Span span;
  const std::vector<int64_t>* merged = nullptr;  // null: none
  bool early = false;                            // a partial result
};

// Of one instance of a step. `meta` records are held back until flush(), for changing the port
// between records would hand them over one by one.
//
//   emitter.begin(out, window);
//   emitter.value() += "42"; emitter.row();      // as often as there are results
//   emitter.end();
class Emitter {
 public:
  // Without `meta` nobody reads that output.
  explicit Emitter(bool meta) : meta_(meta) {}
  void begin(Out& out, const Window& window);
  // Append a result, JSON text, here; row() puts it out.
  std::string& value() { return text_; }
  void row();
  // Every window has its meta, also when it has no row; partial results have none.
  void end();
  // Puts out the meta records of this call. `out` is back on its default port then.
  void flush(Out& out);

 private:
  struct Meta {
    std::string_view key;
    int64_t time_us;
    size_t size;
  };
  static constexpr size_t kHeldBytes = size_t{64} << 10;

  const bool meta_;
  Out* out_ = nullptr;
  Window window_{};
  TimeText time_text_;
  std::string text_;  // what stands before the value, and the value
  size_t head_ = 0;   // of text_
  int64_t head_id_ = 0;
  Span head_span_{0, 0};  // whose head it is; at first of no window
  std::vector<Meta> metas_;
  std::string meta_text_;  // one behind the other
};

}  // namespace streamhost::window
