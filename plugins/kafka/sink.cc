#include "sink.h"

#include <algorithm>

#include "at_least_once.h"
#include "exactly_once.h"

namespace kafka_plugin {

namespace sh = streamhost;

KafkaSink::KafkaSink(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx), options_(config) {
  // What librdkafka has to say about how the properties fit together, before anything runs.
  const ClientConf conf = options_.exactly_once ? options_.conf_for(options_.transactional_id)
                                                : options_.conf.copy_of();
  const Producer trial(conf, ctx_, sh::Waker());
}

std::unique_ptr<SinkPart> KafkaSink::open(std::string_view, std::optional<std::string_view>) {
  background_.reset();
  past_.clear();
  to_fence_.clear();
  if (!options_.exactly_once) {
    auto part = std::make_unique<AtLeastOnce>(ctx_, options_);
    part_ = part.get();
    return part;
  }
  auto part = std::make_unique<ExactlyOnce>(ctx_, options_, is_named_, [this] { part_ = nullptr; });
  part_ = part.get();
  return part;
}

sh::Settled KafkaSink::commit(uint64_t epoch, std::string_view handle) {
  if (part_ != nullptr && part_->has_prepared(epoch)) return part_->commit();
  return settle_past(epoch, handle);
}

// Before any part is open.
sh::Settled KafkaSink::settle_past(uint64_t epoch, std::string_view handle) {
  if (handle.empty()) return {};  // of a sink that wrote at least once
  std::string_view output;
  const EpochHandle named = decode_handle(handle, output);
  const std::string id = named.transactional_id();
  const bool is_known = std::any_of(past_.begin(), past_.end(),
                                    [&id](const PastEpoch& past) { return past.id == id; });
  if (!is_known) {
    background_.reset();
    past_.push_back({epoch, id, std::string(handle)});
    is_named_ = is_named_ ||
                (named.prefix == options_.transactional_id && ctx_.worker_index() < named.slots);
    return sh::Settled::again_at(ctx_.now_us());
  }
  if (background_ == nullptr) {
    background_ = std::make_unique<Background>(ctx_.waker());
    background_->start(
        [this](const Background::Stop& stop) { settle(options_, ctx_, past_, to_fence_, stop); });
  }
  if (background_->running()) return sh::Settled::when_woken();
  background_->check();
  return {};
}

void KafkaSink::abort(std::string_view handle) {
  // Its transaction ends when its id is taken over. The part that is open does that by closing.
  if (part_ != nullptr || handle.empty()) return;
  std::string_view output;
  to_fence_.insert(decode_handle(handle, output).transactional_id());
}

sh::Component kafka_sink() {
  return sh::sink<KafkaSink, SH_SINK_TRANSACTIONAL>("sink")
      .summary("messages of Kafka topics, at least once or exactly once")
      .options(sink_options());
}

}  // namespace kafka_plugin
