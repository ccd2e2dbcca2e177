// What is folded in a window. The step says which records belong together; a logic knows what is
// made of them.
#pragma once

#include <streamhost/sdk.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "emitter.h"

namespace streamhost::window {

// Takes the records that a logic cannot use.
class Rejecter {
 public:
  Rejecter(const Context& ctx, Out& out) : ctx_(ctx), out_(out) {}
  // Rejecting may run the steps downstream, so what was put out before goes first.
  void reject(const sh_record& record, std::string_view message) {
    out_.flush();
    ctx_.reject(record, message);
  }

 private:
  Context ctx_;
  Out& out_;
};

// States are opaque memory of the caller's, made by init() or restore() and freed by drop().
// Belongs to one instance of a step. [worker]
class Logic {
 public:
  virtual ~Logic() = default;

  virtual size_t state_size() const = 0;
  virtual size_t state_align() const = 0;  // a power of two, at most 64
  // Whether states that were made of different records can be put together so that nobody sees the
  // difference. Otherwise overlapping windows have a state each.
  virtual bool shares_panes() const = 0;
  // Throws config_error unless the states of sessions can be merged.
  virtual void require_merge() const = 0;

  virtual void init(void* state) = 0;
  // Adds record i to states[i]. `port`: the input they came by.
  virtual void add(void* const* states, const sh_record* records, uint32_t count, uint32_t port,
                   Rejecter& bad) = 0;
  // Adds `from`, whose records are of a later time, to `into`; `from` may be left with nothing.
  virtual void merge(void* into, void* from) = 0;
  // The same of up to kMostMerged; they stay as they are.
  static constexpr size_t kMostMerged = 64;
  virtual void merge_copies(void* into, void* const* from, size_t count) = 0;
  // Puts out the results of a window; the state stays as it is.
  virtual void results(const void* state, Emitter& to) = 0;
  virtual void drop(void* state) = 0;

  // What the states of a key have in common, and then each of them. restore() goes by the head that
  // was read last, and throws state_error.
  virtual void save_head(std::string& to) const = 0;
  virtual void read_head(std::string_view saved) = 0;
  virtual void save(const void* state, std::string& to) = 0;
  virtual void restore(std::string_view saved, void* state) = 0;
};

}  // namespace streamhost::window
