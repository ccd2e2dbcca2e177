#include "cluster/handshake.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/handshake.pb.h"
#include "cluster/proof.h"

namespace streamhost::cluster {
namespace {

using State = Handshake::State;
using Frames = std::vector<std::string>;

const std::string kNonceA(kNonceSize, 'a');
const std::string kNonceB(kNonceSize, 'b');

Identity identity(uint32_t id) {
  return {id,      3,
          id + 2,  100 + id,
          "0.1.0", {{"[operator.words] lowercase", "true"}, {"[sink.out] path", "counts.tsv"}}};
}

struct Parsed {
  FrameType type;
  std::string body;
};

Parsed parsed(const std::string& frame) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(frame.data()),
                                       frame.size());
  const Result<FrameHeader> header = read_header(bytes.first<kHeaderSize>(), kMaxStrangersBody);
  EXPECT_TRUE(header) << header.status().message();
  EXPECT_TRUE(checks(*header, bytes.subspan(kHeaderSize)));
  return {header->type, frame.substr(kHeaderSize)};
}

Frames feed(Handshake& to, const std::string& frame) {
  const Parsed each = parsed(frame);
  return to.take(each.type, each.body);
}

// Process 1 calls process 0, and both have their say until there is none left.
struct Call {
  Identity caller = identity(1), called = identity(0);
  std::string caller_token, called_token;
  int64_t expected = 0;
  std::unique_ptr<Handshake> from, to;
  Frames said;  // all that was sent, in order

  void run() {
    from = std::make_unique<Handshake>(caller, expected, caller_token, kNonceA);
    to = std::make_unique<Handshake>(called, -1, called_token, kNonceB);
    std::deque<std::pair<Handshake*, std::string>> under_way;
    const auto send = [&](Handshake& receiver, const Frames& frames) {
      for (const std::string& frame : frames) {
        said.push_back(frame);
        under_way.emplace_back(&receiver, frame);
      }
    };
    send(*from, to->begin());
    send(*to, from->begin());
    while (!under_way.empty()) {
      auto [receiver, frame] = under_way.front();
      under_way.pop_front();
      send(receiver == to.get() ? *from : *to, feed(*receiver, frame));
    }
  }
  std::vector<FrameType> types() const {
    std::vector<FrameType> out;
    for (const std::string& frame : said) out.push_back(parsed(frame).type);
    return out;
  }
};

// Both have refused; one of them has found out, and the other was told.
void expect_refusal(const Call& call, const Handshake& finder, Code code, const std::string& found,
                    const std::string& told) {
  const Handshake& other = &finder == call.to.get() ? *call.from : *call.to;
  ASSERT_EQ(finder.state(), State::kRefused);
  ASSERT_EQ(other.state(), State::kRefused);
  EXPECT_FALSE(finder.by_other());
  EXPECT_TRUE(other.by_other());
  EXPECT_EQ(finder.refusal().code(), code);
  EXPECT_EQ(other.refusal().code(), code);
  EXPECT_EQ(finder.refusal().message(), found);
  EXPECT_EQ(other.refusal().message(), told);
}

TEST(Handshake, MakesPeersOfProcessesThatBelongTogether) {
  Call call;
  call.run();
  ASSERT_EQ(call.from->state(), State::kDone);
  ASSERT_EQ(call.to->state(), State::kDone);
  EXPECT_EQ(call.types(), (std::vector{FrameType::kGreeting, FrameType::kGreeting,
                                       FrameType::kHello, FrameType::kHello}));
  EXPECT_EQ(call.to->peer().process_id, 1u);
  EXPECT_EQ(call.to->peer().workers, 3u);
  EXPECT_EQ(call.to->peer().attempt, 101u);
  EXPECT_EQ(call.from->peer().process_id, 0u);
  EXPECT_EQ(call.from->peer().workers, 2u);
  EXPECT_EQ(call.from->peer().attempt, 100u);
  EXPECT_TRUE(call.to->proved());
}

TEST(Handshake, WithATokenBothProveThatTheyHaveIt) {
  Call call;
  call.caller_token = call.called_token = "open sesame";
  call.run();
  ASSERT_EQ(call.from->state(), State::kDone) << call.from->refusal().message();
  ASSERT_EQ(call.to->state(), State::kDone);
  EXPECT_EQ(call.types(),
            (std::vector{FrameType::kGreeting, FrameType::kGreeting, FrameType::kProof,
                         FrameType::kProof, FrameType::kHello, FrameType::kHello}));
  EXPECT_NE(call.said[2], call.said[3]);
  for (const std::string& frame : call.said) EXPECT_EQ(frame.find("sesame"), std::string::npos);
}

