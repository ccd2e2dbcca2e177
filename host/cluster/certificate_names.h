// Whom a certificate is for.
#pragma once

#include <string>

using X509 = struct x509_st;

namespace streamhost::cluster {

// Whether it names `host`: a DNS name (wildcards for a whole label count) or an IP address, an IPv6
// one with or without brackets. The common name counts where there are no alternative names.
bool names(X509* certificate, const std::string& host);

// What it names, the first few of it, printable: `"h1", "10.0.0.7"`; "nobody" for none.
std::string names_of(X509* certificate);

}  // namespace streamhost::cluster
