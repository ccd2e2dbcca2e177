#include "cluster/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "cluster/certificate_names.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;
using Context = asio::ssl::context;
using Path = std::filesystem::path;

// "[cluster] tls.key "/etc/key.pem"": where to look.
std::string file(const char* option, const Path& path) {
  return std::string("[cluster] tls.") + option + " \"" + path.string() + "\"";
}

// What OpenSSL has to say about its last failure, the cause first; its queue is empty then.
class Trouble {
 public:
  Trouble() {
    while (const unsigned long code = ERR_get_error()) codes_.push_back(code);
  }
  bool is(int library, int reason) const {
    return std::any_of(codes_.begin(), codes_.end(), [&](unsigned long code) {
      return ERR_GET_LIB(code) == library && ERR_GET_REASON(code) == reason;
    });
  }
  std::string text() const {
    const char* const text = codes_.empty() ? nullptr : ERR_reason_error_string(codes_.front());
    return text != nullptr ? text : "OpenSSL does not say why";
  }

 private:
  std::vector<unsigned long> codes_;
};

Status readable(const char* option, const Path& path) {
  std::error_code ignored;
  errno = 0;
  std::ifstream stream(path);
  if (stream.is_open() && !std::filesystem::is_directory(path, ignored)) return Status::ok();
  const int reason = errno != 0 ? errno : EISDIR;
  return Status::usage(file(option, path) +
                       " cannot be read: " + std::generic_category().message(reason));
}

// Says no instead of asking at the terminal.
int no_password(char*, int, int, void*) { return -1; }

Status load_certificate(SSL_CTX* context, const Path& path) {
  if (SSL_CTX_use_certificate_chain_file(context, path.c_str()) == 1) return Status::ok();
  return Status::usage(file("cert", path) +
                       " is not a certificate in PEM format: " + Trouble().text());
}

Status load_key(SSL_CTX* context, const Path& path, const Path& certificate) {
  if (SSL_CTX_use_PrivateKey_file(context, path.c_str(), SSL_FILETYPE_PEM) == 1) {
    return Status::ok();
  }
  const Trouble trouble;
  if (trouble.is(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH) ||
      trouble.is(ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH)) {
    return Status::usage(file("key", path) + " does not belong to the certificate in \"" +
                         certificate.string() + "\"");
  }
  if (trouble.is(ERR_LIB_PEM, PEM_R_BAD_PASSWORD_READ)) {
    return Status::usage(file("key", path) +
                         " is protected by a password: nobody is there to type it, so store the "
                         "key without one, readable for the user of the process only");
  }
  return Status::usage(file("key", path) +
                       " is not a private key in PEM format: " + trouble.text());
}

Status load_ca(SSL_CTX* context, const Path& path) {
  if (SSL_CTX_load_verify_file(context, path.c_str()) != 1) {
    return Status::usage(file("ca", path) +
                         " is not a certificate in PEM format: " + Trouble().text());
  }
  // Tells those who call which ca is asked for.
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path.c_str());
  if (names != nullptr) SSL_CTX_set_client_CA_list(context, names);
  ERR_clear_error();
  return Status::ok();
}

// What is wrong with a certificate that OpenSSL does not take, as in "its certificate ...".
std::string verdict(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not valid yet: are the clocks of both machines right?";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "is not signed by our ca";
    case X509_V_ERR_INVALID_PURPOSE:
      return "is not made for this: its extendedKeyUsage must name serverAuth and clientAuth, or "
             "be absent";
    default: return std::string("is refused: ") + X509_verify_cert_error_string(error);
  }
}

// Whether others, with the same ca, would take our own certificate, used for `purpose`.
Status check_own(SSL_CTX* context, int purpose, const ClusterSettings& settings) {
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              &X509_STORE_CTX_free);
  if (!check ||
      X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context),
                          SSL_CTX_get0_certificate(context), chain) != 1 ||
      X509_STORE_CTX_set_purpose(check.get(), purpose) != 1) {
    return Status::failed("the certificates cannot be checked: " + Trouble().text());
  }
  if (X509_verify_cert(check.get()) == 1) return Status::ok();
  ERR_clear_error();
  const int error = X509_STORE_CTX_get_error(check.get());
  // One of those that have signed it may be what is wrong.
  if (X509_STORE_CTX_get_error_depth(check.get()) > 0 &&
      (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)) {
    return Status::usage(file("ca", settings.tls_ca) + " " + verdict(error));
  }
  std::string text = file("cert", settings.tls_cert) + " " + verdict(error);
  if (text.ends_with("our ca")) text += ", \"" + settings.tls_ca.string() + "\"";
  return Status::usage(std::move(text));
}

Status prepare(SSL_CTX* context, const ClusterSettings& settings) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  // Each connection begins with certificates: nothing is resumed, so nothing is kept for that.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, &no_password);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ERR_clear_error();

  Status status = readable("cert", settings.tls_cert);
  if (status) status = readable("key", settings.tls_key);
  if (status) status = readable("ca", settings.tls_ca);
  if (status) status = load_certificate(context, settings.tls_cert);
  if (status) status = load_key(context, settings.tls_key, settings.tls_cert);
  if (status) status = load_ca(context, settings.tls_ca);
  if (status) status = check_own(context, X509_PURPOSE_SSL_SERVER, settings);
  if (status) status = check_own(context, X509_PURPOSE_SSL_CLIENT, settings);
  return status;
}

}  // namespace

Result<std::shared_ptr<Context>> make_tls(const ClusterSettings& settings) {
  if (settings.tls_cert.empty()) return std::shared_ptr<Context>();
  try {
    auto context = std::make_shared<Context>(Context::tls);
    const Status status = prepare(context->native_handle(), settings);
    if (!status) return status;
    return context;
  } catch (const std::exception& error) {
    return Status::failed(std::string("TLS cannot be used: ") + error.what());
  }
}

Status check_own_name(Context& tls, const ClusterSettings& settings, const std::string& host) {
  X509* const own = SSL_CTX_get0_certificate(tls.native_handle());
  if (names(own, host)) return Status::ok();
  return Status::usage(file("cert", settings.tls_cert) + " names " + names_of(own) + ", not \"" +
                       host + "\", which is the host in the address of this process");
}

Status check_peer_name(SSL* tls, const std::string& host) {
  X509* const peer = SSL_get0_peer_certificate(tls);
  if (peer == nullptr) return Status::failed("it shows no certificate");
  if (names(peer, host)) return Status::ok();
  return Status::failed("its certificate names " + names_of(peer) + ", not \"" + host + "\"");
}

std::string tls_problem(const boost::system::error_code& error, SSL* tls) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return "it has closed the connection: does it speak TLS, too?";
  }
  if (error.category() != asio::error::get_ssl_category()) return error.message();
  // The error may be one of those that led to this.
  const long refused = tls != nullptr ? SSL_get_verify_result(tls) : X509_V_OK;
  if (refused != X509_V_OK) return "its certificate " + verdict(static_cast<int>(refused));
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "it shows no certificate";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE: return "it does not speak TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return "it does not speak TLS 1.3";
    // What follows are answers to what we have said.
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "it says that our certificate is not signed by its ca";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "it says that our certificate has expired";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return "it asks for a certificate";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return "it does not take our certificate: its log says why";
    default: return "TLS has failed: " + error.message();
  }
}

}  // namespace streamhost::cluster
