// Keyed operators as classes. The host keeps the table; the class says what is in a state.
//
// clang-format off
//   struct Totals {
//     struct State { int64_t sum = 0; };       // plain data needs no save and restore
//     void process(const sh::Batch& in, sh::States<State> states, sh::Out& out);
//
//     // All that follows is optional, but for save and restore of what is not plain data.
//     static constexpr uint32_t state_version = 1;
//     void save(const State& state, sh::Writer& to);
//     State restore(std::string_view saved, uint32_t version);
//     void drop(State& state);                 // before ~State(): for what only the class can free
//     void merge(State& into, State& from);    // the host may then combine before exchanging, and
//                                              // `process` must put nothing out
//     void on_timer(std::string_view key, State& state, int64_t at_us, uint64_t tag, sh::Out& out);
//     void on_end(std::string_view key, State& state, sh::Out& out);
//     bool ends() const;                       // false: on_end() does nothing, keep the states
//   };
// clang-format on
//   sh::keyed<Totals>("totals")
#pragma once

#include <streamhost/sdk/component.hpp>

namespace streamhost::inline v1 {

// The states beside the records of a batch: states[i] belongs to batch[i].
template <class State>
class States {
 public:
  explicit States(void* const* states) : states_(states) {}
  State& operator[](uint32_t i) const { return *static_cast<State*>(states_[i]); }

 private:
  void* const* states_;
};

namespace detail {

template <class State>
constexpr bool is_plain =
    std::is_trivially_copyable_v<State>&& std::is_trivially_destructible_v<State>;

// True when zeroed memory is a fresh State, as far as the type system can tell.
template <class State>
constexpr bool zero_is_fresh = is_plain<State>&& std::is_trivially_default_constructible_v<State>;

template <class T>
constexpr bool has_codec = requires(T& t, const typename T::State& s, Writer& w) {
  t.save(s, w);
  t.restore(std::string_view(), uint32_t{});
};

template <class T>
constexpr uint32_t state_version_of() {
  if constexpr (requires { T::state_version; }) {
    return T::state_version;
  } else {
    return 1;
  }
}

template <class T>
sh_keyed keyed_table() {
  using State = typename T::State;
  static_assert(is_plain<State> || has_codec<T>,
                "a state that is not plain data needs save() and restore()");
  sh_keyed t{};
  t.struct_size = sizeof(sh_keyed);
  t.state_size = sizeof(State);
  t.state_align = alignof(State);
  t.state_version = state_version_of<T>();
  if constexpr (!zero_is_fresh<State>) {
    t.init = [](void*, sh_bytes, void* state, sh_error* error) {
      return guarded(error, [&] { new (state) State(); });
    };
  }
  if constexpr (has_codec<T>) {
    t.save = [](void* self, sh_bytes, const void* state, sh_writer* writer, sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Writer to = held.writer(writer);
        held.impl.save(*static_cast<const State*>(state), to);
      });
    };
    t.restore = [](void* self, sh_bytes, uint32_t version, sh_bytes saved, void* state,
                   sh_error* error) {
      return guarded(error, [&] {
        new (state) State(Held<T>::of(self).impl.restore(to_view(saved), version));
      });
    };
  }
  if constexpr (requires(T & t, State & s) { t.drop(s); }) {
    t.drop = [](void* self, void* state) {
      State& held = *static_cast<State*>(state);
      Held<T>::of(self).impl.drop(held);
      held.~State();
    };
  } else if constexpr (!std::is_trivially_destructible_v<State>) {
    t.drop = [](void*, void* state) { static_cast<State*>(state)->~State(); };
  }
  t.process = [](void* self, const sh_batch* batch, void* const* states, sh_out* raw_out,
                 sh_error* error) {
    return guarded(error, [&] {
      auto& held = Held<T>::of(self);
      Out out = held.out(raw_out);
      held.impl.process(Batch(*batch), States<State>(states), out);
      out.flush();
    });
  };
  if constexpr (requires(T & t, State & s, Out & out) {
                  t.on_timer(std::string_view(), s, int64_t{}, uint64_t{}, out);
                }) {
    t.on_timers = [](void* self, const sh_timer* timers, uint32_t count, sh_out* raw_out,
                     sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Out out = held.out(raw_out);
        for (uint32_t i = 0; i < count; ++i) {
          held.impl.on_timer(to_view(timers[i].key), *static_cast<State*>(timers[i].state),
                             timers[i].at_us, timers[i].tag, out);
        }
        out.flush();
      });
    };
  }
  if constexpr (requires(T & t, State & s, Out & out) { t.on_end(std::string_view(), s, out); }) {
    t.on_end = [](void* self, const sh_entry* entries, uint32_t count, sh_out* raw_out,
                  sh_error* error) -> sh_status {
      if constexpr (requires(const T& ct) { ct.ends(); }) {
        if (!Held<T>::of(self).impl.ends()) return SH_AGAIN;
      }
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Out out = held.out(raw_out);
        for (uint32_t i = 0; i < count; ++i) {
          held.impl.on_end(to_view(entries[i].key), *static_cast<State*>(entries[i].state), out);
        }
        out.flush();
      });
    };
  }
  if constexpr (requires(T & t, State & s) { t.merge(s, s); }) {
    t.flags |= SH_KEYED_COMBINES;
    t.merge = [](void* self, sh_bytes, void* into, void* from, sh_error* error) {
      return guarded(error, [&] {
        Held<T>::of(self).impl.merge(*static_cast<State*>(into), *static_cast<State*>(from));
      });
    };
  }
  return t;
}

template <class T>
inline const sh_keyed keyed_of = keyed_table<T>();

}  // namespace detail

template <class T>
Component keyed(const char* name) {
  Component c(name, &detail::lifecycle_of<T>);
  c.raw().keyed = &detail::keyed_of<T>;
  return c;
}

}  // namespace streamhost::inline v1
