// Comparing what two processes run. See Fingerprint and differences() in handshake.h.
#pragma once

#include <string>

#include "cluster/handshake.h"

namespace streamhost::cluster {

// SHA-256 of all names and what they are: equal for equal fingerprints only. Empty when OpenSSL
// cannot.
std::string digest(const Fingerprint& fingerprint);

// The fingerprint with each long text (a program in an option, say) replaced by its begin, its size
// and its digest, so that all of it can be sent. Texts that differ still do.
Fingerprint shortened(const Fingerprint& fingerprint);

}  // namespace streamhost::cluster
