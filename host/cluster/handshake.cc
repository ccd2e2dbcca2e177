#include "cluster/handshake.h"

#include <google/protobuf/message_lite.h>

#include <utility>

#include "cluster/fingerprint.h"
#include "cluster/handshake.pb.h"
#include "cluster/printable.h"
#include "cluster/proof.h"

namespace streamhost::cluster {
namespace {

// Each message is bounded before it is parsed; all but the Hello come from strangers.
constexpr size_t kMaxProof = 256;
constexpr size_t kMaxRefusal = 2 * kMaxReason;
constexpr size_t kMaxHello = kMaxStrangersBody;
// Entries of a fingerprint are sent as long as a Hello has room, with some for what each costs.
constexpr size_t kMaxEntries = kMaxHello - 4096;
constexpr size_t kEntryCost = 16;
// As many as a manifest may ask for.
constexpr uint32_t kMaxWorkers = 1024;
constexpr size_t kMaxVersionText = 100;

bool parse(google::protobuf::MessageLite& message, std::string_view body, size_t most) {
  return body.size() <= most && message.ParseFromArray(body.data(), static_cast<int>(body.size()));
}

std::string frame_of(FrameType type, const google::protobuf::MessageLite& message) {
  return frame_text(type, 0, message.SerializeAsString());
}

std::string process(int64_t id) { return "process " + std::to_string(id); }

std::string other_protocol(uint32_t there, uint32_t here) {
  return "it speaks version " + std::to_string(there) +
         " of the protocol between processes, and this process version " + std::to_string(here) +
         ": all processes must run the same version of streamhost";
}

std::string other_version(std::string_view there, std::string_view here) {
  return "it runs streamhost " + printable(there, kMaxVersionText) + ", and this process " +
         printable(here, kMaxVersionText) +
         ": all processes must run the same version of streamhost";
}

std::string other_number(uint32_t there, uint32_t here) {
  return "it is one of " + std::to_string(there) + " processes, and this process one of " +
         std::to_string(here) + ": the list of addresses must be the same everywhere";
}

std::string other_fingerprint(const Fingerprint& here, const Fingerprint& there) {
  std::string text = differences(here, there);
  if (text.empty()) text = "in what comes behind the first few hundred settings";
  return "it runs something else: " + text;
}

}  // namespace

Handshake::Handshake(Identity self, int64_t expected, std::string token, std::string nonce)
    : self_(std::move(self)),
      expected_(expected),
      token_(std::move(token)),
      nonce_(std::move(nonce)) {}

Handshake::Frames Handshake::begin() {
  if (was_called()) return {};
  return {greeting()};
}

Handshake::Frames Handshake::take(FrameType type, std::string_view body) {
  if (state_ != State::kGoesOn) return {};
  if (type == FrameType::kRefusal) {
    take_refusal(body);
    return {};
  }
  if (type == FrameType::kGreeting && next_ == Next::kGreeting) return take_greeting(body);
  if (type == FrameType::kProof && next_ == Next::kProof) return take_proof(body);
  if (type == FrameType::kHello && next_ == Next::kHello) return take_hello(body);
  return refuse_nonsense("a frame out of turn");
}

Handshake::Frames Handshake::take_greeting(std::string_view body) {
  pb::Greeting greeting_there;
  if (!parse(greeting_there, body, kMaxGreeting)) return refuse_nonsense("its greeting");
  const uint32_t version = greeting_there.protocol_version();
  if (version != 0 && version != kProtocolVersion) {
    // What else a greeting of another version says, nobody knows; but it gets an answer.
    has_greeted_ = true;
    return refuse(Code::kUsage, other_protocol(version, kProtocolVersion),
                  other_protocol(kProtocolVersion, version));
  }
  if (version == 0 || greeting_there.nonce().size() != kNonceSize ||
      greeting_there.nonce() == nonce_) {
    return refuse_nonsense("its greeting");
  }
  has_greeted_ = true;
  their_nonce_ = greeting_there.nonce();
  claimed_ = greeting_there.process_id();

  if (claimed_ == self_.process_id) {
    const std::string text =
        "it says that it is " + process(claimed_) +
        ", as this process is: two have been started with the same id, or the list of addresses "
        "leads a process to itself";
    return refuse(Code::kUsage, text, text);
  }
  if (!was_called() && claimed_ != expected_) {
    // Not for good: the name of a host may lead to another machine for a while.
    return refuse(
        Code::kFailed,
        process(claimed_) +
            " has answered instead: is the order of the addresses the "
            "same everywhere, and the process id right there?",
        "it has called " + process(expected_) + ", and this is " + process(claimed_) +
            ": is the order of the addresses the same everywhere, and the process id right "
            "here?");
  }
  if (claimed_ >= self_.processes) {
    return refuse(Code::kUsage,
                  "it says that it is " + process(claimed_) + ", and the last one here is " +
                      process(self_.processes - 1) +
                      ": the list of addresses must be the same everywhere",
                  "it has no " + process(claimed_) +
                      " in its list of addresses, which must be the same everywhere");
  }
  if (greeting_there.token() != !token_.empty()) {
    const std::string without =
        "it has no token, and this process has one: [cluster] token must be the same everywhere";
    const std::string with =
        "it asks for a token, and this process has none: [cluster] token must be the same "
        "everywhere";
    return token_.empty() ? refuse(Code::kUsage, with, without)
                          : refuse(Code::kUsage, without, with);
  }

  Frames frames;
  if (was_called()) frames.push_back(greeting());
  if (token_.empty()) {
    proved_ = true;
    next_ = Next::kHello;
    if (!was_called()) frames.push_back(hello());
    return frames;
  }
  next_ = Next::kProof;
  if (!was_called()) frames.push_back(proof());
  return frames;
}

Handshake::Frames Handshake::take_proof(std::string_view body) {
  pb::Proof proof_there;
  if (!parse(proof_there, body, kMaxProof) ||
      !is_proof(proof_there.digest(), token_, was_called() ? Role::kCaller : Role::kCalled,
                beginning())) {
    // The same whatever is wrong with it.
    const std::string text =
        "its token is not the one of this process: [cluster] token must be the same everywhere";
    return refuse(Code::kUsage, text, text);
  }
  proved_ = true;
  next_ = Next::kHello;
  return {was_called() ? proof() : hello()};
}

Handshake::Frames Handshake::take_hello(std::string_view body) {
  pb::Hello hello_there;
  if (!parse(hello_there, body, kMaxHello) || hello_there.processes() == 0 ||
      hello_there.workers() == 0 || hello_there.workers() > kMaxWorkers) {
    return refuse_nonsense("what it says of itself");
  }
  const std::string& version = hello_there.host_version();
  if (version != self_.host_version) {
    return refuse(Code::kUsage, other_version(version, self_.host_version),
                  other_version(self_.host_version, version));
  }
  if (hello_there.processes() != self_.processes) {
    return refuse(Code::kUsage, other_number(hello_there.processes(), self_.processes),
                  other_number(self_.processes, hello_there.processes()));
  }
  const std::string ours = digest(self_.fingerprint);
  if (ours.empty() || hello_there.fingerprint_digest() != ours) {
    Fingerprint there;
    for (const auto& entry : hello_there.entries()) there[entry.name()] = entry.value();
    Fingerprint here = shortened(self_.fingerprint);
    if (hello_there.more_entries() && !there.empty()) {
      here.erase(here.upper_bound(there.rbegin()->first), here.end());
    }
    return refuse(Code::kUsage, other_fingerprint(here, there), other_fingerprint(there, here));
  }
  peer_ = {static_cast<uint32_t>(claimed_), hello_there.workers(), hello_there.attempt()};
  state_ = State::kDone;
  return was_called() ? Frames{hello()} : Frames{};
}

void Handshake::take_refusal(std::string_view body) {
  pb::Refusal refusal_there;
  if (!parse(refusal_there, body, kMaxRefusal)) {
    refuse_nonsense("its refusal");
    return;
  }
  std::string reason = printable(refusal_there.reason(), kMaxReason);
  if (reason.empty()) reason = "it does not say why";
  state_ = State::kRefused;
  by_other_ = true;
  refusal_ = Status(refusal_there.for_good() ? Code::kUsage : Code::kFailed, std::move(reason));
}

std::string Handshake::greeting() const {
  pb::Greeting message;
  message.set_protocol_version(kProtocolVersion);
  message.set_process_id(self_.process_id);
  message.set_token(!token_.empty());
  message.set_nonce(nonce_);
  return frame_of(FrameType::kGreeting, message);
}

std::string Handshake::proof() const {
  pb::Proof message;
  message.set_digest(make_proof(token_, was_called() ? Role::kCalled : Role::kCaller, beginning()));
  return frame_of(FrameType::kProof, message);
}

std::string Handshake::hello() const {
  pb::Hello message;
  message.set_attempt(self_.attempt);
  message.set_processes(self_.processes);
  message.set_workers(self_.workers);
  message.set_host_version(self_.host_version);
  message.set_fingerprint_digest(digest(self_.fingerprint));
  size_t size = 0;
  for (const auto& [name, value] : shortened(self_.fingerprint)) {
    size += name.size() + value.size() + kEntryCost;
    if (size > kMaxEntries) {
      message.set_more_entries(true);
      break;
    }
    pb::Hello::Entry& entry = *message.add_entries();
    entry.set_name(name);
    entry.set_value(value);
  }
  return frame_of(FrameType::kHello, message);
}

Beginning Handshake::beginning() const {
  const auto there = static_cast<uint32_t>(claimed_);
  if (was_called()) return {their_nonce_, nonce_, there, self_.process_id};
  return {nonce_, their_nonce_, self_.process_id, there};
}

Handshake::Frames Handshake::refuse(Code code, const std::string& here, const std::string& there) {
  state_ = State::kRefused;
  refusal_ = Status(code, printable(here, kMaxReason));
  if (!has_greeted_) return {};
  pb::Refusal message;
  message.set_reason(printable(there, kMaxReason));
  message.set_for_good(code == Code::kUsage);
  return {frame_of(FrameType::kRefusal, message)};
}

Handshake::Frames Handshake::refuse_nonsense(const std::string& what) {
  return refuse(Code::kFailed, "it does not speak as streamhost does: " + what + " makes no sense",
                "it does not understand this process: is that streamhost, too?");
}

}  // namespace streamhost::cluster
