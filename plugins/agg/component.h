// An aggregate component made of a class that adds whole batches.
//
//   class Thing {
//    public:
//     static constexpr const char* kName = "agg.thing";
//     struct State { ... };
//     Thing(const Config& config);
//     // Throws BadRecord for the first record that cannot be added; those before it are.
//     void add(States<State> states, const sh_record* records, uint32_t count);
//     void merge(State& into, const State& from);                 // const unless it is used up
//     void finish(const State& state, std::string& json);         // appends
//     void save(const State& state, Saving& to);
//     State restore(Loading& from);                               // version 1
//   };
//
// sh::aggregate<T>() adds record by record, which would read JSON one document at a time.
#pragma once

#include <streamhost/sdk.hpp>

#include "saved.h"

namespace streamhost::agg {

// One record of a batch cannot be added.
class BadRecord : public Error {
 public:
  BadRecord(uint32_t record, const std::string& message)
      : Error(SH_E_DATA, message), record_(record) {}
  // Its index in the batch.
  uint32_t record() const { return record_; }

 private:
  uint32_t record_;
};

template <class T>
struct Instance {
  Context ctx;
  T impl;
  std::string scratch;

  static Instance& of(void* self) { return *static_cast<Instance*>(self); }
  static T& impl_of(void* self) { return of(self).impl; }
};

template <class T>
inline const sh_lifecycle lifecycle_of = {
    sizeof(sh_lifecycle), 0,
    [](const sh_host* host, sh_context* ctx, const sh_component*, const sh_config* config,
       void** self, sh_error* error) {
      return detail::guarded(error, [&] {
        *self = new Instance<T>{Context(host, ctx), T(Config(host, config)), {}};
      });
    },
    [](void* self) { delete static_cast<Instance<T>*>(self); }};

template <class T>
sh_aggregate table_of() {
  using State = typename T::State;
  sh_aggregate t{};
  t.struct_size = sizeof(sh_aggregate);
  t.state_size = sizeof(State);
  t.state_align = alignof(State);
  t.state_version = 1;
  if constexpr (!detail::zero_is_fresh<State>) {
    t.init = [](void*, void* state, sh_error* error) {
      return detail::guarded(error, [&] { new (state) State(); });
    };
  }
  t.add = [](void* self, void* const* states, const sh_record* records, uint32_t count,
             sh_error* error) -> sh_status {
    uint32_t bad = 0;
    bool is_record = false;
    const sh_status status = detail::guarded(error, [&] {
      try {
        Instance<T>::impl_of(self).add(States<State>(states), records, count);
      } catch (const BadRecord& e) {
        bad = e.record();
        is_record = true;
        throw;
      }
    });
    if (is_record && error != nullptr) {
      error->flags |= SH_ERR_RECORD;
      error->record = bad;
    }
    return status;
  };
  t.merge = [](void* self, void* into, void* from, sh_error* error) -> sh_status {
    return detail::guarded(error, [&] {
      Instance<T>::impl_of(self).merge(*static_cast<State*>(into), *static_cast<State*>(from));
    });
  };
  if constexpr (detail::merge_keeps<T>) t.flags |= SH_AGGREGATE_MERGE_KEEPS;
  t.finish = [](void* self, const void* state, sh_writer* writer, sh_error* error) -> sh_status {
    return detail::guarded(error, [&] {
      auto& instance = Instance<T>::of(self);
      instance.scratch.clear();
      instance.impl.finish(*static_cast<const State*>(state), instance.scratch);
      Writer(writer).write(instance.scratch);
    });
  };
  t.save = [](void* self, const void* state, sh_writer* writer, sh_error* error) -> sh_status {
    return detail::guarded(error, [&] {
      auto& instance = Instance<T>::of(self);
      Saving to;
      instance.impl.save(*static_cast<const State*>(state), to);
      Writer(writer).write(to.bytes());
    });
  };
  t.restore = [](void* self, uint32_t version, sh_bytes saved, void* state,
                 sh_error* error) -> sh_status {
    return detail::guarded(error, [&] {
      Loading from(to_view(saved), T::kName);
      if (version != 1) {
        from.refuse("it has version " + std::to_string(version) +
                    ", this plugin reads version 1; use the plugin that wrote it, or a newer one");
      }
      State restored = Instance<T>::impl_of(self).restore(from);
      from.done();
      new (state) State(std::move(restored));
    });
  };
  if constexpr (!std::is_trivially_destructible_v<State>) {
    t.drop = [](void*, void* state) { static_cast<State*>(state)->~State(); };
  }
  return t;
}

template <class T>
inline const sh_aggregate aggregate_of = table_of<T>();

// The component, named as T::kName is behind its point.
template <class T>
Component component() {
  Component c(std::strchr(T::kName, '.') + 1, &lifecycle_of<T>);
  c.raw().aggregate = &aggregate_of<T>;
  return c;
}

}  // namespace streamhost::agg
