// Windows that fold their records by aggregates.
#pragma once

#include <memory>
#include <vector>

#include "logic.h"

namespace streamhost::window {

class AggregateLogic final : public Logic {
 public:
  // Those that the manifest names.
  AggregateLogic(const Context& ctx, const std::vector<Use>& uses);
  // One that is part of this plugin, made by the options of the step itself. `id`: what saved
  // states call it.
  AggregateLogic(const Context& ctx, Component component, const char* id, const Config& config);

  size_t state_size() const override { return aggregates_->state_size(); }
  size_t state_align() const override { return aggregates_->state_align(); }
  bool shares_panes() const override { return can_merge_; }
  void require_merge() const override { aggregates_->require_merge("session windows"); }

  void init(void* state) override { aggregates_->init(state); }
  void add(void* const* states, const sh_record* records, uint32_t count, uint32_t port,
           Rejecter& bad) override;
  void merge(void* into, void* from) override { aggregates_->merge(into, from); }
  void merge_copies(void* into, void* const* from, size_t count) override;
  void results(const void* state, Emitter& to) override;
  void drop(void* state) override { aggregates_->drop(state); }

  void save_head(std::string& to) const override { aggregates_->save_head(to); }
  void read_head(std::string_view saved) override;
  void save(const void* state, std::string& to) override { aggregates_->save(state, to); }
  void restore(std::string_view saved, void* state) override;

 private:
  // Memory for one state.
  class Scratch;

  void ready();

  std::unique_ptr<Component> own_;  // before those that are made of it
  std::unique_ptr<AggregateSet> aggregates_;
  bool can_merge_ = false;
  bool merge_keeps_ = false;  // merging leaves `from` as it was
  AggregateSet::Head head_;   // of what is being restored
  AggregateSet::Head own_head_;
  std::string saved_;
  std::unique_ptr<std::byte[]> copy_;  // room for one state
  void* copy_at_ = nullptr;
};

}  // namespace streamhost::window
