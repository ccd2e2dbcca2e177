// Components from a lambda. Each is called once per record, on every worker with a copy of its own;
// bad_data() thrown in one concerns that record only.
//
//   map("twice", [](const Record& r) { return 2 * r.value_as<int64_t>(); })          new value
//   filter("even", [](const Record& r) { return r.value_as<int64_t>() % 2 == 0; })   keep or not
//   flat_map("words", [](const Record& r, Out& out) { out.emit("a"); })              any number
//   key_on("by_city", [](const Record& r) { return r.value().substr(0, 3); })        new key
//   branch("even_odd", {{"even", ""}, {"odd", ""}}, [](const Record& r) { return 1u; })   which
//   port stateful<int64_t>("total", [](int64_t& state, const Record& r, Out& out) { ... })  per key
#pragma once

#include <streamhost/sdk/keyed.hpp>
#include <streamhost/sdk/operator.hpp>

#include <array>

namespace streamhost::inline v1 {

// Calls `body(record, index)` for each record of the batch. What it throws as bad_data() concerns
// that record alone: the host skips it, diverts it or fails, as the manifest says. For classes,
// whose own bad_data() would fail the job.
template <class Body>
void each_record(const Context& ctx, const Batch& in, Out& out, Body&& body) {
  for (uint32_t i = 0; i < in.size(); ++i) {
    const sh_record& raw = in.raw().records[i];
    out.current(&raw);
    try {
      body(Record(raw), i);
    } catch (const Error& e) {
      if (e.status() != SH_E_DATA) throw;
      out.flush();
      ctx.reject(raw, e.what());
    }
  }
  out.current(nullptr);
}

namespace detail {

template <class F>
struct LambdaBase {
  LambdaBase(const Context& c, const Config&, const sh_component* component)
      : ctx(c), fn(*static_cast<const F*>(component->data)) {}
  Context ctx;
  F fn;
};

template <class F>
struct MapOp : LambdaBase<F> {
  using LambdaBase<F>::LambdaBase;
  void process(const Batch& in, Out& out) {
    each_record(this->ctx, in, out, [&](const Record& r, uint32_t) { out.emit(this->fn(r)); });
  }
};

template <class F>
struct FilterOp : LambdaBase<F> {
  using LambdaBase<F>::LambdaBase;
  // Nothing is copied while every record passes, which is the common case in long chains.
  void process(const Batch& in, Out& out) {
    uint32_t passed = 0;
    bool copying = false;
    each_record(this->ctx, in, out, [&](const Record& r, uint32_t i) {
      const bool keep = this->fn(r);
      if (keep && (copying || passed == i)) {
        ++passed;
        if (copying) out.push(r.raw());
        return;
      }
      if (!copying && (i > passed || !keep)) {
        copying = true;
        for (uint32_t k = 0; k < passed; ++k) out.push(in.raw().records[k]);
        if (keep) out.push(r.raw());
      }
    });
    if (copying) return;
    if (passed == in.size()) {
      out.forward(in);
    } else {
      for (uint32_t k = 0; k < passed; ++k) out.push(in.raw().records[k]);
    }
  }
};

template <class F>
struct FlatMapOp : LambdaBase<F> {
  using LambdaBase<F>::LambdaBase;
  void process(const Batch& in, Out& out) {
    each_record(this->ctx, in, out, [&](const Record& r, uint32_t) { this->fn(r, out); });
  }
};

template <class F>
struct KeyOnOp : LambdaBase<F> {
  using LambdaBase<F>::LambdaBase;
  void process(const Batch& in, Out& out) {
    each_record(this->ctx, in, out, [&](const Record& r, uint32_t) {
      const auto key = this->fn(r);
      if (r.has_value()) {
        out.emit(key, r.value());
      } else {
        out.emit_tombstone(key);
      }
    });
  }
};

template <class F>
struct BranchOp : LambdaBase<F> {
  BranchOp(const Context& c, const Config& config, const sh_component* component)
      : LambdaBase<F>(c, config, component), port_count(component->output_count) {}
  void process(const Batch& in, Out& out) {
    ports.assign(in.size(), UINT32_MAX);
    each_record(this->ctx, in, out, [&](const Record& r, uint32_t i) {
      ports[i] = static_cast<uint32_t>(this->fn(r));
      if (ports[i] >= port_count) {
        throw Error(SH_E_INTERNAL, "the branch chose output " + std::to_string(ports[i]) + " of " +
                                       std::to_string(port_count));
      }
    });
    for (uint32_t port = 0; port < port_count; ++port) {
      out.port(port);
      for (uint32_t i = 0; i < in.size(); ++i) {
        if (ports[i] == port) out.push(in.raw().records[i]);
      }
    }
    out.port(0);
  }
  const uint32_t port_count;
  std::vector<uint32_t> ports;  // of the batch in hand
};

template <class S, class F>
struct StatefulOp : LambdaBase<F> {
  using LambdaBase<F>::LambdaBase;
  using State = S;
  void process(const Batch& in, States<S> states, Out& out) {
    each_record(this->ctx, in, out,
                [&](const Record& r, uint32_t i) { this->fn(states[i], r, out); });
  }
  void save(const S& state, Writer& to) {
    if constexpr (is_plain<S>) {
      to.write({reinterpret_cast<const char*>(&state), sizeof(S)});
    } else {
      static_assert(std::is_same_v<S, std::string>,
                    "stateful<S> keeps plain data or std::string; use a class for more");
      to.write(state);
    }
  }
  S restore(std::string_view saved, uint32_t) {
    if constexpr (is_plain<S>) {
      if (saved.size() != sizeof(S)) throw state_error("the saved state has another size");
      S state;
      std::memcpy(&state, saved.data(), sizeof(S));
      return state;
    } else {
      return S(saved);
    }
  }
};

}  // namespace detail

template <class F>
Component map(const char* name, F fn) {
  return op<detail::MapOp<F>>(name).data(std::move(fn));
}
template <class F>
Component filter(const char* name, F fn) {
  return op<detail::FilterOp<F>>(name).data(std::move(fn));
}
template <class F>
Component flat_map(const char* name, F fn) {
  return op<detail::FlatMapOp<F>>(name).data(std::move(fn));
}
template <class F>
Component key_on(const char* name, F fn) {
  return op<detail::KeyOnOp<F>>(name).data(std::move(fn));
}
template <class F>
Component branch(const char* name, std::vector<sh_port> ports, F fn) {
  return op<detail::BranchOp<F>>(name).data(std::move(fn)).outputs(std::move(ports));
}
template <class State, class F>
Component stateful(const char* name, F fn) {
  return keyed<detail::StatefulOp<State, F>>(name).data(std::move(fn));
}

}  // namespace streamhost::inline v1
