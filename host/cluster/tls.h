// TLS between processes: 1.3 only, certificates on both sides, all of them signed by one ca.
//
// A ca says who belongs to a cluster. Which of them somebody is, the names in the certificate say:
// it must name the host of the address that belongs to the process id.
#pragma once

#include <boost/system/error_code.hpp>
#include <memory>
#include <string>

#include "base/status.h"
#include "manifest/settings.h"

using SSL = struct ssl_st;

namespace boost::asio::ssl {
class context;
}

namespace streamhost::cluster {

// What connections are made secure with, for both sides of them; null when `settings` has no
// certificate. Everything is checked here: that the files can be read, that the key belongs to the
// certificate, and that others with the same ca would take it now, from one who is called and from
// one who calls. Errors: kUsage, naming the file and what is wrong with it.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls(const ClusterSettings& settings);

// Ok when our own certificate (of the context that make_tls() has made of `settings`) names `host`;
// otherwise kUsage, with what it does name.
Status check_own_name(boost::asio::ssl::context& tls, const ClusterSettings& settings,
                      const std::string& host);

// Ok when the certificate of the other one names `host`: a name (wildcards count) or an address, an
// IPv6 one with or without brackets. Otherwise kFailed: `its certificate names "h2", not "h1"`.
// Once the TLS handshake is done.
Status check_peer_name(SSL* tls, const std::string& host);

// Why a TLS handshake, or the first read after it, has failed, in one clause about the other one:
// "its certificate has expired", "it does not speak TLS". (The caller's handshake is done before
// the one that is called has looked at its certificate: the refusal comes with the first read.)
std::string tls_problem(const boost::system::error_code& error, SSL* tls);

}  // namespace streamhost::cluster
