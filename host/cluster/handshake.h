// How two processes that have just been connected find out whether they belong together, before
// either of them believes anything else that the other one says.
//
//   both     Greeting   protocol version, process id, what it takes as proof, a fresh nonce
//   both     Proof      only with a token: HMAC-SHA256 of both nonces and both ids, so that the
//                       token itself is never sent and no proof can be sent back or used again
//   both     Hello      the attempt, workers, fingerprint of the dataflow, plugins
//   either   Refusal    instead of any of them: why not, for the other one's log
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
constexpr uint32_t kMaxGreeting = 1024;

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

  // The frames to send first.
  std::vector<std::string> begin();
  // Takes a frame (type and body) and gives those to send in turn; also when it refuses.
  std::vector<std::string> take(FrameType type, std::string_view body);

  State state() const;
  // Whom the other one claims to be; -1 before its Greeting.
  int64_t claimed() const;
  // Once done.
  const Peer& peer() const;
  // Once refused: why, for a person. kUsage when trying again cannot help as long as neither
  // process is started differently (another manifest, another number of processes, another
  // version, a wrong token); kFailed otherwise. `by_other`: the other one has refused us.
  const Status& refusal() const;
  bool by_other() const;

 private:
  // (the implementation's)
};

// What differs between two fingerprints, the first few of it, for a person: `[operator.words]
// lowercase is "false" there and "true" here; [sink.out] is missing there`. Empty: nothing.
std::string differences(const Fingerprint& here, const Fingerprint& there);

}  // namespace streamhost::cluster
