#include "engine/testing/epoch_components.h"

#include <streamhost/sdk.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <sstream>

namespace streamhost::testing {
namespace {

namespace sh = streamhost;

const sh_component* keep(sh::Component component) {
  static std::mutex mutex;
  static auto* all = new std::deque<sh::Component>;
  const std::lock_guard lock(mutex);
  return all->emplace_back(std::move(component)).finish();
}

std::vector<std::string> numbered(uint32_t count) {
  std::vector<std::string> names;
  for (uint32_t p = 0; p < count; ++p) names.push_back(std::to_string(p));
  return names;
}

struct EpochSource {
  EpochSource(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), plan(*static_cast<const EpochSourcePlan*>(component->data)) {}
  struct Partition {
    const EpochSource& source;
    uint64_t next = 0;
    sh::Poll poll(sh::Out& out, uint32_t budget) {
      const EpochSourcePlan& plan = source.plan;
      for (uint32_t n = 0; n < budget && next < plan.records; ++n) {
        const std::string key = "k" + std::to_string(next++ % plan.keys);
        out.emit(key, std::to_string(source.ctx.epoch()));
        if (next % plan.rest_every == 0 && next < plan.records) {
          return sh::Poll::again_at(source.ctx.now_us() + plan.rest_us);
        }
      }
      return next == plan.records ? sh::Poll::end() : sh::Poll::more();
    }
  };
  std::vector<std::string> partitions() { return numbered(plan.partitions); }
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::unique_ptr<Partition>(new Partition{*this});
  }
  sh::Context ctx;
  const EpochSourcePlan& plan;
};

// Counts records of another epoch.
void look_at(const sh::Context& ctx, const sh::Record& r, std::atomic<uint64_t>& wrong) {
  if (r.value() != std::to_string(ctx.epoch())) ++wrong;
}

struct EpochOp {
  EpochOp(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), wrong(**static_cast<std::atomic<uint64_t>* const*>(component->data)) {}
  void process(const sh::Batch& in, sh::Out& out) {
    for (const sh::Record r : in) look_at(ctx, r, wrong);
    out.forward(in);
  }
  sh::Context ctx;
  std::atomic<uint64_t>& wrong;
};

struct EpochKeyed {
  using State = int64_t;
  EpochKeyed(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), wrong(**static_cast<std::atomic<uint64_t>* const*>(component->data)) {}
  void process(const sh::Batch& in, sh::States<int64_t> states, sh::Out& out) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      look_at(ctx, in[i], wrong);
      ++states[i];
    }
    out.forward(in);
  }
  sh::Context ctx;
  std::atomic<uint64_t>& wrong;
};

struct TwoPhaseSink {
  struct Data {
    std::shared_ptr<TwoPhase> world;
    uint32_t partitions;
  };
  TwoPhaseSink(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)), world(*data.world) {}
  struct Partition {
    TwoPhaseSink& sink;
    std::string name;
    std::vector<std::string> open_records;
    uint64_t epoch = 0, asked = 0;
    void write(const sh::Batch& batch) {
      for (const sh::Record r : batch) {
        if (r.value() != std::to_string(sink.ctx.epoch())) ++sink.world.wrong;
        open_records.push_back(std::string(r.value()));
      }
    }
    sh::Settled prepare(uint64_t e, sh::Writer& handle) {
      if (asked++ < sink.world.again) return sh::Settled::again_at(sink.ctx.now_us() + 200);
      asked = 0;
      const std::lock_guard lock(sink.world.mutex);
      if (e <= epoch) sink.world.broken("prepare is called with growing epochs");
      epoch = e;
      const std::string text =
          std::to_string(e) + "/" + name + "/" + std::to_string(sink.ctx.worker_index());
      sink.world.staged[text] = std::move(open_records);
      open_records.clear();
      ++sink.world.prepared;
      handle.write(text);
      return sh::Settled{};
    }
  };
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view>) {
    return std::unique_ptr<Partition>(new Partition{*this, std::string(name), {}, 0, 0});
  }
  sh::Settled commit(uint64_t epoch, std::string_view handle) {
    if (asked++ < world.again) return sh::Settled::again_at(ctx.now_us() + 200);
    asked = 0;
    const std::lock_guard lock(world.mutex);
    const std::string text(handle);
    ++world.commits;
    if (world.committed.count(text) != 0) return sh::Settled{};
    const auto staged = world.staged.find(text);
    if (staged == world.staged.end()) {
      world.broken("commit is called with a handle that was prepared");
      return sh::Settled{};
    }
    world.committed[text] = epoch;
    world.visible.insert(world.visible.end(), staged->second.begin(), staged->second.end());
    world.staged.erase(staged);
    return sh::Settled{};
  }
  void abort(std::string_view handle) {
    const std::lock_guard lock(world.mutex);
    if (world.committed.count(std::string(handle)) != 0) {
      world.broken("nothing that was committed is aborted");
    }
    world.staged.erase(std::string(handle));
    ++world.aborted;
  }
  sh::Context ctx;
  const Data& data;
  TwoPhase& world;
  uint64_t asked = 0;
};
struct PartitionedTwoPhase : TwoPhaseSink {
  using TwoPhaseSink::TwoPhaseSink;
  std::vector<std::string> partitions() { return numbered(data.partitions); }
};

