// Sources as classes.
//
//   struct Numbers {
//     struct Partition {
//       sh::Poll poll(sh::Out& out, uint32_t budget);
//       void snapshot(sh::Writer& position);      // optional
//       void committed(uint64_t epoch);           // optional
//       sh::Progress progress();                  // optional
//     };
//     Numbers(const sh::Context&, const sh::Config&);
//     std::vector<std::string> partitions();
//     sh::Added added(sh::Writer& names);           // optional: partitions may come up later
//     std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view>
//     resume);
//   };
//   sh::source<Numbers>("numbers")
#pragma once

#include <streamhost/sdk/component.hpp>

namespace streamhost::inline v1 {

// What a poll says about the next one.
struct Poll {
  sh_status status;
  int64_t at_us;

  static Poll more() { return {SH_OK, INT64_MAX}; }                  // at once
  static Poll again_at(int64_t at_us) { return {SH_AGAIN, at_us}; }  // at this wall-clock time
  static Poll when_woken() { return {SH_AGAIN, INT64_MAX}; }         // by a Waker only
  static Poll end() { return {SH_END, INT64_MAX}; }                  // never again
};

// Whether partitions may still come up.
struct Added {
  sh_status status;

  static Added more_may_come() { return {SH_OK}; }
  static Added no_more() { return {SH_END}; }
};

struct Progress {
  uint64_t done = 0;
  uint64_t total = UINT64_MAX;  // UINT64_MAX: no end is known
  uint32_t unit = SH_UNIT_BYTES;
};

namespace detail {

inline std::optional<std::string_view> optional_view(const sh_bytes* bytes) {
  if (bytes == nullptr) return std::nullopt;
  return to_view(*bytes);
}

template <class T>
struct HeldSourcePart {
  Held<T>* owner;
  std::unique_ptr<typename T::Partition> part;
  static HeldSourcePart& of(void* part) { return *static_cast<HeldSourcePart*>(part); }
};

template <class T>
constexpr sh_source source_table() {
  using Part = HeldSourcePart<T>;
  using P = typename T::Partition;
  sh_source t{};
  t.struct_size = sizeof(sh_source);
  t.partitions = [](void* self, sh_writer* names, sh_error* error) {
    return guarded(error, [&] {
      auto& held = Held<T>::of(self);
      Writer to = held.writer(names);
      for (const std::string& name : held.impl.partitions()) to.write(name);
    });
  };
  t.open = [](void* self, sh_bytes name, const sh_bytes* resume, void** part, sh_error* error) {
    return guarded(error, [&] {
      auto& held = Held<T>::of(self);
      *part = new Part{&held, held.impl.open(to_view(name), optional_view(resume))};
    });
  };
  t.poll = [](void* part, sh_out* raw_out, uint32_t budget, int64_t* again_us, sh_error* error) {
    return guarded(error, [&] {
      auto& p = Part::of(part);
      Out out = p.owner->out(raw_out);
      Poll poll = Poll::more();
      try {
        poll = p.part->poll(out, budget);
      } catch (...) {
        out.flush();  // the partition has moved past these records
        throw;
      }
      out.flush();
      *again_us = poll.at_us;
      return poll.status;
    });
  };
  if constexpr (requires(P & p, Writer & w) { p.snapshot(w); }) {
    t.snapshot = [](void* part, sh_writer* position, sh_error* error) {
      return guarded(error, [&] {
        auto& p = Part::of(part);
        Writer to = p.owner->writer(position);
        p.part->snapshot(to);
      });
    };
  }
  if constexpr (requires(P & p) { p.committed(uint64_t{}); }) {
    t.committed = [](void* part, uint64_t epoch) {
      guarded(nullptr, [&] { Part::of(part).part->committed(epoch); });
    };
  }
  t.close = [](void* part) { delete static_cast<Part*>(part); };
  if constexpr (requires(P & p) { p.progress(); }) {
    t.progress = [](void* part, sh_progress* progress) {
      return guarded(nullptr, [&] {
        const Progress p = Part::of(part).part->progress();
        progress->unit = p.unit;
        progress->done = p.done;
        progress->total = p.total;
      });
    };
  }
  if constexpr (requires(T & s, Writer & w) { s.added(w); }) {
    t.added = [](void* self, sh_writer* names, sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Writer to = held.writer(names);
        return held.impl.added(to).status;
      });
    };
  }
  return t;
}

template <class T>
inline const sh_source source_of = source_table<T>();

}  // namespace detail

template <class T>
Component source(const char* name) {
  Component c(name, &detail::lifecycle_of<T>);
  c.raw().source = &detail::source_of<T>;
  return c;
}

}  // namespace streamhost::inline v1
