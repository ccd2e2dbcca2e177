#include "settling.h"

#include <memory>

#include "crash_points.h"
#include "epoch_marker.h"
#include "kept_epoch.h"
#include "transaction.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

using Stop = std::atomic<bool>;

std::unique_ptr<Producer> take_over(const SinkOptions& options, const sh::Context& ctx,
                                    const std::string& id, const Stop& stop) {
  auto producer = std::make_unique<Producer>(options.conf_for(id), ctx, sh::Waker());
  producer->connect();
  init_transactions(*producer, stop);
  return producer;
}

// Whether an epoch is to be produced again, of which its topic does not tell it any more.
bool again_though_lost(const SinkOptions& options, const sh::Context& ctx,
                       const EpochHandle& handle, const std::string& what) {
  const std::string lost = "whether " + what +
                           " was committed is not known any more: the topic \"" +
                           handle.marker_topic + "\" has nothing from offset " +
                           std::to_string(handle.marker_offset) + " on";
  switch (options.on_lost_marker) {
    case OnLostMarker::kProduce: ctx.warn(lost + "; it is produced again"); return true;
    case OnLostMarker::kSkip: ctx.warn(lost + "; it is skipped"); return false;
    case OnLostMarker::kFail: break;
  }
  throw sh::state_error(lost +
                        "; say on_lost_marker = \"produce\" to have it (perhaps) twice, or "
                        "\"skip\" to have it (perhaps) never");
}

// One whose id was taken over by `producer`.
void settle_one(const SinkOptions& options, const sh::Context& ctx, const PastEpoch& past,
                Producer& producer, const Stop& stop) {
  std::string_view kept;
  const EpochHandle handle = decode_handle(past.handle, kept);
  if (!handle.has_output()) return;
  const std::string what = "epoch " + std::to_string(past.epoch) + " of \"" + past.id + "\"";
  switch (ask_marker(options.conf, ctx, handle, stop)) {
    case Marked::kYes: return;
    case Marked::kLost:
      if (!again_though_lost(options, ctx, handle, what)) return;
      break;
    case Marked::kNo: break;
  }
  const CrashPoints crash(ctx);
  const EpochOutput output = output_of(handle, kept, what);
  ctx.info(what + " was not committed: its " + std::to_string(output.count()) +
           " messages are produced again");
  begin_transaction(producer);
  send_kept_epoch(producer, past.epoch, handle, output, stop);
  crash.pass("kafka_produced_again");
  commit_transaction(producer, stop);
  crash.pass("kafka_committed_again");
}

}  // namespace

void settle(const SinkOptions& options, const sh::Context& ctx, const std::vector<PastEpoch>& past,
            const std::set<std::string>& fence, const Stop& stop) {
  const CrashPoints crash(ctx);
  std::set<std::string> others = fence;
  std::vector<std::unique_ptr<Producer>> producers;
  for (const PastEpoch& one : past) {
    producers.push_back(take_over(options, ctx, one.id, stop));
    others.erase(one.id);
    crash.pass("kafka_fenced");
  }
  for (const std::string& other : others) take_over(options, ctx, other, stop);
  for (size_t i = 0; i < past.size(); ++i) {
    settle_one(options, ctx, past[i], *producers[i], stop);
    producers[i].reset();
  }
}

}  // namespace kafka_plugin
