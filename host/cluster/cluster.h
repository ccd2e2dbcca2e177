// Where a process waits for the others: listens, calls them, and lets in who proves to be one.
//
//   auto cluster = Cluster::start(settings, log);
//   for (;;) {
//     auto members = (*cluster)->join();          // all are there
//     ... run the job; when that ends with kLost, roll back and join again
//   }
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "cluster/handshake.h"
#include "cluster/members.h"
#include "manifest/settings.h"

namespace streamhost::cluster {

struct ClusterPlan {
  Identity identity;                   // `attempt` is filled in by join()
  std::vector<std::string> addresses;  // "host:port" of every process, by id; at least two
  ClusterSettings settings;
};

class Cluster {
 public:
  // Listens. Between join()s, too, callers are let in and kept until the next one, so that nobody
  // takes a busy process for a dead one. Errors: kUsage for what is wrong with the settings (plain
  // and open on an address that is not loopback, a certificate that cannot be read or does not name
  // our own host, ...); kFailed when the address cannot be listened on.
  static Result<std::unique_ptr<Cluster>> start(ClusterPlan plan, Log log);
  // Ends what its last join() has given, if that is still there, as Members::~Members() would.
  virtual ~Cluster() = default;

  // Connects with all others: calls those with smaller ids, again and again with back-off, and
  // takes the calls of those with greater ones. Logs whom it waits for. Blocks until all are there.
  // Errors: kFailed when they were not all there within `wait`, naming those who were missing;
  // kStopped when a stop was asked for; kUsage when another process cannot belong to us: it has
  // another manifest, say, and the message says what differs. Before the next join() the Members of
  // the last are closed. [one thread; one attempt at a time]
  virtual Result<std::unique_ptr<Members>> join() = 0;

  // Makes join() return, now and later. [any thread]
  virtual void stop() = 0;
};

}  // namespace streamhost::cluster
