// bench.digest: a sink that keeps of its records what is left when their order does not count.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>

#include "../loops/hash.h"
#include "report_file.h"

namespace bench {

namespace sh = streamhost;

// Each part appends one line, "records sum-of-hashes", to the file `report` when it is closed.
class Digest {
 public:
  class Partition {
   public:
    explicit Partition(const Digest& digest) : digest_(digest) {}
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    ~Partition() {
      append_to(digest_.report_, std::to_string(records_) + " " + std::to_string(sum_) + "\n");
    }
    void write(const sh::Batch& in) {
      records_ += in.size();
      for (const sh::Record& r : in) {
        const std::string_view value = r.value();
        const size_t from = digest_.behind_comma_ ? value.find(',') + 1 : 0;
        sum_ += hash_of_row(r.key(), value.substr(from));
      }
    }

   private:
    const Digest& digest_;
    uint64_t records_ = 0, sum_ = 0;
  };

  Digest(const sh::Context&, const sh::Config& config)
      : report_(config.str("report")), behind_comma_(config.flag("behind_comma")) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>(*this);
  }

 private:
  std::string report_;
  bool behind_comma_;  // the value's first member is not looked at
};

}  // namespace bench