struct ResumableSource {
  struct Data {
    uint32_t partitions;
    std::shared_ptr<std::atomic<uint64_t>> records;
    uint64_t keys;
    std::shared_ptr<Fault> fault;
  };
  ResumableSource(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)) {}
  struct Partition {
    const ResumableSource& source;
    std::string name;
    uint64_t next;
    sh::Poll poll(sh::Out& out, uint32_t budget) {
      const uint64_t records = source.data.records->load();
      for (uint32_t n = 0; n < std::min(budget, 20u) && next < records; ++n) {
        out.emit("k" + std::to_string(next % source.data.keys), name + ":" + std::to_string(next));
        ++next;
      }
      if (next == records) return sh::Poll::end();
      return sh::Poll::again_at(source.ctx.now_us() + 50);
    }
    void snapshot(sh::Writer& position) {
      source.data.fault->step();
      position.write(std::to_string(next));
    }
  };
  std::vector<std::string> partitions() { return numbered(data.partitions); }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume) {
    const uint64_t next = resume ? std::stoull(std::string(*resume)) : 0;
    return std::unique_ptr<Partition>(new Partition{*this, std::string(name), next});
  }
  sh::Context ctx;
  const Data& data;
};

// A state that owns memory, so that one that is lost or freed twice is found.
struct Ledger {
  struct Data {
    std::shared_ptr<Fault> fault;
    std::atomic<int64_t>* alive;
    LedgerPlan plan;
  };
  struct State {
    static inline std::atomic<std::atomic<int64_t>*> alive = nullptr;
    State() : count("0") { ++*alive.load(); }
    State(State&& other) noexcept : count(std::move(other.count)) { ++*alive.load(); }
    ~State() { --*alive.load(); }
    std::string count;
  };
  Ledger(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)) {
    State::alive = data.alive;
  }
  void save(const State& state, sh::Writer& to) {
    data.fault->step();
    to.write(state.count);
  }
  State restore(std::string_view saved, uint32_t) {
    State state;
    state.count = saved;
    return state;
  }
  void process(const sh::Batch& in, sh::States<State> states, sh::Out& out) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      data.fault->step();
      const std::string key(in[i].key());
      const uint64_t n = std::stoull(states[i].count) + 1;
      states[i].count = std::to_string(n);
      out.emit(key, key + " " + states[i].count);
      if (data.plan.forget_every == 0 || n % data.plan.forget_every != 0) continue;
      if (data.plan.delay_us == 0) {
        states[i].count = "0";
        // What comes later in this batch would meet the old state, and be forgotten with it.
        bool last = true;
        for (uint32_t j = i + 1; j < in.size(); ++j) last &= &states[j] != &states[i];
        if (last) ctx.discard(states[i]);
      } else {
        ctx.timer_set(states[i], SH_CLOCK_SYSTEM, ctx.now_us() + data.plan.delay_us, 7);
      }
    }
  }
  void on_timer(std::string_view key, State& state, int64_t, uint64_t tag, sh::Out& out) {
    out.emit(key, std::string(key) + " timer " + std::to_string(tag) + " at " + state.count);
    ctx.discard(state);
  }
  sh::Context ctx;
  const Data& data;
};