TEST(Handshake, OnlyTheCallerSpeaksUnasked) {
  Handshake to(identity(0), -1, "", kNonceB);
  EXPECT_TRUE(to.begin().empty());
  EXPECT_EQ(to.claimed(), -1);
  Handshake from(identity(1), 0, "", kNonceA);
  ASSERT_EQ(from.begin().size(), 1u);
  feed(to, from.begin()[0]);
  EXPECT_EQ(to.claimed(), 1);
  EXPECT_EQ(to.state(), State::kGoesOn);
}

TEST(Handshake, AWrongTokenIsRefusedByWhoIsCalled) {
  Call call;
  call.caller_token = "open barley";
  call.called_token = "open sesame";
  call.run();
  const std::string text =
      "its token is not the one of this process: [cluster] token must be the same everywhere";
  expect_refusal(call, *call.to, Code::kUsage, text, text);
  EXPECT_FALSE(call.to->proved());
  EXPECT_FALSE(call.from->proved());
  // It has proved nothing itself, nor said what it runs.
  EXPECT_EQ(call.types(), (std::vector{FrameType::kGreeting, FrameType::kGreeting,
                                       FrameType::kProof, FrameType::kRefusal}));
}

TEST(Handshake, WhoeverAnswersWithoutTheTokenLearnsNothing) {
  Handshake from(identity(1), 0, "open sesame", kNonceA);
  Handshake liar(identity(0), -1, "a guess", kNonceB);
  const Frames greeting = feed(liar, from.begin()[0]);
  const Frames proof = feed(from, greeting.at(0));
  ASSERT_EQ(parsed(proof.at(0)).type, FrameType::kProof);
  // It goes on as if all were well.
  pb::Proof made_up;
  made_up.set_digest(make_proof("a guess", Role::kCalled, {kNonceA, kNonceB, 1, 0}));
  const Frames answer = from.take(FrameType::kProof, made_up.SerializeAsString());
  EXPECT_EQ(from.state(), State::kRefused);
  EXPECT_EQ(from.refusal().code(), Code::kUsage);
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(parsed(answer[0]).type, FrameType::kRefusal);
}

TEST(Handshake, AProofCannotBeSentBack) {
  Handshake from(identity(1), 0, "open sesame", kNonceA);
  Handshake liar(identity(0), -1, "open sesame", kNonceB);
  const Frames proof = feed(from, feed(liar, from.begin()[0]).at(0));
  ASSERT_EQ(parsed(proof.at(0)).type, FrameType::kProof);
  feed(from, proof[0]);
  EXPECT_EQ(from.state(), State::kRefused);
  EXPECT_FALSE(from.proved());
}

TEST(Handshake, ANonceCannotBeSentBack) {
  pb::Greeting greeting;
  greeting.set_protocol_version(kProtocolVersion);
  greeting.set_process_id(0);
  greeting.set_nonce(kNonceA);
  Handshake from(identity(1), 0, "", kNonceA);
  from.take(FrameType::kGreeting, greeting.SerializeAsString());
  EXPECT_EQ(from.state(), State::kRefused);
}

TEST(Handshake, AProofCannotBeUsedAgain) {
  Call call;
  call.caller_token = call.called_token = "open sesame";
  call.run();
  // The same words again, to a connection whose nonce is another.
  Handshake to(identity(0), -1, "open sesame", std::string(kNonceSize, 'c'));
  feed(to, call.said[0]);
  ASSERT_EQ(to.state(), State::kGoesOn);
  feed(to, call.said[2]);
  EXPECT_EQ(to.state(), State::kRefused);
  EXPECT_FALSE(to.proved());
}

TEST(Handshake, AProofCannotBeShownToAThird) {
  Handshake from(identity(2), 0, "open sesame", kNonceA);
  Handshake zero(identity(0), -1, "open sesame", kNonceB);
  const Frames proof = feed(from, feed(zero, from.begin()[0]).at(0));
  // Process 1 with, by whatever means, the same nonce.
  Handshake one(identity(1), -1, "open sesame", kNonceB);
  feed(one, from.begin()[0]);
  feed(one, proof.at(0));
  EXPECT_EQ(one.state(), State::kRefused);
  feed(zero, proof.at(0));
  EXPECT_EQ(zero.state(), State::kGoesOn);
}

