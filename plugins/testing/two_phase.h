// The sinks `testing.two_phase` and `testing.two_phase_dynamic`: the two-phase protocol done with
// files, every call written down, and faults where a test wants them. See README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "call_log.h"
#include "common/output_buffer.h"
#include "common/record_template.h"
#include "fault.h"
#include "staging.h"

namespace testing_plugin {

class TwoPhase;

// The methods are those of a sink's partition in sdk/sink.hpp.
class TwoPhasePart {
 public:
  // `name` is the partition's, `label` what its files are called by.
  TwoPhasePart(TwoPhase& owner, std::string name, std::string label);
  ~TwoPhasePart();

  streamhost::Written write(const streamhost::Batch& batch);
  void flush();
  streamhost::Settled prepare(uint64_t epoch, streamhost::Writer& handle);

 private:
  TwoPhase& owner_;
  const std::string name_, label_;
  std::optional<Staging::File> file_;  // from the epoch's first record on
  std::optional<plugin_common::OutputBuffer> buffer_;
};

class TwoPhase {
 public:
  using Partition = TwoPhasePart;
  TwoPhase(const streamhost::Context& ctx, const streamhost::Config& config);

  // An empty name is the part of this worker.
  std::unique_ptr<TwoPhasePart> open(std::string_view name, std::optional<std::string_view> resume);
  streamhost::Settled commit(uint64_t epoch, std::string_view handle);
  void abort(std::string_view handle);

 private:
  friend class TwoPhasePart;
  // Strikes when the fault is in this call and due; `after`: the call has done its work. True: the
  // call is to answer "again".
  bool struck(Call call, bool after);
  int64_t again_us() const;

  streamhost::Context ctx_;
  Staging staging_;
  plugin_common::RecordTemplate format_;
  CallLog calls_;
  std::string in_;  // the call that the fault is in; empty: none
  std::string do_;
  bool after_;
  Fault fault_;
};

// With named partitions, each written by one worker.
class TwoPhasePartitioned : public TwoPhase {
 public:
  TwoPhasePartitioned(const streamhost::Context& ctx, const streamhost::Config& config)
      : TwoPhase(ctx, config), count_(static_cast<uint32_t>(config.integer("partitions", 1))) {}
  std::vector<std::string> partitions();

 private:
  uint32_t count_;
};

streamhost::Component two_phase();
streamhost::Component two_phase_dynamic();

}  // namespace testing_plugin
