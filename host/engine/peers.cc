#include "engine/peers.h"

#include "base/fixed64.h"
#include "engine/messages.pb.h"

namespace streamhost {
namespace {

using cluster::FrameType;
using cluster::Received;
using Stage = EpochNews::Stage;

std::string_view text_of(const Received& frame) {
  return {reinterpret_cast<const char*>(frame.body.data()), frame.body.size()};
}

// The message in a frame; false when there is none.
template <class Message>
bool parse(const Received& frame, Message& message) {
  return message.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size()));
}

Status nonsense(const char* what) {
  return Status::failed(std::string(what) + " that cannot be understood");
}

}  // namespace

Peers::Peers(cluster::Members& members, ExchangeHub& hub, ClusterSettings::Compression compression,
             std::function<void(const Status&)> failed)
    : members_(members), hub_(hub), failed_(failed), trunk_(members, hub, compression, failed) {}

void Peers::start(PeerNews& news) {
  members_.deliver(hub_.arenas, {[this, &news](uint32_t from, Received& frame) {
                                   return take(from, frame, news);
                                 },
                                 [&news](const Status& why) { news.lost(why); }});
}

void Peers::stop(const Status& why) { members_.close(why); }

Status Peers::take(uint32_t from, Received& frame, PeerNews& news) {
  switch (frame.header.type) {
    case FrameType::kBlock: return trunk_.take_block(from, frame);
    case FrameType::kCredit: return trunk_.take_credit(from, frame);
    case FrameType::kEpoch: {
      engine::wire::Epoch message;
      if (!parse(frame, message) || !engine::wire::Epoch::Stage_IsValid(message.stage())) {
        return nonsense("news of an epoch");
      }
      EpochNews told;
      told.stage = static_cast<Stage>(message.stage());
      told.epoch = message.epoch();
      told.last = message.last();
      told.cleared.assign(message.cleared().begin(), message.cleared().end());
      news.epoch(told);
      return Status::ok();
    }
    case FrameType::kTime: {
      engine::wire::Time message;
      if (!parse(frame, message)) return nonsense("an event time");
      news.time(from, {message.least_us().begin(), message.least_us().end()});
      return Status::ok();
    }
    case FrameType::kRows: return news.rows(from, frame.header.tag, text_of(frame));
    case FrameType::kRowsCredit:
      if (frame.body.size() != 8) return nonsense("a receipt for rows");
      news.rows_settled(read_fixed64(text_of(frame).data()));
      return Status::ok();
    case FrameType::kStates: return news.states(from, frame);
    case FrameType::kStatesCredit: return news.states_credit(from, frame);
    case FrameType::kDrain: news.drain_asked(); return Status::ok();
    default: break;
  }
  return nonsense("a frame");
}

void Peers::send(uint32_t process, FrameType type, uint32_t tag, std::string_view body) {
  cluster::Frame frame = cluster::make_frame(members_.frames(), type, tag, body);
  if (!frame.chunk) return failed_(Status::failed("out of memory"));
  members_.send(process, std::move(frame));
}

void Peers::send_all(FrameType type, const std::string& body) {
  for (uint32_t process = 0; process < members_.workers().size(); ++process) {
    if (process != members_.self()) send(process, type, 0, body);
  }
}

void Peers::tell(const EpochNews& news) {
  engine::wire::Epoch message;
  message.set_stage(static_cast<engine::wire::Epoch::Stage>(news.stage));
  message.set_epoch(news.epoch);
  message.set_last(news.last);
  for (const uint32_t step : news.cleared) message.add_cleared(step);
  send_all(FrameType::kEpoch, message.SerializeAsString());
}

void Peers::tell_time(const std::vector<int64_t>& least_us) {
  engine::wire::Time message;
  for (const int64_t us : least_us) message.add_least_us(us);
  send_all(FrameType::kTime, message.SerializeAsString());
}

void Peers::tell_drain() { send_all(FrameType::kDrain, ""); }

}  // namespace streamhost
