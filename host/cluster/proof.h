// How a process shows that it has the token of its cluster, without sending it.
//
//   proof = HMAC-SHA256(token, label role nonce-of-caller nonce-of-called id-of-caller
//   id-of-called)
//
// Both nonces are in it, so that it cannot be used again; the role, so that it cannot be sent back
// to the one who made it; the ids, so that it cannot be shown to a third.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace streamhost::cluster {

constexpr size_t kNonceSize = 32;
constexpr size_t kProofSize = 32;

enum class Role : uint8_t { kCaller = 1, kCalled = 2 };  // who proves

// What a connection begins with: nonces of kNonceSize bytes, and who they are.
struct Beginning {
  std::string_view caller_nonce, called_nonce;
  uint32_t caller = 0, called = 0;
};

// kProofSize bytes; empty when OpenSSL cannot. `token` is not empty.
std::string make_proof(std::string_view token, Role role, const Beginning& beginning);

// Whether `proof`, from a stranger, is that of `role`. Takes as long whatever is wrong with it.
bool is_proof(std::string_view proof, std::string_view token, Role role,
              const Beginning& beginning);

}  // namespace streamhost::cluster
