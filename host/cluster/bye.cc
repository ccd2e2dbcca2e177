#include "cluster/bye.h"

#include "cluster/bye.pb.h"
#include "cluster/handshake.h"
#include "cluster/printable.h"

namespace streamhost::cluster {
namespace {

pb::Bye::Kind kind_of(const Status& why) {
  switch (why.code()) {
    case Code::kOk: return pb::Bye::DONE;
    case Code::kFailed: return pb::Bye::FAILED;
    case Code::kUsage: return pb::Bye::USAGE;
    case Code::kPlugin: return pb::Bye::PLUGIN;
    case Code::kRecovery: return pb::Bye::RECOVERY;
    case Code::kLost:
    case Code::kStopped: break;
  }
  return pb::Bye::LOST;
}

Code code_of(pb::Bye::Kind kind) {
  switch (kind) {
    case pb::Bye::DONE: return Code::kOk;
    case pb::Bye::FAILED: return Code::kFailed;
    case pb::Bye::USAGE: return Code::kUsage;
    case pb::Bye::PLUGIN: return Code::kPlugin;
    case pb::Bye::RECOVERY: return Code::kRecovery;
    default: return Code::kLost;
  }
}

}  // namespace

std::string write_bye(const Bye& bye) {
  pb::Bye message;
  message.set_kind(kind_of(bye.why));
  message.set_text(printable(bye.why.message(), kMaxReason));
  message.set_origin(bye.origin);
  return message.SerializeAsString();
}

std::optional<Bye> read_bye(std::string_view body) {
  pb::Bye message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) return std::nullopt;
  const Code code = code_of(message.kind());
  return Bye{code == Code::kOk ? Status::ok() : Status(code, printable(message.text(), kMaxReason)),
             message.origin()};
}

}  // namespace streamhost::cluster
