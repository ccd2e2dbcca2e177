#include "engine/testing/growing_components.h"

#include <streamhost/sdk.hpp>

#include <deque>
#include <set>

namespace streamhost::testing {
namespace {

namespace sh = streamhost;

const sh_component* keep(sh::Component component) {
  static std::mutex mutex;
  static auto* all = new std::deque<sh::Component>;
  const std::lock_guard lock(mutex);
  return all->emplace_back(std::move(component)).finish();
}

struct GrowingSource {
  using Data = std::shared_ptr<Growth>;
  GrowingSource(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), growth(**static_cast<const Data*>(component->data)) {
    growth.add_waker([waker = ctx.waker()] { waker.wake(); });
  }
  struct Partition {
    const GrowingSource& source;
    std::string name;
    uint64_t next;
    sh::Poll poll(sh::Out& out, uint32_t budget) {
      const Growth::Part part = source.growth.part(name);
      for (uint32_t n = 0; n < budget && next < part.records; ++n, ++next) {
        out.emit_at(part.time_us + static_cast<int64_t>(next), name,
                    name + ":" + std::to_string(next));
      }
      if (next < part.records) return sh::Poll::more();
      return part.ends ? sh::Poll::end() : sh::Poll::when_woken();
    }
    void snapshot(sh::Writer& position) { position.write(std::to_string(next)); }
  };
  std::vector<std::string> partitions() { return growth.at_start; }
  sh::Added added(sh::Writer& to) {
    std::vector<std::string> names;
    const bool no_more = growth.added(ctx.worker_index(), &seen, &names);
    for (const std::string& name : names) to.write(name);
    return no_more ? sh::Added::no_more() : sh::Added::more_may_come();
  }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume) {
    growth.note_opened({std::string(name), ctx.worker_index(),
                        resume ? std::optional(std::string(*resume)) : std::nullopt,
                        ctx.resumed()});
    const uint64_t next = resume ? std::stoull(std::string(*resume)) : 0;
    return std::unique_ptr<Partition>(new Partition{*this, std::string(name), next});
  }
  sh::Context ctx;
  Growth& growth;
  size_t seen = 0;
};

struct AskingSink {
  using Data = std::shared_ptr<Asking>;
  AskingSink(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), world(**static_cast<const Data*>(component->data)) {
    const std::lock_guard lock(world.mutex);
    world.ask = [asks = ctx] { return asks.request_epoch(); };
  }
  struct Partition {
    AskingSink& sink;
    std::vector<std::string> held;
    sh::Written write(const sh::Batch& batch) {
      if (held.size() >= sink.world.holds && !sink.ctx.request_epoch()) {
        return {0, sink.ctx.now_us() + 200};
      }
      for (const sh::Record r : batch) held.emplace_back(r.value());
      sink.world.written += batch.size();
      return {batch.size()};
    }
    void prepare(uint64_t epoch, sh::Writer& handle) {
      const std::string text =
          std::to_string(epoch) + "/" + std::to_string(sink.ctx.worker_index());
      const std::lock_guard lock(sink.world.mutex);
      sink.world.staged[text] = std::exchange(held, {});
      handle.write(text);
    }
  };
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::unique_ptr<Partition>(new Partition{*this, {}});
  }
  void commit(uint64_t, std::string_view handle) {
    const std::lock_guard lock(world.mutex);
    const auto it = world.staged.find(std::string(handle));
    if (it == world.staged.end()) return;
    if (!it->second.empty()) ++world.commits;
    world.visible += it->second.size();
    world.staged.erase(it);
  }
  sh::Context ctx;
  Asking& world;
};

struct TogetherSink {
  using Data = std::shared_ptr<Together>;
  TogetherSink(const sh::Context& c, const sh::Config&, const sh_component* component)
      : ctx(c), world(**static_cast<const Data*>(component->data)), waker(c.waker()) {}
  struct Partition {
    const TogetherSink& sink;
    void write(const sh::Batch&) {}
    void prepare(uint64_t epoch, sh::Writer& handle) {
      handle.write(std::to_string(epoch) + "/" + std::to_string(sink.ctx.worker_index()));
    }
  };
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    runs = true;
    return std::unique_ptr<Partition>(new Partition{*this});
  }
  sh::Settled commit(uint64_t, std::string_view handle) {
    if (runs) return {};
    {
      const std::lock_guard lock(world.mutex);
      world.calls[ctx.worker_index()].emplace_back(handle);
    }
    given.insert(std::string(handle));
    const size_t expected = ctx.worker_index() == 0 ? world.expects_first : 1;
    if (given.size() < expected && !world.give_up) {
      return world.by_waker ? sh::Settled::when_woken() : sh::Settled::again_at(ctx.now_us() + 200);
    }
    waker.wake();
    return {};
  }
  sh::Context ctx;
  Together& world;
  sh::Waker waker;
  std::set<std::string> given;
  bool runs = false;
};

}  // namespace

void Growth::wake_all() {
  std::vector<std::function<void()>> wakers;
  {
    const std::lock_guard lock(mutex_);
    wakers = wakers_;
  }
  for (const auto& wake : wakers) wake();
}

void Growth::set(const std::string& name, Part part) {
  {
    const std::lock_guard lock(mutex_);
    parts_[name] = part;
  }
  wake_all();
}

void Growth::come_up(const std::vector<std::string>& names, bool no_more) {
  {
    const std::lock_guard lock(mutex_);
    came_up_.insert(came_up_.end(), names.begin(), names.end());
    no_more_ = no_more;
  }
  wake_all();
}

void Growth::fail_added() {
  {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }
  wake_all();
}

std::vector<Growth::Opened> Growth::opened() {
  const std::lock_guard lock(mutex_);
  return opened_;
}

uint64_t Growth::asked(uint32_t worker) {
  const std::lock_guard lock(mutex_);
  return asked_[worker];
}

void Growth::add_waker(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wakers_.push_back(std::move(wake));
}

Growth::Part Growth::part(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return parts_[name];
}

void Growth::note_opened(Opened opened) {
  const std::lock_guard lock(mutex_);
  opened_.push_back(std::move(opened));
}

bool Growth::added(uint32_t worker, size_t* seen, std::vector<std::string>* names) {
  const std::lock_guard lock(mutex_);
  ++asked_[worker];
  if (fails_) throw std::runtime_error("the list cannot be read");
  if (repeats) {
    for (int twice = 0; twice < 2; ++twice) {
      names->insert(names->end(), at_start.begin(), at_start.end());
      names->insert(names->end(), came_up_.begin(), came_up_.end());
    }
  } else {
    for (; *seen < came_up_.size(); ++*seen) names->push_back(came_up_[*seen]);
  }
  return no_more_;
}

const sh_component* growing_source(std::shared_ptr<Growth> growth) {
  return keep(sh::source<GrowingSource>("growing").data(GrowingSource::Data(std::move(growth))));
}

const sh_component* asking_sink(std::shared_ptr<Asking> asking) {
  return keep(sh::sink<AskingSink, SH_SINK_TRANSACTIONAL>("asking").data(
      AskingSink::Data(std::move(asking))));
}

const sh_component* together_sink(std::shared_ptr<Together> together) {
  return keep(sh::sink<TogetherSink, SH_SINK_TRANSACTIONAL>("together")
                  .data(TogetherSink::Data(std::move(together))));
}

}  // namespace streamhost::testing
