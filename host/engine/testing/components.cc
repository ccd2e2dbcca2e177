#include "engine/testing/components.h"

#include <streamhost/sdk.hpp>

#include <algorithm>
#include <deque>
#include <thread>

namespace streamhost::testing {
namespace {

namespace sh = streamhost;

// Components live as long as the process, as those of a plugin do.
const sh_component* keep(sh::Component component) {
  static std::mutex mutex;
  static auto* all = new std::deque<sh::Component>;
  const std::lock_guard lock(mutex);
  return all->emplace_back(std::move(component)).finish();
}

Emit emit_to(sh::Out& out) {
  return [&out](std::string_view key, std::string_view value) {
    if (key.empty()) {
      out.emit(value);
    } else {
      out.emit(key, value);
    }
  };
}

struct Source {
  struct Data {
    Produce produce;
    SourcePlan plan;
  };
  Source(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)) {}

  struct Partition {
    Partition(const Source& s, uint64_t p) : source(s), index(p) {
      if (source.data.plan.by_waker) waker = source.ctx.waker();
    }
    ~Partition() {
      if (thread.joinable()) thread.join();
    }
    sh::Poll poll(sh::Out& out, uint32_t budget) {
      const SourcePlan& plan = source.data.plan;
      const Emit emit = emit_to(out);
      if (failed < plan.fail_polls) {
        ++failed;
        for (uint32_t n = 0; n < plan.fail_after; ++n) source.data.produce(index, next++, emit);
        throw sh::unavailable("the line is busy").retryable();
      }
      for (uint32_t n = 0; n < budget && next < plan.records; ++n) {
        source.data.produce(index, next++, emit);
        if (plan.produced != nullptr) plan.produced->fetch_add(1);
        if (plan.rest_every != 0 && next % plan.rest_every == 0 && next < plan.records) {
          return rest();
        }
      }
      return next == plan.records ? sh::Poll::end() : sh::Poll::more();
    }
    sh::Poll rest() {
      const SourcePlan& plan = source.data.plan;
      if (!plan.by_waker) return sh::Poll::again_at(source.ctx.now_us() + plan.rest_us);
      if (thread.joinable()) thread.join();
      thread = std::thread([w = waker, us = plan.rest_us] {
        std::this_thread::sleep_for(std::chrono::microseconds(us));
        w.wake();
      });
      return sh::Poll::when_woken();
    }
    const Source& source;
    const uint64_t index;
    uint64_t next = 0;
    uint32_t failed = 0;
    sh::Waker waker;
    std::thread thread;
  };
  std::vector<std::string> partitions() {
    std::vector<std::string> names;
    for (uint32_t p = 0; p < data.plan.partitions; ++p) names.push_back(std::to_string(p));
    return names;
  }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view>) {
    return std::make_unique<Partition>(*this, std::stoull(std::string(name)));
  }
  sh::Context ctx;
  const Data& data;
};

struct Op {
  Op(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), process_one(*static_cast<const Process*>(component->data)) {}
  void process(const sh::Batch& in, sh::Out& out) {
    sh::each_record(ctx, in, out, [&](const sh::Record& r, uint32_t) {
      if (r.value() == "bad") throw sh::bad_data("the value is bad");
      process_one(r.key(), r.value(), emit_to(out));
    });
  }
  sh::Context ctx;
  const Process& process_one;
};

struct AdoptingOp {
  AdoptingOp(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), outstanding(*static_cast<std::atomic<int64_t>* const*>(component->data)) {}
  struct Message {
    std::string text;
    std::atomic<int64_t>* outstanding;
  };
  void process(const sh::Batch& in, sh::Out& out) {
    for (const sh::Record r : in) {
      auto* message = new Message{std::string(r.value()), outstanding};
      outstanding->fetch_add(1);
      sh_record raw = r.raw();
      raw.value = reinterpret_cast<const uint8_t*>(message->text.data());
      sh::detail::check(ctx.host()->out_adopt(
          out.raw(), 0, &raw, 1,
          {message,
           [](void* owner) {
             auto* m = static_cast<Message*>(owner);
             m->outstanding->fetch_sub(1);
             m->text.assign(m->text.size(),
                            '!');  // whoever still reads it shall notice
             delete m;
           },
           message->text.size()}));
    }
  }
  sh::Context ctx;
  std::atomic<int64_t>* outstanding;
};

struct Counter {
  struct State {
    int64_t n;
  };
  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) ++states[i].n;
  }
  void on_end(std::string_view key, State& state, sh::Out& out) {
    out.emit(key, std::string(key) + "=" + std::to_string(state.n));
  }
};
struct CombiningCounter : Counter {
  void merge(State& into, State& from) { into.n += from.n; }
};

struct Gatherer {
  explicit Gatherer(const sh::Context&, const sh::Config&, const sh_component* component) {
    State::alive = *static_cast<std::atomic<int64_t>* const*>(component->data);
  }
  struct State {
    static inline std::atomic<int64_t>* alive = nullptr;
    State() { alive->fetch_add(1); }
    State(State&& other) noexcept : values(std::move(other.values)) { alive->fetch_add(1); }
    ~State() { alive->fetch_sub(1); }
    std::string values;
  };
  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) states[i].values += in[i].value();
  }
  void on_end(std::string_view key, State& state, sh::Out& out) { out.emit(key, state.values); }
  void save(const State& state, sh::Writer& to) { to.write(state.values); }
  State restore(std::string_view saved, uint32_t) {
    State state;
    state.values = saved;
    return state;
  }
};

