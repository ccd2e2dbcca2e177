#include "fault_operator.h"

namespace testing_plugin {

namespace sh = streamhost;

FaultOperator::FaultOperator(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx), value_(config.find("value")), fault_(ctx, config, 0) {
  if (!value_ && !config.has("at")) {
    throw sh::config_error("`at` or `value` must say at which record the fault is");
  }
}

void FaultOperator::process(const sh::Batch& in, sh::Out& out) {
  for (const sh::Record record : in) {
    if ((value_ && record.value() != *value_) || !fault_.due()) {
      out.forward(record);
      continue;
    }
    out.flush();  // what comes before it is on its way; and rejecting may run other steps
    fault_.strike("at a record");
    ctx_.reject(record.raw(), "the step's options ask for a fault at this record");
  }
}

sh::Component fault_operator() {
  using sh::option;
  using sh::Type;
  std::vector<sh::Option> options;
  options.push_back(option("value", Type::string, "only records with this value are counted"));
  add_fault_options(
      options, "which of them it is, counted by each worker from 1; left out: every one",
      "an error, a foreign exception, a rejected record, SIGKILL, SIGABRT, exit status "
      "3, a call that never returns",
      {"fail", "throw", "bad_record", "crash", "abort", "exit", "hang"});
  return sh::op<FaultOperator>("fault")
      .summary("passes records on, and fails, crashes or hangs at the one it is told")
      .options(std::move(options));
}

}  // namespace testing_plugin
