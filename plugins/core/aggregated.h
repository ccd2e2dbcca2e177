// The aggregates that a keyed step's option `aggregate` names, with one block of memory for each
// key.
#pragma once

#include <streamhost/sdk.hpp>
#include <streamhost/sdk/aggregate_set.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace streamhost::core {

// Where the aggregates' states of one key are. Zeroed memory is a key that has met no record; steps
// that need more per key derive from it. Freed by Aggregated::drop().
struct Block {
  void* memory;
  // A record was added: there is something to put out.
  bool taken;
};

// Instances of the aggregates, for one instance of the step. [worker]
class Aggregated {
 public:
  // Makes what option `aggregate` names. `config` must outlive this.
  Aggregated(const Context& ctx, const Config& config)
      : ctx_(ctx), set_(ctx, config, "aggregate") {}

  // Adds records [first, last) of the batch to the blocks that `block_of(i)` gives, making those
  // that are new. Records that an aggregate cannot take are rejected, behind what is in `out`.
  template <class BlockOf>
  void add(const Batch& in, uint32_t first, uint32_t last, BlockOf&& block_of, Out& out) {
    memory_.clear();
    bad_.clear();
    first_ = first;
    for (uint32_t i = first; i < last; ++i) {
      Block& block = block_of(i);
      if (block.memory == nullptr) make(block);
      memory_.push_back(block.memory);
    }
    const sh_record* const records = in.raw().records + first;
    set_.add(memory_.data(), records, last - first, [&](uint32_t i, std::string_view message) {
      if (bad_.empty()) bad_.assign(memory_.size(), false);
      bad_[i] = true;
      out.flush();
      ctx_.reject(records[i], message);
    });
    for (uint32_t i = first; i < last; ++i) {
      if (took(i)) block_of(i).taken = true;
    }
  }
  // Whether the last add() took record i, one of those it was given.
  bool took(uint32_t i) const { return bad_.empty() || !bad_[i - first_]; }

  // The result, JSON text; valid until the next call.
  std::string_view finish(const Block& block) {
    json_.clear();
    set_.finish(block.memory, json_);
    return json_;
  }
  // Adds `from` to `into`; `from` stays to be dropped.
  void merge(Block& into, Block& from);
  void drop(Block& block);
  // Appends what restore() takes off the front of `saved`; throws when it is of other aggregates.
  void save(const Block& block, std::string& to);
  Block restore(std::string_view& saved);

  const Context& context() const { return ctx_; }
  // "agg.sum"; of several with commas between.
  std::string ids() const;

 private:
  void make(Block& block);
  void* allocate() const;
  void free(void* memory) const;

  Context ctx_;
  AggregateSet set_;
  std::string json_;
  // Of the running add().
  std::vector<void*> memory_;
  std::vector<bool> bad_;  // empty: none
  uint32_t first_ = 0;
};

// A base for steps of which the state is a Block, or derives from one.
template <class BlockState>
class AggregatedStep {
 public:
  using State = BlockState;

  AggregatedStep(const Context& ctx, const Config& config) : ctx_(ctx), aggregated_(ctx, config) {}

  void drop(State& state) { aggregated_.drop(state); }
  void save(const State& state, Writer& to) {
    saved_.clear();
    aggregated_.save(state, saved_);
    to.write(saved_);
  }
  State restore(std::string_view saved, uint32_t) {
    State state{};
    static_cast<Block&>(state) = aggregated_.restore(saved);
    return state;
  }

 protected:
  Context ctx_;
  Aggregated aggregated_;
  std::string saved_;
};

// The option that names one aggregate.
inline Option aggregate_option(const char* help) {
  return option("aggregate", Type::component, help).required();
}

}  // namespace streamhost::core