TEST(Handshake, ATokenOnOneSideOnlyIsRefusedByBoth) {
  const std::string without =
      "it has no token, and this process has one: [cluster] token must be the same everywhere";
  const std::string with =
      "it asks for a token, and this process has none: [cluster] token must be the same "
      "everywhere";
  Call call;
  call.called_token = "open sesame";
  call.run();
  expect_refusal(call, *call.to, Code::kUsage, without, with);
  Call other;
  other.caller_token = "open sesame";
  other.run();
  expect_refusal(other, *other.to, Code::kUsage, with, without);
}

TEST(Handshake, AnotherProtocolVersionIsRefused) {
  pb::Greeting greeting;
  greeting.set_protocol_version(2);
  greeting.set_nonce("as version 2 has it");
  Handshake to(identity(0), -1, "", kNonceB);
  const Frames answer = to.take(FrameType::kGreeting, greeting.SerializeAsString());
  EXPECT_EQ(to.state(), State::kRefused);
  EXPECT_EQ(to.refusal().code(), Code::kUsage);
  EXPECT_EQ(to.refusal().message(),
            "it speaks version 2 of the protocol between processes, and this process version 1: "
            "all processes must run the same version of streamhost");
  ASSERT_EQ(answer.size(), 1u);
  Handshake from(identity(1), 0, "", kNonceA);
  feed(from, answer[0]);
  EXPECT_EQ(from.refusal().message(),
            "it speaks version 1 of the protocol between processes, and this process version 2: "
            "all processes must run the same version of streamhost");
}

TEST(Handshake, AnotherVersionOfStreamhostIsRefused) {
  Call call;
  call.caller.host_version = "0.2.0";
  call.run();
  expect_refusal(call, *call.to, Code::kUsage,
                 "it runs streamhost 0.2.0, and this process 0.1.0: all processes must run the "
                 "same version of streamhost",
                 "it runs streamhost 0.1.0, and this process 0.2.0: all processes must run the "
                 "same version of streamhost");
}

TEST(Handshake, AnotherNumberOfProcessesIsRefused) {
  Call call;
  call.caller.processes = 4;
  call.run();
  expect_refusal(call, *call.to, Code::kUsage,
                 "it is one of 4 processes, and this process one of 3: the list of addresses must "
                 "be the same everywhere",
                 "it is one of 3 processes, and this process one of 4: the list of addresses must "
                 "be the same everywhere");
}

TEST(Handshake, AProcessBeyondTheLastOneIsRefused) {
  Call call;
  call.caller = identity(3);
  call.caller.processes = 4;
  call.run();
  expect_refusal(call, *call.to, Code::kUsage,
                 "it says that it is process 3, and the last one here is process 2: the list of "
                 "addresses must be the same everywhere",
                 "it has no process 3 in its list of addresses, which must be the same everywhere");
}

TEST(Handshake, WhoIsNotTheOneThatWasCalledIsRefusedForNow) {
  Call call;
  call.called = identity(2);
  call.run();
  expect_refusal(call, *call.from, Code::kFailed,
                 "process 2 has answered instead: is the order of the addresses the same "
                 "everywhere, and the process id right there?",
                 "it has called process 0, and this is process 2: is the order of the addresses "
                 "the same everywhere, and the process id right here?");
}

TEST(Handshake, TwoWithTheSameIdRefuseEachOther) {
  Call call;
  call.called = identity(1);
  call.run();
  const std::string text =
      "it says that it is process 1, as this process is: two have been started with the same id, "
      "or the list of addresses leads a process to itself";
  expect_refusal(call, *call.to, Code::kUsage, text, text);
}

TEST(Handshake, AnotherManifestIsRefusedWithTheDifference) {
  Call call;
  call.caller.fingerprint["[operator.words] lowercase"] = "false";
  call.caller.fingerprint.erase("[sink.out] path");
  call.run();
  expect_refusal(call, *call.to, Code::kUsage,
                 "it runs something else: [operator.words] lowercase is \"false\" there and "
                 "\"true\" here; [sink.out] is missing there",
                 "it runs something else: [operator.words] lowercase is \"true\" there and "
                 "\"false\" here; [sink.out] is missing here");
}

TEST(Handshake, AManifestWithLargeTextsFits) {
  Call call;
  for (int i = 0; i < 100; ++i) {
    call.caller.fingerprint["[operator.o" + std::to_string(i) + "] code"] = std::string(5000, 'x');
  }
  call.called.fingerprint = call.caller.fingerprint;
  call.run();
  EXPECT_EQ(call.to->state(), State::kDone) << call.to->refusal().message();
  for (const std::string& frame : call.said) EXPECT_LE(frame.size(), kMaxStrangersBody);

  call.said.clear();
  call.caller.fingerprint["[operator.o57] code"] = std::string(4999, 'x');
  call.run();
  ASSERT_EQ(call.to->state(), State::kRefused);
  EXPECT_TRUE(
      call.to->refusal().message().starts_with("it runs something else: [operator.o57] code is "))
      << call.to->refusal().message();
}

