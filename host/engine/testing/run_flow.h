// Runs small dataflows in tests to their end.
#pragma once

#include <cstdlib>
#include <string>

#include "engine/engine.h"
#include "engine/testing/components.h"
#include "engine/testing/flow.h"

namespace streamhost::testing {

inline Log quiet() { return *make_log("off", "text"); }

inline Status run(const Flow& flow, uint64_t* sleeps = nullptr) {
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  if (!engine) return engine.status();
  Status outcome = (*engine)->run();
  if (sleeps != nullptr) *sleeps = (*engine)->sleeps();
  return outcome;
}

// Record i of partition p: key "k<i % keys>", value "<p>:<i>".
inline Produce keyed(uint64_t keys) {
  return [keys](uint64_t p, uint64_t i, const Emit& emit) {
    emit("k" + std::to_string(i % keys), std::to_string(p) + ":" + std::to_string(i));
  };
}

inline SourcePlan plan(uint32_t partitions, uint64_t records) {
  SourcePlan p;
  p.partitions = partitions;
  p.records = records;
  return p;
}

// How many records the exchange tests move; a long run sets STREAMHOST_TEST_RECORDS.
inline uint64_t many(uint64_t otherwise) {
  const char* text = std::getenv("STREAMHOST_TEST_RECORDS");
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace streamhost::testing
