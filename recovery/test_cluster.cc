#include "recovery/test_cluster.h"

#include <gtest/gtest.h>

#include <future>

namespace streamhost::recovery::testing {
namespace {

std::string text_of(const Result<Share>& share) {
  if (!share) return share.failure().message;
  std::string text = share->store + " " + std::to_string(share->resume_epoch) + " " +
                     std::to_string(share->execution) + " " + std::to_string(share->nonce);
  for (const Share::Part& part : share->parts) {
    text += " " + std::to_string(part.process) + (part.make ? "+" : "");
  }
  return text;
}

}  // namespace

Result<std::vector<Holding>> look_all(const ClusterOptions& options) {
  std::vector<Holding> all;
  for (uint32_t process = 0; process < options.directories.size(); ++process) {
    Result<Holding> holding = look(options.of(process));
    if (!holding) return holding.failure();
    Result<Holding> received = decode(encode(*holding));
    if (!received) return received.failure();
    all.push_back(received.take());
  }
  return all;
}

Result<Share> agree_all(const ClusterOptions& options) {
  Result<std::vector<Holding>> all = look_all(options);
  if (!all) return all.failure();
  Result<Share> share = agree(*all);
  EXPECT_EQ(text_of(agree(*all)), text_of(share));
  return share;
}

std::string refusal_of_all(const ClusterOptions& options) {
  const Result<Share> share = agree_all(options);
  return share ? "" : share.failure().message;
}

Cluster open_cluster(const ClusterOptions& options) {
  Cluster cluster;
  Result<Share> share = agree_all(options);
  if (!share) {
    ADD_FAILURE() << share.failure().message;
    return cluster;
  }
  cluster.share = share.take();
  for (uint32_t process = 0; process < options.directories.size(); ++process) {
    auto store = Store::open(options.of(process), cluster.share, process);
    if (!store) {
      ADD_FAILURE() << store.failure().message;
      return {};
    }
    cluster.stores.push_back(store.take());
  }
  return cluster;
}

Outcome begin_all(Cluster& cluster) {
  for (auto& store : cluster.stores) {
    if (Outcome begun = store->begin({}, kSteps, {}); !begun) return begun;
  }
  return {};
}

Outcome write_share(Store& store, uint32_t self, uint64_t epoch, const EpochPlan& plan) {
  EpochPlan ours;
  ours.cleared = plan.cleared;
  for (const auto& change : plan.changes) {
    if (store.process_of(change.step, change.key) == self) ours.changes.push_back(change);
  }
  return write_epoch(store, epoch, ours);
}

Outcome write_epoch(Cluster& cluster, uint64_t epoch, const EpochPlan& plan) {
  for (uint32_t process = 0; process < cluster.stores.size(); ++process) {
    const Outcome written = write_share(*cluster.stores[process], process, epoch, plan);
    if (!written) return written;
  }
  for (auto& store : cluster.stores) store->note_committed(epoch);
  return {};
}

State read_all(Cluster& cluster) {
  State all;
  for (auto& store : cluster.stores) {
    for (auto& [step, rows] : read_all(*store)) {
      all[step];
      for (auto& [key, value] : rows) {
        EXPECT_TRUE(all[step].emplace(key, value).second) << "in two processes: " << key;
      }
    }
  }
  return all;
}

void run_cluster(const ClusterOptions& options, const TestJob& job, uint64_t last) {
  Cluster cluster = open_cluster(options);
  ASSERT_FALSE(cluster.stores.empty());
  const Outcome begun = begin_all(cluster);
  ASSERT_TRUE(begun) << begun.failure().message;
  for (uint64_t epoch = cluster.resume_epoch() + 1; epoch <= last; ++epoch) {
    const Outcome written = write_epoch(cluster, epoch, job.plan(epoch));
    ASSERT_TRUE(written) << written.failure().message;
  }
}

}  // namespace streamhost::recovery::testing