struct DiskSink {
  struct Data {
    std::shared_ptr<Disk> disk;
    uint32_t partitions;
    std::shared_ptr<Fault> fault;
  };
  DiskSink(const sh::Context&, const sh::Config&, const sh_component* component)
      : data(*static_cast<const Data*>(component->data)) {}
  struct Partition {
    const Data& data;
    std::string name;
    void write(const sh::Batch& batch) {
      const std::lock_guard lock(data.disk->mutex);
      auto& file = data.disk->files[name];
      for (const sh::Record r : batch) file.push_back(std::string(r.value()));
    }
    void prepare(uint64_t, sh::Writer& position) {
      data.fault->step();
      const std::lock_guard lock(data.disk->mutex);
      position.write(std::to_string(data.disk->files[name].size()));
    }
  };
  std::vector<std::string> partitions() { return numbered(data.partitions); }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume) {
    const std::lock_guard lock(data.disk->mutex);
    data.disk->files[std::string(name)].resize(resume ? std::stoull(std::string(*resume)) : 0);
    return std::unique_ptr<Partition>(new Partition{data, std::string(name)});
  }
  const Data& data;
};

struct TimedSource {
  struct Data {
    TimedPlan plan;
    std::shared_ptr<Fault> fault;
  };
  TimedSource(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)), started_us(c.now_us()) {}
  struct Partition {
    const TimedSource& source;
    int64_t index;
    uint64_t next;
    sh::Poll poll(sh::Out& out, uint32_t budget) {
      const TimedPlan& plan = source.data.plan;
      if (index == plan.silent) {
        const int64_t until = source.started_us + plan.silent_for_us;
        return source.ctx.now_us() < until ? sh::Poll::again_at(until) : sh::Poll::end();
      }
      for (uint32_t n = 0; n < std::min(budget, 50u) && next < plan.records; ++n, ++next) {
        out.emit_at(static_cast<int64_t>(next) * plan.step_us,
                    "k" + std::to_string(next % plan.keys), next);
      }
      if (next == plan.records) return sh::Poll::end();
      return sh::Poll::again_at(source.ctx.now_us() + index * plan.rest_us);
    }
    void snapshot(sh::Writer& position) {
      source.data.fault->step();
      position.write(std::to_string(next));
    }
  };
  std::vector<std::string> partitions() { return numbered(data.plan.partitions); }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume) {
    const uint64_t next = resume ? std::stoull(std::string(*resume)) : 0;
    return std::unique_ptr<Partition>(new Partition{*this, std::stoll(std::string(name)), next});
  }
  sh::Context ctx;
  const Data& data;
  const int64_t started_us;
};

struct WindowCounter {
  struct Data {
    int64_t length_us;
    std::atomic<uint64_t>* late;
    std::shared_ptr<Fault> fault;
  };
  using State = std::map<int64_t, int64_t>;  // window to count
  WindowCounter(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), data(*static_cast<const Data*>(component->data)) {}
  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      data.fault->step();
      const int64_t time = in.raw().records[i].event_time_us;
      if (time < ctx.watermark_us()) ++*data.late;
      const int64_t window = time / data.length_us;
      if (states[i][window]++ == 0) {
        ctx.timer_set(states[i], SH_CLOCK_EVENT, (window + 1) * data.length_us,
                      static_cast<uint64_t>(window));
      }
    }
  }
  void on_timer(std::string_view key, State& state, int64_t at, uint64_t tag, sh::Out& out) {
    if (ctx.watermark_us() < at) ++*data.late;
    const auto it = state.find(static_cast<int64_t>(tag));
    out.emit(key, std::string(key) + " " + std::to_string(tag) + " " + std::to_string(it->second));
    state.erase(it);
    if (state.empty()) ctx.discard(state);
  }
  void save(const State& state, sh::Writer& to) {
    data.fault->step();
    for (const auto& [window, count] : state) {
      to.write(std::to_string(window) + " " + std::to_string(count) + "\n");
    }
  }
  State restore(std::string_view saved, uint32_t) {
    State state;
    std::istringstream text{std::string(saved)};
    for (int64_t window = 0, count = 0; text >> window >> count;) state[window] = count;
    return state;
  }
  sh::Context ctx;
  const Data& data;
};

struct AbreastSource {
  struct Data {
    AbreastPlan plan;
    std::shared_ptr<AbreastLead> lead;
  };
  AbreastSource(const sh::Context&, const sh::Config&, const sh_component* component)
      : data(*static_cast<const Data*>(component->data)) {}
  struct Partition {
    const Data& data;
    bool first;
    uint64_t next = 0;
    sh::Poll poll(sh::Out& out, uint32_t budget) {
      for (uint32_t i = 0; i < (first ? budget : data.plan.step); ++i) {
        if (next == data.plan.records) return sh::Poll::end();
        out.emit_at(static_cast<int64_t>(next++), first ? "first" : "second", "");
      }
      AbreastLead& lead = *data.lead;
      if (!first) {
        lead.second = next;
      } else if (const uint64_t second = lead.second; next > second + lead.greatest) {
        lead.greatest = next - second;
      }
      return sh::Poll::more();
    }
  };
  std::vector<std::string> partitions() { return {"first", "second"}; }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view>) {
    return std::unique_ptr<Partition>(new Partition{data, name == "first"});
  }
  const Data& data;
};