TEST(Handshake, AManifestWithMoreThanAFrameHoldsIsComparedAllTheSame) {
  Call call;
  for (int i = 10'000; i < 20'000; ++i) {
    call.caller.fingerprint["[operator.o" + std::to_string(i) + "] use"] = "text.split";
  }
  call.called.fingerprint = call.caller.fingerprint;
  call.run();
  EXPECT_EQ(call.to->state(), State::kDone) << call.to->refusal().message();
  for (const std::string& frame : call.said) {
    EXPECT_LE(frame.size(), kMaxStrangersBody + kHeaderSize);
  }

  call.caller.fingerprint["[operator.o10001] use"] = "text.join";
  call.run();
  EXPECT_EQ(call.to->refusal().message(),
            "it runs something else: [operator.o10001] use is \"text.join\" there and "
            "\"text.split\" here");

  call.caller.fingerprint = call.called.fingerprint;
  call.caller.fingerprint["[operator.o19999] use"] = "text.join";
  call.run();
  EXPECT_EQ(call.to->refusal().message(),
            "it runs something else: in what comes behind the first few hundred settings");
}

TEST(Handshake, AStrangerWhoDoesNotGreetGetsNothing) {
  pb::Greeting no_nonce, short_nonce;
  no_nonce.set_protocol_version(kProtocolVersion);
  no_nonce.set_process_id(1);
  short_nonce = no_nonce;
  short_nonce.set_nonce("short");
  pb::Greeting too_long = no_nonce;
  too_long.set_nonce(kNonceA);
  ASSERT_LT(too_long.ByteSizeLong(), kMaxGreeting);
  std::string with_padding = too_long.SerializeAsString();
  // An unknown field, so that it stays a message.
  with_padding += "\xFA\x01\x80\x08" + std::string(1024, 'x');
  ASSERT_TRUE(too_long.ParseFromString(with_padding));
  const std::vector<std::pair<FrameType, std::string>> strange = {
      {FrameType::kGreeting, ""},
      {FrameType::kGreeting, "GET / HTTP/1.1\r\n\r\n"},
      {FrameType::kGreeting, no_nonce.SerializeAsString()},
      {FrameType::kGreeting, short_nonce.SerializeAsString()},
      {FrameType::kGreeting, with_padding},
      {FrameType::kProof, std::string(kProofSize, 'x')},
      {FrameType::kHello, ""},
      {FrameType::kBlock, "records"},
      {FrameType::kGather, "mine"},
  };
  for (const auto& [type, body] : strange) {
    Handshake to(identity(0), -1, "open sesame", kNonceB);
    EXPECT_TRUE(to.take(type, body).empty());
    EXPECT_EQ(to.state(), State::kRefused);
    EXPECT_EQ(to.refusal().code(), Code::kFailed);
    EXPECT_FALSE(to.proved());
    EXPECT_FALSE(to.by_other());
  }
}

TEST(Handshake, AFrameOutOfTurnIsRefused) {
  Call call;
  call.caller_token = call.called_token = "open sesame";
  call.run();
  const Frames& said = call.said;  // from the caller: 0, 2, 4
  for (const size_t first : {0, 2, 4}) {
    for (const size_t second : {0, 2, 4}) {
      for (const size_t third : {0, 2, 4}) {
        Handshake to(identity(0), -1, "open sesame", kNonceB);
        for (const size_t i : {first, second, third}) feed(to, said[i]);
        const bool in_order = first == 0 && second == 2 && third == 4;
        EXPECT_EQ(to.state(), in_order ? State::kDone : State::kRefused);
      }
    }
  }
}

TEST(Handshake, TheProofCannotBeLeftOut) {
  Call open;
  open.run();
  Handshake to(identity(0), -1, "open sesame", kNonceB);
  pb::Greeting greeting;
  ASSERT_TRUE(greeting.ParseFromString(parsed(open.said[0]).body));
  greeting.set_token(true);
  EXPECT_EQ(to.take(FrameType::kGreeting, greeting.SerializeAsString()).size(), 1u);
  feed(to, open.said[2]);
  EXPECT_EQ(to.state(), State::kRefused);
}

