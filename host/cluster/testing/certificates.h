// Certificates for tests, made in a moment and written as PEM files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using EVP_PKEY = struct evp_pkey_st;
using X509 = struct x509_st;

namespace streamhost::cluster::testing {

// A ca, or a certificate with its key.
struct Certificate {
  std::filesystem::path cert, key;  // files
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> pkey;
};

// What to make it for.
struct Wanted {
  std::vector<std::string> hosts;  // DNS names, and IP addresses without brackets
  int64_t valid_from_s = -3600;    // from now on
  int64_t valid_until_s = 86'400;
  std::string extended_key_usage = "serverAuth,clientAuth";  // empty: none
  std::string common_name = "";                              // empty: "test"
};

// Both write FOLDER/NAME.pem and FOLDER/NAME.key, and throw std::runtime_error when they cannot.
Certificate make_ca(const std::filesystem::path& folder, const std::string& name = "ca",
                    const Wanted& wanted = {});
Certificate make_certificate(const std::filesystem::path& folder, const std::string& name,
                             const Certificate& ca, const Wanted& wanted);

}  // namespace streamhost::cluster::testing
