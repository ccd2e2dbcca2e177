#include "aggregate_logic.h"

namespace streamhost::window {

AggregateLogic::AggregateLogic(const Context& ctx, const std::vector<Use>& uses)
    : aggregates_(std::make_unique<AggregateSet>(ctx, uses)) {
  ready();
}

AggregateLogic::AggregateLogic(const Context& ctx, Component component, const char* id,
                               const Config& config)
    : own_(std::make_unique<Component>(std::move(component))),
      aggregates_(std::make_unique<AggregateSet>(
          ctx, std::vector<Use>{Use{"", id, own_->finish(), config}})) {
  ready();
}

void AggregateLogic::ready() {
  can_merge_ = aggregates_->can_merge();
  merge_keeps_ = aggregates_->merge_keeps();
  std::string head;
  aggregates_->save_head(head);
  std::string_view rest = head;
  own_head_ = aggregates_->read_head(rest);
  const size_t align = std::max<size_t>(state_align(), 1);
  copy_ = std::make_unique<std::byte[]>(state_size() + align);
  const auto at = reinterpret_cast<uintptr_t>(copy_.get());
  copy_at_ = copy_.get() + (align - at % align) % align;
}

void AggregateLogic::add(void* const* states, const sh_record* records, uint32_t count, uint32_t,
                         Rejecter& bad) {
  aggregates_->add(states, records, count,
                   [&](uint32_t i, std::string_view message) { bad.reject(records[i], message); });
}

void AggregateLogic::merge_copies(void* into, void* const* from, size_t count) {
  if (merge_keeps_) {
    aggregates_->merge(into, from, count);
    return;
  }
  // An aggregate may take from `from` what it needs, or keep hold of it, so a copy is merged.
  for (size_t i = 0; i < count; ++i) {
    saved_.clear();
    aggregates_->save(from[i], saved_);
    std::string_view rest = saved_;
    aggregates_->restore(own_head_, rest, copy_at_);
    try {
      aggregates_->merge(into, copy_at_);
    } catch (...) {
      aggregates_->drop(copy_at_);
      throw;
    }
    aggregates_->drop(copy_at_);
  }
}

void AggregateLogic::results(const void* state, Emitter& to) {
  to.value() += "\"value\":";
  aggregates_->finish(state, to.value());
  to.row();
}

void AggregateLogic::read_head(std::string_view saved) {
  head_ = aggregates_->read_head(saved);
  if (!saved.empty()) throw state_error("the saved state of the aggregates is damaged");
}

void AggregateLogic::restore(std::string_view saved, void* state) {
  aggregates_->restore(head_, saved, state);
  if (saved.empty()) return;
  aggregates_->drop(state);
  throw state_error("the saved state of the aggregates is damaged");
}

}  // namespace streamhost::window
