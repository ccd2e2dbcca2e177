// Windows that bring the values of several inputs together.
#pragma once

#include "common/sides.h"
#include "logic.h"

namespace streamhost::window {

class JoinLogic final : public Logic {
 public:
  explicit JoinLogic(const Config& config);

  size_t state_size() const override { return sizeof(plugin_common::Sides); }
  size_t state_align() const override { return alignof(plugin_common::Sides); }
  // A record without a value takes away what came before it, in all windows that it is in.
  bool shares_panes() const override { return false; }
  void require_merge() const override {}

  void init(void* state) override { new (state) plugin_common::Sides(); }
  void add(void* const* states, const sh_record* records, uint32_t count, uint32_t port,
           Rejecter& bad) override;
  void merge(void* into, void* from) override { merge_copies(into, &from, 1); }
  void merge_copies(void* into, void* const* from, size_t count) override;
  void results(const void* state, Emitter& to) override;
  void drop(void* state) override;

  void save_head(std::string&) const override {}
  void read_head(std::string_view saved) override;
  void save(const void* state, std::string& to) override;
  void restore(std::string_view saved, void* state) override;

 private:
  plugin_common::SideRules rules_;
  plugin_common::JoinMode mode_;
  plugin_common::Rows rows_;
};

}  // namespace streamhost::window
