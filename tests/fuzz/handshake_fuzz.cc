// A handshake in which the other one says anything: the truth, the truth with a byte changed, or
// arbitrary frames, in any order, as the one who calls or the one who is called.
//
//   input = role token step*
//   role  = "c" (the one under test calls) or anything else (it is called)
//   token = "t" (both have one) or anything else (neither has)
//   step  = "h"                      the next frame of an honest other one
//         | "x" position:u8 byte     the same, with the byte at this position changed
//         | type size:u8 byte*       any frame
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/handshake.h"

namespace {

using namespace streamhost::cluster;
using streamhost::Result;
using Frames = std::vector<std::string>;
using State = Handshake::State;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Parsed {
  FrameType type;
  std::string body;
};

// What one of ours has said: always a frame that others take.
Parsed parsed(const std::string& frame) {
  require(frame.size() >= kHeaderSize);
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(frame.data()),
                                       frame.size());
  const Result<FrameHeader> header = read_header(bytes.first<kHeaderSize>(), kMaxStrangersBody);
  require(header.is_ok() && checks(*header, bytes.subspan(kHeaderSize)));
  require(header->type != FrameType::kGreeting || header->size <= kMaxGreeting);
  return {header->type, frame.substr(kHeaderSize)};
}

Identity identity(uint32_t id) {
  return {id, 3, 2, 7, "0.1.0", {{"[operator.words] lowercase", "true"}, {"plugin text", "1"}}};
}

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  bool is_empty() const { return rest_.empty(); }
  char byte() {
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  uint8_t number() { return static_cast<uint8_t>(byte()); }
  std::string bytes(size_t count) {
    const std::string out(rest_.substr(0, count));
    rest_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view rest_;
};

// Both of them, and what the honest one has said and the other not heard yet.
class Pair {
 public:
  Pair(bool calls, const std::string& token)
      : token_(token),
        tested_(identity(calls ? 1 : 0), calls ? 0 : -1, token, std::string(32, 'a')),
        honest_(identity(calls ? 0 : 1), calls ? -1 : 0, token, std::string(32, 'b')) {
    heard_from_honest(honest_.begin());
    hear(tested_.begin());
  }

  void step(Input& input) {
    const char what = input.byte();
    if (what == 'h' || what == 'x') {
      if (queue_.empty()) return;
      Parsed frame = parsed(queue_.front());
      queue_.pop_front();
      if (what == 'x' && !frame.body.empty()) {
        const size_t at = input.number() % frame.body.size();
        frame.body[at] = input.byte();
      }
      take(frame.type, frame.body);
      return;
    }
    const size_t size = input.number();
    take(static_cast<FrameType>(what), input.bytes(size));
  }

 private:
  void take(FrameType type, const std::string& body) {
    const State before = tested_.state();
    const bool had_proved = tested_.proved();
    const Frames frames = tested_.take(type, body);
    require(before == State::kGoesOn || (frames.empty() && tested_.state() == before));
    // Nobody can prove to have the token but who has it.
    require(token_.empty() || had_proved == tested_.proved() ||
            (!proof_.empty() && body.find(proof_) != std::string::npos));
    check();
    hear(frames);
  }

  // The tested one's frames are heard by the honest one, who answers.
  void hear(const Frames& frames) {
    for (const std::string& frame : frames) {
      const Parsed each = parsed(frame);
      heard_from_honest(honest_.take(each.type, each.body));
    }
  }
  void heard_from_honest(const Frames& frames) {
    for (const std::string& frame : frames) {
      const Parsed each = parsed(frame);
      if (each.type == FrameType::kProof) proof_ = each.body.substr(each.body.size() - 32);
      queue_.push_back(frame);
    }
  }

  void check() const {
    require(tested_.state() != State::kDone || tested_.proved());
    require(tested_.state() != State::kDone ||
            tested_.peer().process_id == static_cast<uint32_t>(tested_.claimed()));
    if (tested_.state() != State::kRefused) return;
    const std::string& reason = tested_.refusal().message();
    require(!reason.empty() && reason.size() <= kMaxReason);
    require(std::none_of(reason.begin(), reason.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte < 0x20 || byte == 0x7F;
    }));
  }

  const std::string token_;
  Handshake tested_, honest_;
  std::deque<std::string> queue_;
  std::string proof_;  // of the honest one; empty before it has made one
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const bool calls = input.byte() == 'c';
  Pair pair(calls, input.byte() == 't' ? "open sesame" : "");
  while (!input.is_empty()) pair.step(input);
  return 0;
}
