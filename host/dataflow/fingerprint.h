// What all processes of a cluster must agree on, in words: two that differ are told what differs.
//
//   "name"                        "visits"
//   "steps"                       "lines words counts out"
//   "[operator.words] use"        "text.split"
//   "[operator.words] lowercase"  "true"
//   "[sink.out] password"         "sha256:9f86d081884c7d65"
//   "[run] epoch"                 "10s"
//   "[cluster] timeout"           "10s"
//   "plugin text"                 "0.1.0"
//
// Workers, memory, addresses, folders and certificates are each process's own. So is what ${...}
// puts into an option: options are compared as they are written. Secrets, and strings with
// ${file:...}, are only there as short digests of what is written. Whatever the manifest's size,
// the whole stays below kMaxFingerprint bytes: long values end in a digest, and so does what a step
// says when there are very many.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "dataflow/dataflow.h"
#include "manifest/document.h"

namespace streamhost {

// Of names and values together, with some room for how they are packed. Less than what a process
// takes from one that it does not know yet.
constexpr size_t kMaxFingerprint = size_t{48} << 10;

// `flow` is what build() has made of `document`. All text is UTF-8.
std::map<std::string, std::string> fingerprint(const Document& document, const Dataflow& flow);

}  // namespace streamhost
