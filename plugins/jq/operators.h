// jq.map, jq.filter and jq.flat_map: a jq program for each record.
#pragma once

#include <streamhost/sdk.hpp>

#include <vector>

#include "helper_process.h"

namespace streamhost::jq {

// What the three have in common. Blocks while the program computes.
class JqStep : private HelperProcess::Taker {
 public:
  JqStep(const Context& ctx, const Config& config, Mode mode);

  void process(const Batch& in, Out& out);

  // The process that computes; see HelperProcess.
  pid_t pid() const { return helper_.pid(); }

 private:
  void results(uint32_t i, uint32_t count, std::string_view bytes) override;
  void bad(uint32_t i, std::string_view message) override;
  void log(std::string_view line) override;

  Context ctx_;
  Mode mode_;
  HelperProcess helper_;
  // Of the call in hand.
  const sh_record* records_ = nullptr;
  Out* out_ = nullptr;
  std::vector<uint32_t> passed_;
};

struct Map : JqStep {
  Map(const Context& ctx, const Config& config) : JqStep(ctx, config, Mode::kMap) {}
};
struct Filter : JqStep {
  Filter(const Context& ctx, const Config& config) : JqStep(ctx, config, Mode::kFilter) {}
};
struct FlatMap : JqStep {
  FlatMap(const Context& ctx, const Config& config) : JqStep(ctx, config, Mode::kFlatMap) {}
};

Component map_component();
Component filter_component();
Component flat_map_component();

}  // namespace streamhost::jq
