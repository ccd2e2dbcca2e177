#include "cluster/testing/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cstdio>
#include <stdexcept>

namespace streamhost::cluster::testing {
namespace {

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("cannot make a certificate: " + what);
}

void extend(X509* certificate, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), &X509_EXTENSION_free);
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

template <class Write>
void write_file(const std::filesystem::path& path, Write write) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "wb"),
                                                                &std::fclose);
  require(file && write(file.get()) == 1, path.string());
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    text += (text.empty() ? "" : ",") + std::string(no_address ? "DNS:" : "IP:") + host;
  }
  return text;
}

// Signed by `ca`, or by itself when that is null.
Certificate make(const std::filesystem::path& folder, const std::string& name,
                 const Certificate* ca, const Wanted& wanted) {
  Certificate made{folder / (name + ".pem"), folder / (name + ".key"), nullptr, nullptr};
  made.pkey = std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  made.x509 = std::shared_ptr<X509>(X509_new(), &X509_free);
  X509* const x509 = made.x509.get();
  require(made.pkey != nullptr && x509 != nullptr, "no memory");

  uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
  const std::string common = wanted.common_name.empty() ? "test" : wanted.common_name;
  X509_NAME* const subject = X509_get_subject_name(x509);
  require(X509_set_version(x509, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(x509), wanted.valid_from_s) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(x509), wanted.valid_until_s) != nullptr &&
              X509_set_pubkey(x509, made.pkey.get()) == 1 &&
              X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                         reinterpret_cast<const unsigned char*>(common.c_str()), -1,
                                         -1, 0) == 1,
          common);
  const X509_NAME* const issuer = ca == nullptr ? subject : X509_get_subject_name(ca->x509.get());
  require(X509_set_issuer_name(x509, issuer) == 1, "issuer");
  extend(x509, NID_basic_constraints, ca == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (ca == nullptr) extend(x509, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (ca != nullptr && !wanted.extended_key_usage.empty()) {
    extend(x509, NID_ext_key_usage, wanted.extended_key_usage);
  }
  if (!wanted.hosts.empty()) extend(x509, NID_subject_alt_name, alternative_names(wanted.hosts));
  EVP_PKEY* const signer = ca == nullptr ? made.pkey.get() : ca->pkey.get();
  require(X509_sign(x509, signer, EVP_sha256()) != 0, "signature");

  write_file(made.cert, [&](std::FILE* file) { return PEM_write_X509(file, x509); });
  write_file(made.key, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, made.pkey.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return made;
}

}  // namespace

Certificate make_ca(const std::filesystem::path& folder, const std::string& name,
                    const Wanted& wanted) {
  Wanted named = wanted;
  if (named.common_name.empty()) named.common_name = name;
  return make(folder, name, nullptr, named);
}

Certificate make_certificate(const std::filesystem::path& folder, const std::string& name,
                             const Certificate& ca, const Wanted& wanted) {
  return make(folder, name, &ca, wanted);
}

}  // namespace streamhost::cluster::testing