class EndingCounter {
 public:
  using State = uint64_t;
  struct Data {
    bool ends;
  };
  EndingCounter(const sh::Context&, const sh::Config&, const sh_component* component)
      : data_(*static_cast<const Data*>(component->data)) {}
  void process(const sh::Batch& in, sh::States<State> states, sh::Out& out) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      const std::string key(in[i].key());
      out.emit(key, key + " " + std::to_string(++states[i]));
    }
  }
  bool ends() const { return data_.ends; }
  void on_end(std::string_view key, State& state, sh::Out& out) {
    out.emit(key, std::string(key) + " end " + std::to_string(state));
  }

 private:
  const Data data_;
};

}  // namespace

void TwoPhase::broken(const std::string& rule) { broken_rule = rule; }

void Fault::step() {
  if (--left == 0) throw std::runtime_error("the fault of the test");
}

std::vector<std::string> Disk::sorted() {
  std::vector<std::string> all;
  for (const auto& [name, lines] : files) all.insert(all.end(), lines.begin(), lines.end());
  std::sort(all.begin(), all.end());
  return all;
}

const sh_component* epoch_source(EpochSourcePlan plan) {
  return keep(sh::source<EpochSource>("epoch_source").data(plan));
}

const sh_component* epoch_op(std::atomic<uint64_t>* wrong, uint32_t flags) {
  return keep(flags == 0 ? sh::op<EpochOp>("epoch_op").data(wrong)
                         : sh::op<EpochOp, SH_OPERATOR_REDISTRIBUTE>("epoch_op").data(wrong));
}

const sh_component* epoch_keyed(std::atomic<uint64_t>* wrong) {
  return keep(sh::keyed<EpochKeyed>("epoch_keyed").data(wrong));
}

const sh_component* two_phase_sink(std::shared_ptr<TwoPhase> world, uint32_t partitions) {
  TwoPhaseSink::Data data{std::move(world), partitions};
  return keep(partitions == 0
                  ? sh::sink<TwoPhaseSink, SH_SINK_TRANSACTIONAL>("two_phase").data(data)
                  : sh::sink<PartitionedTwoPhase, SH_SINK_TRANSACTIONAL>("two_phase").data(data));
}

const sh_component* resumable_source(uint32_t partitions,
                                     std::shared_ptr<std::atomic<uint64_t>> records, uint64_t keys,
                                     std::shared_ptr<Fault> fault) {
  return keep(
      sh::source<ResumableSource>("resumable")
          .data(ResumableSource::Data{partitions, std::move(records), keys, std::move(fault)}));
}

const sh_component* ledger(std::shared_ptr<Fault> fault, std::atomic<int64_t>* alive,
                           LedgerPlan plan) {
  return keep(sh::keyed<Ledger>("ledger").data(Ledger::Data{std::move(fault), alive, plan}));
}

const sh_component* disk_sink(std::shared_ptr<Disk> disk, uint32_t partitions,
                              std::shared_ptr<Fault> fault) {
  return keep(sh::sink<DiskSink>("disk").data(
      DiskSink::Data{std::move(disk), partitions, std::move(fault)}));
}

const sh_component* abreast_source(AbreastPlan plan, std::shared_ptr<AbreastLead> lead) {
  return keep(
      sh::source<AbreastSource>("abreast").data(AbreastSource::Data{plan, std::move(lead)}));
}

const sh_component* ending_counter(bool ends) {
  return keep(sh::keyed<EndingCounter>("ending").data(EndingCounter::Data{ends}));
}

const sh_component* timed_source(TimedPlan plan, std::shared_ptr<Fault> fault) {
  return keep(sh::source<TimedSource>("timed").data(TimedSource::Data{plan, std::move(fault)}));
}

const sh_component* window_counter(int64_t length_us, std::atomic<uint64_t>* late,
                                   std::shared_ptr<Fault> fault) {
  return keep(sh::keyed<WindowCounter>("windows").data(
      WindowCounter::Data{length_us, late, std::move(fault)}));
}

}  // namespace streamhost::testing
