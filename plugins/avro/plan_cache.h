// The plans for schemas of a registry, by the schemas' ids.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "plan.h"

namespace streamhost::avro {

// Keeps what was found for good, as long as there is room, and for a while what could not be. Not
// thread-safe.
class PlanCache {
 public:
  // Makes the plan of an id. bad_data that it throws is kept; other errors are not.
  using Make = std::function<std::shared_ptr<const Plan>(int32_t id)>;

  // `capacity`: how many plans and failures together, at least 1.
  PlanCache(size_t capacity, int64_t failures_for_us)
      : capacity_(capacity), failures_for_us_(failures_for_us) {}

  // The plan of an id, made when it is not there; valid until the next call. Throws what `make`
  // throws, or threw. `now_us`: the wall clock.
  const Plan& get(int32_t id, int64_t now_us, const Make& make);

 private:
  struct Entry {
    std::shared_ptr<const Plan> plan;  // null: it could not be made
    std::string problem;
    int64_t until_us = 0;  // of a failure: when it is tried again
    uint64_t used = 0;     // the larger the later
  };

  void make_room();

  size_t capacity_;
  int64_t failures_for_us_;
  std::unordered_map<int32_t, Entry> entries_;
  uint64_t uses_ = 0;
  // Most values have the schema of the one before.
  int32_t last_id_ = 0;
  const Plan* last_ = nullptr;
};

}  // namespace streamhost::avro
