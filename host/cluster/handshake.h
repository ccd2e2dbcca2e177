// How two processes that have just been connected find out whether they belong together, before
// either of them believes anything else that the other one says.
//
//   both     Greeting   protocol version, process id, whether it has a token, a fresh nonce
//   both     Proof      only with a token: HMAC-SHA256 of both nonces and both ids, so that the
//                       token itself is never sent and no proof can be sent back or used again
//   both     Hello      the attempt, workers, fingerprint of the dataflow, plugins
//   either   Refusal    instead of any of them: why not, for the other one's log
//
// Each time the caller is first, and the one that was called answers only what it has found good.
// So a stranger who calls gets nothing, not even a Refusal unless it has greeted as we do; and once
// the caller is done, so is the other one.
//
// Under TLS the certificates have been checked before; the Greeting's process id must then be that
// of an address whose host the certificate names. Messages are Protobuf (handshake.proto) in
// frames of at most kMaxStrangersBody; a Greeting has at most kMaxGreeting bytes.
//
// Pure: bytes in, frames out, no sockets and no clock, so that it can be fuzzed. The caller ends
// connections whose handshake takes too long.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cluster/frame.h"

namespace streamhost::cluster {

constexpr uint32_t kProtocolVersion = 1;
constexpr uint32_t kMaxGreeting = 1024;  // bytes, as are all of these
constexpr uint32_t kMaxReason = 1000;

// What all processes of a cluster must agree on: names and what they are, sorted by name, such as
// "[operator.words] lowercase" -> "true", "plugin text" -> "0.1.0". Secrets only as digests.
using Fingerprint = std::map<std::string, std::string>;

// What a process says of itself.
struct Identity {
  uint32_t process_id = 0;
  uint32_t processes = 1;
  uint32_t workers = 1;
  uint64_t attempt = 0;  // random, new for each attempt at joining: tells old from new
  std::string host_version;
  Fingerprint fingerprint;
};

// What it knows of the other one once the handshake is over.
struct Peer {
  uint32_t process_id = 0;
  uint32_t workers = 0;
  uint64_t attempt = 0;
};

class Handshake {
 public:
  enum class State { kGoesOn, kDone, kRefused };
  // `expected`: the process that was called; -1 when somebody called us. `token`: empty for none.
  // `nonce`: 32 random bytes, never used before.
  Handshake(Identity self, int64_t expected, std::string token, std::string nonce);

  // The frames to send first; none when somebody called us. All frames are given whole, header and
  // body.
  std::vector<std::string> begin();
  // Takes a frame (type and body) and gives those to send in turn; also when it refuses. Once the
  // handshake is done or refused, frames are ignored.
  std::vector<std::string> take(FrameType type, std::string_view body);

  State state() const { return state_; }
  // Whom the other one claims to be; -1 before its Greeting.
  int64_t claimed() const { return claimed_; }
  // Whether the other one has shown that it has the token; without a token: that it has greeted.
  // What a caller without it is refused for, or refuses us for, is no reason to give up.
  bool proved() const { return proved_; }
  // Once done.
  const Peer& peer() const { return peer_; }
  // Once refused: why, for a person. kUsage when trying again cannot help as long as neither
  // process is started differently (another manifest, another number of processes, another
  // version, a wrong token); kFailed otherwise. Printable, at most kMaxReason bytes. `by_other`:
  // the other one has refused us.
  const Status& refusal() const { return refusal_; }
  bool by_other() const { return by_other_; }

 private:
  using Frames = std::vector<std::string>;
  // What the next frame must be.
  enum class Next { kGreeting, kProof, kHello };

  bool was_called() const { return expected_ < 0; }
  Frames take_greeting(std::string_view body);
  Frames take_proof(std::string_view body);
  Frames take_hello(std::string_view body);
  void take_refusal(std::string_view body);
  std::string greeting() const;
  std::string proof() const;
  std::string hello() const;
  struct Beginning beginning() const;
  // Ends it. `here` says why to a person at this end, `there` to one at the other.
  Frames refuse(Code code, const std::string& here, const std::string& there);
  // ... because of something that streamhost does not say.
  Frames refuse_nonsense(const std::string& what);

  const Identity self_;
  const int64_t expected_;
  const std::string token_;
  const std::string nonce_;
  State state_ = State::kGoesOn;
  Next next_ = Next::kGreeting;
  bool has_greeted_ = false;  // so that it gets a Refusal
  std::string their_nonce_;
  int64_t claimed_ = -1;
  bool proved_ = false;
  Peer peer_;
  Status refusal_;
  bool by_other_ = false;
};

// What differs between two fingerprints, the first few of it, for a person: `[operator.words]
// lowercase is "false" there and "true" here; [sink.out] is missing there`. Empty: nothing.
std::string differences(const Fingerprint& here, const Fingerprint& there);

}  // namespace streamhost::cluster
