// join: what several streams say about one key, as one JSON object.
#pragma once

#include <streamhost/sdk.hpp>

#include "common/sides.h"

namespace streamhost::core {

// Each named input is a side; a row has a member for each. A record without a value takes away what
// its side has said. A key's state goes when its rows are out (complete) or no side has a value.
class Join {
 public:
  using State = plugin_common::Sides;

  Join(const Context& ctx, const Config& config);
  Join(const Join&) = delete;  // rows_ points at rules_
  Join& operator=(const Join&) = delete;

  void process(const Batch& in, States<State> states, Out& out);
  // Otherwise what is half joined waits for a later run, if there are snapshots.
  bool ends() const { return emit_ == Emit::kFinal; }
  void on_end(std::string_view key, State& state, Out& out);
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t version);

 private:
  enum class Emit { kComplete, kFinal, kRunning };

  // Takes the record in; false when it was rejected.
  bool take(const Record& record, uint32_t side, State& state, Out& out);
  // All rows of the state, under the key of `record`, which points at memory that may be put out.
  void put_out(const sh_record& record, const State& state, plugin_common::JoinMode mode, Out& out);

  Context ctx_;
  Emit emit_;
  plugin_common::SideRules rules_;
  plugin_common::Rows rows_;
  std::string saved_;
  std::vector<State*> emptied_;
};

Component join_component();

}  // namespace streamhost::core
