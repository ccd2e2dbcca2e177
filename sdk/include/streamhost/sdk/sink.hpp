// Sinks as classes.
//
//   struct Files {
//     struct Partition {
//       void write(const sh::Batch& in);          // or: sh::Written write(...), to take a part
//       void flush();                                               // optional
//       void prepare(uint64_t epoch, sh::Writer& position);  // optional; or returning sh::Settled
//     };
//     Files(const sh::Context&, const sh::Config&);
//     std::vector<std::string> partitions();      // leave out for a dynamic sink
//     void route(const sh::Batch& in, uint32_t* partition);         // optional
//     std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view>
//     resume); void commit(uint64_t epoch, std::string_view handle);     // optional; or
//     sh::Settled void abort(std::string_view handle);                      // optional
//   };
//   sh::sink<Files>("files")
#pragma once

#include <streamhost/sdk/source.hpp>

namespace streamhost::inline v1 {

// How much of a batch a sink took, and when to offer the rest.
struct Written {
  uint32_t records;
  int64_t again_us = INT64_MAX;  // INT64_MAX: when woken
};

// Whether prepare or commit is through, and when to ask again.
struct Settled {
  bool done = true;
  int64_t again_us = INT64_MAX;  // INT64_MAX: when woken

  static Settled again_at(int64_t at_us) { return {false, at_us}; }
  static Settled when_woken() { return {false, INT64_MAX}; }
};

namespace detail {

// Calls something that returns nothing or Settled.
template <class Call>
sh_status settle(int64_t* again_us, Call&& call) {
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return SH_OK;
  } else {
    const Settled settled = call();
    *again_us = settled.again_us;
    return settled.done ? SH_OK : SH_AGAIN;
  }
}

template <class T>
struct HeldSinkPart {
  Held<T>* owner;
  std::unique_ptr<typename T::Partition> part;
  static HeldSinkPart& of(void* part) { return *static_cast<HeldSinkPart*>(part); }
};

template <class T>
constexpr sh_sink sink_table(uint32_t flags) {
  using Part = HeldSinkPart<T>;
  using P = typename T::Partition;
  sh_sink t{};
  t.struct_size = sizeof(sh_sink);
  t.flags = flags;
  if constexpr (requires(T & s) { s.partitions(); }) {
    t.partitions = [](void* self, sh_writer* names, sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Writer to = held.writer(names);
        for (const std::string& name : held.impl.partitions()) to.write(name);
      });
    };
  }
  if constexpr (requires(T & s, const Batch& b, uint32_t* r) { s.route(b, r); }) {
    t.route = [](void* self, const sh_batch* batch, uint32_t* route, sh_error* error) {
      return guarded(error, [&] { Held<T>::of(self).impl.route(Batch(*batch), route); });
    };
  }
  t.open = [](void* self, sh_bytes name, const sh_bytes* resume, void** part, sh_error* error) {
    return guarded(error, [&] {
      auto& held = Held<T>::of(self);
      *part = new Part{&held, held.impl.open(to_view(name), optional_view(resume))};
    });
  };
  t.write = [](void* part, const sh_batch* batch, uint32_t* written, int64_t* again_us,
               sh_error* error) {
    return guarded(error, [&]() -> sh_status {
      auto& p = *Part::of(part).part;
      if constexpr (std::is_void_v<decltype(p.write(Batch(*batch)))>) {
        p.write(Batch(*batch));
        return SH_OK;
      } else {
        const Written w = p.write(Batch(*batch));
        *written = w.records;
        *again_us = w.again_us;
        return w.records == batch->count ? SH_OK : SH_AGAIN;
      }
    });
  };
  if constexpr (requires(P & p) { p.flush(); }) {
    t.flush = [](void* part, sh_error* error) {
      return guarded(error, [&] { Part::of(part).part->flush(); });
    };
  }
  if constexpr (requires(P & p, Writer & w) { p.prepare(uint64_t{}, w); }) {
    t.prepare = [](void* part, uint64_t epoch, sh_writer* writer, int64_t* again_us,
                   sh_error* error) {
      return guarded(error, [&] {
        auto& p = Part::of(part);
        Writer to = p.owner->writer(writer);
        return settle(again_us, [&] { return p.part->prepare(epoch, to); });
      });
    };
  }
  if constexpr (requires(T & s) { s.commit(uint64_t{}, std::string_view()); }) {
    t.commit = [](void* self, uint64_t epoch, sh_bytes handle, int64_t* again_us, sh_error* error) {
      return guarded(error, [&] {
        return settle(again_us,
                      [&] { return Held<T>::of(self).impl.commit(epoch, to_view(handle)); });
      });
    };
  }
  if constexpr (requires(T & s) { s.abort(std::string_view()); }) {
    t.abort = [](void* self, sh_bytes handle, sh_error* error) {
      return guarded(error, [&] { Held<T>::of(self).impl.abort(to_view(handle)); });
    };
  }
  t.close = [](void* part) { delete static_cast<Part*>(part); };
  return t;
}

template <class T, uint32_t Flags>
inline const sh_sink sink_of = sink_table<T>(Flags);

}  // namespace detail

// `Flags`: SH_SINK_...
template <class T, uint32_t Flags = 0>
Component sink(const char* name) {
  Component c(name, &detail::lifecycle_of<T>);
  c.raw().sink = &detail::sink_of<T, Flags>;
  return c;
}

}  // namespace streamhost::inline v1
