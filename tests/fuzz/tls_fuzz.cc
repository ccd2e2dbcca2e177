// Arbitrary bytes as a certificate, whose names are compared and shown, and as what comes first on
// a connection that should be TLS, to the one who calls and the one who is called.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "cluster/certificate_names.h"
#include "cluster/testing/certificates.h"
#include "cluster/tls.h"
#include "support/process.h"

namespace {

using namespace streamhost::cluster;
namespace asio = boost::asio;

void require(bool condition) {
  if (!condition) std::abort();
}

std::shared_ptr<asio::ssl::context> make_context() {
  const streamhost::testing::TempDir folder;
  const auto ca = testing::make_ca(folder.path());
  const auto own = testing::make_certificate(folder.path(), "h0", ca, {{"h0"}});
  streamhost::ClusterSettings settings;
  settings.tls_cert = own.cert;
  settings.tls_key = own.key;
  settings.tls_ca = ca.cert;
  auto tls = make_tls(settings);
  require(tls.is_ok());
  return *tls;
}

void as_certificate(const uint8_t* data, size_t size) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &data, static_cast<long>(size)), &X509_free);
  ERR_clear_error();
  if (!certificate) return;
  names(certificate.get(), "h0");
  names(certificate.get(), "10.0.0.7");
  names(certificate.get(), "[fd00::7]");
  const std::string shown = names_of(certificate.get());
  require(!shown.empty() && shown.size() < 1000);
  for (const char c : shown) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

void as_records(asio::ssl::context& context, bool calls, const uint8_t* data, size_t size) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.native_handle()), &SSL_free);
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  require(tls && in != nullptr && out != nullptr);
  SSL_set_bio(tls.get(), in, out);
  if (size != 0) BIO_write(in, data, static_cast<int>(size));
  // Without the key nobody gets through, whatever is said.
  require((calls ? SSL_connect(tls.get()) : SSL_accept(tls.get())) != 1);
  const boost::system::error_code error(static_cast<int>(ERR_get_error()),
                                        asio::error::get_ssl_category());
  ERR_clear_error();
  require(!tls_problem(error, tls.get()).empty());
  require(!check_peer_name(tls.get(), "h0").is_ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<asio::ssl::context> context = make_context();
  as_certificate(data, size);
  as_records(*context, true, data, size);
  as_records(*context, false, data, size);
  return 0;
}