TEST(Handshake, AMessageCutShortIsRefused) {
  Call call;
  call.caller_token = call.called_token = "open sesame";
  call.run();
  for (const size_t last : {0, 2, 4}) {
    const Parsed whole = parsed(call.said[last]);
    // A Hello may lack what comes behind the digest, which only explains it.
    pb::Hello least;
    ASSERT_TRUE(last != 4 || least.ParseFromString(whole.body));
    least.clear_entries();
    const size_t sizes = last == 4 ? least.ByteSizeLong() : whole.body.size();
    for (size_t size = 0; size < sizes; ++size) {
      Handshake to(identity(0), -1, "open sesame", kNonceB);
      for (size_t i = 0; i < last; i += 2) feed(to, call.said[i]);
      ASSERT_EQ(to.state(), State::kGoesOn);
      to.take(whole.type, std::string_view(whole.body).substr(0, size));
      EXPECT_EQ(to.state(), State::kRefused) << last << " " << size;
    }
  }
}

TEST(Handshake, NonsenseInAHelloIsRefused) {
  Call call;
  call.run();
  pb::Hello good;
  ASSERT_TRUE(good.ParseFromString(parsed(call.said[2]).body));
  const auto state = [&](const pb::Hello& hello) {
    Handshake to(identity(0), -1, "", kNonceB);
    feed(to, call.said[0]);
    to.take(FrameType::kHello, hello.SerializeAsString());
    return to.state();
  };
  EXPECT_EQ(state(good), State::kDone);
  pb::Hello bad = good;
  bad.set_workers(0);
  EXPECT_EQ(state(bad), State::kRefused);
  bad.set_workers(1025);
  EXPECT_EQ(state(bad), State::kRefused);
  bad = good;
  bad.set_processes(0);
  EXPECT_EQ(state(bad), State::kRefused);
  bad = good;
  bad.clear_fingerprint_digest();
  EXPECT_EQ(state(bad), State::kRefused);
}

TEST(Handshake, ARefusalIsMadePrintableAndShort) {
  pb::Refusal refusal;
  refusal.set_reason("no\x1b[2J\n" + std::string(1500, 'x'));
  refusal.set_for_good(true);
  Handshake from(identity(1), 0, "", kNonceA);
  EXPECT_TRUE(from.take(FrameType::kRefusal, refusal.SerializeAsString()).empty());
  EXPECT_EQ(from.state(), State::kRefused);
  EXPECT_TRUE(from.by_other());
  EXPECT_EQ(from.refusal().code(), Code::kUsage);
  EXPECT_EQ(from.refusal().message().size(), kMaxReason);
  EXPECT_TRUE(from.refusal().message().starts_with("no?[2J?xxx"));

  refusal.set_reason(std::string(5000, 'x'));
  Handshake other(identity(1), 0, "", kNonceA);
  other.take(FrameType::kRefusal, refusal.SerializeAsString());
  EXPECT_FALSE(other.by_other());
  EXPECT_EQ(other.refusal().code(), Code::kFailed);

  Handshake silent(identity(1), 0, "", kNonceA);
  silent.take(FrameType::kRefusal, "");
  EXPECT_EQ(silent.refusal().message(), "it does not say why");
}

TEST(Handshake, NamesFromTheOtherSideAreMadePrintable) {
  Call call;
  call.caller.fingerprint["\x1b[31m"] = "\n";
  call.caller.host_version = "0.1.0";
  call.run();
  EXPECT_EQ(call.to->refusal().message(), "it runs something else: ?[31m is missing here");
  Call other;
  other.caller.host_version = "0.2\x1b";
  other.run();
  EXPECT_TRUE(other.to->refusal().message().starts_with("it runs streamhost 0.2?, and"));
}

TEST(Handshake, IsOverWhenItIsOver) {
  Call call;
  call.run();
  EXPECT_TRUE(feed(*call.to, call.said[0]).empty());
  EXPECT_EQ(call.to->state(), State::kDone);
}

TEST(Proof, IsThatOfAnotherImplementation) {
  // As `openssl dgst -sha256 -hmac key` has it, of the same text.
  const std::string proof = make_proof("key", Role::kCaller, {kNonceA, kNonceB, 1, 0});
  std::string hex;
  for (const char c : proof) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
    hex += two;
  }
  EXPECT_EQ(hex, "8004c2f2d9518da15c0dae80e20e8be15f9edd4e3857a6d230874ec16a9bbac2");
}

}  // namespace
}  // namespace streamhost::cluster
