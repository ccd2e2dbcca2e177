#include "join_logic.h"

namespace streamhost::window {

using plugin_common::Sides;

JoinLogic::JoinLogic(const Config& config)
    : rules_(config, plugin_common::insert_of(config.str("insert")),
             static_cast<uint64_t>(config.integer("limit"))),
      mode_(plugin_common::join_mode_of(config.str("mode"))),
      rows_(rules_) {}

void JoinLogic::add(void* const* states, const sh_record* records, uint32_t count, uint32_t port,
                    Rejecter& bad) {
  for (uint32_t i = 0; i < count; ++i) {
    Sides& sides = *static_cast<Sides*>(states[i]);
    const Record record(records[i]);
    if (!record.has_value()) {
      sides.remove(port);
      continue;
    }
    try {
      sides.add(rules_, port, record.value(), records[i].event_time_us);
    } catch (const Error& e) {
      if (e.status() != SH_E_DATA) throw;
      bad.reject(records[i], e.what());
    }
  }
}

void JoinLogic::merge_copies(void* into, void* const* from, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    static_cast<Sides*>(into)->merge(rules_, *static_cast<const Sides*>(from[i]));
  }
}

void JoinLogic::results(const void* state, Emitter& to) {
  rows_.begin(*static_cast<const Sides*>(state), mode_);
  while (rows_.next()) {
    to.value() += "\"value\":";
    to.value() += rows_.text();
    to.row();
  }
}

void JoinLogic::drop(void* state) { static_cast<Sides*>(state)->~Sides(); }

void JoinLogic::read_head(std::string_view saved) {
  if (!saved.empty()) throw state_error("the saved state of the join is damaged");
}

void JoinLogic::save(const void* state, std::string& to) {
  static_cast<const Sides*>(state)->save(rules_, to);
}

void JoinLogic::restore(std::string_view saved, void* state) {
  new (state) Sides(Sides::restore(rules_, saved));
}

}  // namespace streamhost::window
