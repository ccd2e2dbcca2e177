// Aggregates as classes.
//
//   struct Sum {
//     using State = double;
//     void add(State& state, const sh::Record& record);
//     void merge(State& into, const State& from);   // optional; `from` without const: it may be
//                                                   // left with nothing, and is copied where it
//                                                   // must stay
//     void finish(const State& state, sh::Writer& json);
//     // As those of keyed operators.
//     void save(const State&, sh::Writer&);
//     State restore(std::string_view, uint32_t);
//   };
//   sh::aggregate<Sum>("sum")
#pragma once

#include <streamhost/sdk/keyed.hpp>

namespace streamhost::inline v1 {
namespace detail {

// Whether what is merged stays as it was.
template <class T>
constexpr bool merge_keeps = requires(T& t, typename T::State& into,
                                      const typename T::State& from) {
  t.merge(into, from);
};

template <class T>
sh_aggregate aggregate_table() {
  using State = typename T::State;
  static_assert(is_plain<State> || has_codec<T>,
                "a state that is not plain data needs save() and restore()");
  sh_aggregate t{};
  t.struct_size = sizeof(sh_aggregate);
  t.state_size = sizeof(State);
  t.state_align = alignof(State);
  t.state_version = state_version_of<T>();
  if constexpr (!zero_is_fresh<State>) {
    t.init = [](void*, void* state, sh_error* error) {
      return guarded(error, [&] { new (state) State(); });
    };
  }
  t.add = [](void* self, void* const* states, const sh_record* records, uint32_t count,
             sh_error* error) {
    uint32_t i = 0;
    const sh_status status = guarded(error, [&] {
      auto& impl = Held<T>::of(self).impl;
      for (; i < count; ++i) impl.add(*static_cast<State*>(states[i]), Record(records[i]));
    });
    if (status == SH_E_DATA && error != nullptr) {
      error->flags |= SH_ERR_RECORD;
      error->record = i;
    }
    return status;
  };
  if constexpr (requires(T & t, State & s) { t.merge(s, s); }) {
    t.merge = [](void* self, void* into, void* from, sh_error* error) {
      return guarded(error, [&] {
        Held<T>::of(self).impl.merge(*static_cast<State*>(into), *static_cast<State*>(from));
      });
    };
  }
  if constexpr (merge_keeps<T>) t.flags |= SH_AGGREGATE_MERGE_KEEPS;
  t.finish = [](void* self, const void* state, sh_writer* writer, sh_error* error) {
    return guarded(error, [&] {
      auto& held = Held<T>::of(self);
      Writer to = held.writer(writer);
      held.impl.finish(*static_cast<const State*>(state), to);
    });
  };
  if constexpr (has_codec<T>) {
    t.save = [](void* self, const void* state, sh_writer* writer, sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Writer to = held.writer(writer);
        held.impl.save(*static_cast<const State*>(state), to);
      });
    };
    t.restore = [](void* self, uint32_t version, sh_bytes saved, void* state, sh_error* error) {
      return guarded(error, [&] {
        new (state) State(Held<T>::of(self).impl.restore(to_view(saved), version));
      });
    };
  }
  if constexpr (!std::is_trivially_destructible_v<State>) {
    t.drop = [](void*, void* state) { static_cast<State*>(state)->~State(); };
  }
  return t;
}

template <class T>
inline const sh_aggregate aggregate_of = aggregate_table<T>();

}  // namespace detail

template <class T>
Component aggregate(const char* name) {
  Component c(name, &detail::lifecycle_of<T>);
  c.raw().aggregate = &detail::aggregate_of<T>;
  return c;
}

}  // namespace streamhost::inline v1