struct DelayedCounter {
  DelayedCounter(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), delay_us(*static_cast<const int64_t*>(component->data)) {}
  struct State {
    int64_t n;
  };
  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      if (states[i].n++ == 0) ctx.timer_set(states[i], SH_CLOCK_SYSTEM, ctx.now_us() + delay_us);
    }
  }
  void on_timer(std::string_view key, State& state, int64_t, uint64_t, sh::Out& out) {
    out.emit(key, state.n);
    ctx.discard(state);
  }
  sh::Context ctx;
  int64_t delay_us;
};

struct Sink {
  struct Data {
    std::shared_ptr<Collected> to;
    SinkPlan plan;
  };
  Sink(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)) {}

  struct Partition {
    Partition(const Sink& s, uint32_t i) : sink(s), index(i) { ++sink.data.to->opened; }
    ~Partition() { ++sink.data.to->closed; }
    sh::Written write(const sh::Batch& in) {
      const SinkPlan& plan = sink.data.plan;
      uint32_t taken = in.size();
      if (plan.takes_at_most != 0) taken = std::min(taken, plan.takes_at_most);
      Collected& to = *sink.data.to;
      to.count += taken;
      for (uint32_t i = 0; plan.rejects_bad && i < taken; ++i) {
        if (in[i].value() == "bad") sink.ctx.reject(in[i].raw(), "the sink does not want it");
      }
      if (plan.keep_rows) {
        const std::lock_guard lock(to.mutex);
        for (uint32_t i = 0; i < taken; ++i) {
          to.rows.push_back({std::string(in[i].key()), std::string(in[i].value()), index,
                             sink.ctx.worker_index()});
        }
      }
      return {taken, sink.ctx.now_us() + plan.rest_us};
    }
    void flush() {
      ++sink.data.to->flushed;
      sink.data.to->flushed_count = sink.data.to->count.load();
    }
    void prepare(uint64_t, sh::Writer& handle) {
      if (sink.ctx.worker_index() == sink.data.plan.fail_prepare_of) {
        throw sh::unavailable("the disk is full");
      }
      ++sink.data.to->prepared;
      handle.write("handle " + std::to_string(index));
    }
    const Sink& sink;
    const uint32_t index;
  };
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view>) {
    return std::make_unique<Partition>(
        *this, name.empty() ? 0 : static_cast<uint32_t>(std::stoul(std::string(name))));
  }
  void commit(uint64_t, std::string_view handle) {
    if (handle.starts_with("handle ")) ++data.to->committed;
  }
  void abort(std::string_view) { ++data.to->aborted; }
  sh::Context ctx;
  const Data& data;
};
struct PartitionedSink : Sink {
  using Sink::Sink;
  std::vector<std::string> partitions() {
    std::vector<std::string> names;
    for (uint32_t p = 0; p < data.plan.partitions; ++p) names.push_back(std::to_string(p));
    return names;
  }
};

}  // namespace

const sh_component* source(Produce produce, SourcePlan plan) {
  return keep(sh::source<Source>("source").data(Source::Data{std::move(produce), plan}));
}

const sh_component* op(Process process, uint32_t flags) {
  if ((flags & SH_OPERATOR_REDISTRIBUTE) != 0) {
    return keep(sh::op<Op, SH_OPERATOR_REDISTRIBUTE>("op").data(std::move(process)));
  }
  return keep(sh::op<Op>("op").data(std::move(process)));
}

const sh_component* op_that_names_bad_records() {
  static const sh_operator table = [] {
    sh_operator t{};
    t.struct_size = sizeof(t);
    t.process = [](void* self, const sh_batch* batch, sh_out* out, sh_error* error) -> sh_status {
      const sh_host* host = static_cast<sh::detail::Held<Op>*>(self)->ctx.host();
      for (uint32_t i = 0; i < batch->count; ++i) {
        const sh::Record r(batch->records[i]);
        if (r.value() == "bad") {
          sh::detail::fill(error, SH_E_DATA, "the value is bad");
          error->flags = SH_ERR_RECORD;
          error->record = i;
          return SH_E_DATA;
        }
        const sh_status status = host->out_forward(out, 0, &batch->records[i], 1);
        if (status < 0) return status;
      }
      return SH_OK;
    };
    return t;
  }();
  sh::Component c = sh::op<Op>("op").data(Process());
  c.raw().op = &table;
  return keep(std::move(c));
}

const sh_component* op_that_adopts(std::atomic<int64_t>* outstanding) {
  return keep(sh::op<AdoptingOp>("op").data(outstanding));
}

const sh_component* counter(bool combines) {
  return keep(combines ? sh::keyed<CombiningCounter>("counter") : sh::keyed<Counter>("counter"));
}

const sh_component* running_counter() {
  return keep(sh::stateful<int64_t>(
      "running", [](int64_t& n, const sh::Record& r, sh::Out& out) { out.emit(r.key(), ++n); }));
}

const sh_component* gatherer(std::atomic<int64_t>* alive) {
  return keep(sh::keyed<Gatherer>("gatherer").data(alive));
}

const sh_component* delayed_counter(int64_t delay_us) {
  return keep(sh::keyed<DelayedCounter>("delayed").data(delay_us));
}

const sh_component* sink(std::shared_ptr<Collected> to, SinkPlan plan) {
  Sink::Data data{std::move(to), plan};
  return keep(plan.partitions == 0 ? sh::sink<Sink>("sink").data(std::move(data))
                                   : sh::sink<PartitionedSink>("sink").data(std::move(data)));
}

std::vector<std::string> Collected::sorted_values() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> values;
  for (const Row& row : rows) values.push_back(row.value);
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace streamhost::testing
