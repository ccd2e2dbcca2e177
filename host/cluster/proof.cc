#include "cluster/proof.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace streamhost::cluster {
namespace {

// Keeps these proofs apart from everything else that the token may be used for.
constexpr std::string_view kLabel("streamhost cluster proof 1\0", 27);

void append_u32(std::string& to, uint32_t number) {
  for (int i = 0; i < 4; ++i) to += static_cast<char>(number >> (8 * i) & 0xff);
}

}  // namespace

std::string make_proof(std::string_view token, Role role, const Beginning& beginning) {
  std::string text(kLabel);
  text += static_cast<char>(role);
  text += beginning.caller_nonce;
  text += beginning.called_nonce;
  append_u32(text, beginning.caller);
  append_u32(text, beginning.called);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (HMAC(EVP_sha256(), token.data(), static_cast<int>(token.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest,
           &size) == nullptr) {
    return {};
  }
  return {reinterpret_cast<const char*>(digest), size};
}

bool is_proof(std::string_view proof, std::string_view token, Role role,
              const Beginning& beginning) {
  const std::string expected = make_proof(token, role, beginning);
  return expected.size() == kProofSize && proof.size() == kProofSize &&
         CRYPTO_memcmp(expected.data(), proof.data(), kProofSize) == 0;
}

}  // namespace streamhost::cluster
