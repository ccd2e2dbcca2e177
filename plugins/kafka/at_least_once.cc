#include "at_least_once.h"

namespace kafka_plugin {

namespace sh = streamhost;

AtLeastOnce::AtLeastOnce(const sh::Context& ctx, const SinkOptions& options)
    : ctx_(ctx), addressing_(options), producer_(options.conf, ctx, ctx.waker()) {
  producer_.connect();
}

sh::Written AtLeastOnce::write(const sh::Batch& in) {
  flush();
  for (uint32_t i = 0; i < in.size(); ++i) {
    const sh_record& record = in.raw().records[i];
    Outgoing message;
    if (const auto why = addressing_.address(record, message)) {
      ctx_.reject(record, *why);
      continue;
    }
    std::string why;
    Producer::Sent sent = producer_.send(message, why);
    if (sent == Producer::Sent::kFull) {
      // Between the first look and the wish to be woken something may have been delivered.
      producer_.deliveries().wake_me();
      flush();
      sent = producer_.send(message, why);
    }
    if (sent == Producer::Sent::kFull) return {i};
    if (sent == Producer::Sent::kBad) ctx_.reject(record, why);
  }
  return {in.size()};
}

void AtLeastOnce::flush() {
  producer_.serve();
  producer_.check();
}

sh::Settled AtLeastOnce::prepare(uint64_t, sh::Writer&) {
  producer_.deliveries().wake_me();
  producer_.serve();
  producer_.check();
  return producer_.deliveries().in_flight() == 0 ? sh::Settled() : sh::Settled::when_woken();
}

}  // namespace kafka_plugin
