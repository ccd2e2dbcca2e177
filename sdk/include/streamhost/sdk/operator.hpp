// Operators as classes.
//
//   struct Upper {
//     Upper(const sh::Context&, const sh::Config&);          // or no constructor at all
//     void process(const sh::Batch& in, sh::Out& out);
//     void flush(sh::Out& out);     // optional: puts out what was held back, before an epoch ends
//     void on_end(sh::Out& out);    // optional
//   };
//   sh::op<Upper>("upper").summary("Turns letters to upper case")
#pragma once

#include <streamhost/sdk/component.hpp>

namespace streamhost::inline v1 {
namespace detail {

template <class T>
constexpr sh_operator operator_table(uint32_t flags) {
  sh_operator t{};
  t.struct_size = sizeof(sh_operator);
  t.flags = flags;
  t.process = [](void* self, const sh_batch* batch, sh_out* raw_out, sh_error* error) {
    return guarded(error, [&] {
      auto& held = Held<T>::of(self);
      Out out = held.out(raw_out);
      held.impl.process(Batch(*batch), out);
      out.flush();
    });
  };
  if constexpr (requires(T & t, Out & out) { t.flush(out); }) {
    t.flush = [](void* self, sh_out* raw_out, sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Out out = held.out(raw_out);
        held.impl.flush(out);
        out.flush();
      });
    };
  }
  if constexpr (requires(T & t, Out & out) { t.on_end(out); }) {
    t.on_end = [](void* self, sh_out* raw_out, sh_error* error) {
      return guarded(error, [&] {
        auto& held = Held<T>::of(self);
        Out out = held.out(raw_out);
        held.impl.on_end(out);
        out.flush();
      });
    };
  }
  return t;
}

template <class T, uint32_t Flags>
inline const sh_operator operator_of = operator_table<T>(Flags);

}  // namespace detail

// `Flags`: SH_OPERATOR_...
template <class T, uint32_t Flags = 0>
Component op(const char* name) {
  Component c(name, &detail::lifecycle_of<T>);
  c.raw().op = &detail::operator_of<T, Flags>;
  return c;
}

}  // namespace streamhost::inline v1
