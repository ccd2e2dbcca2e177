#include "filter.h"

namespace streamhost::json {
namespace {

Comparison comparison_of(const Config& config) {
  const auto value = config.find("value");
  const std::string text(value.value_or(""));
  return {config.str("op"), value ? &text : nullptr};
}

}  // namespace

Filter::Filter(const Context& ctx, const Config& config)
    : ctx_(ctx), reader_({config.str("pointer")}), comparison_(comparison_of(config)) {}

void Filter::process(const Batch& in, Out& out) {
  passed_.clear();
  const auto reject = [&](uint32_t i, std::string_view problem) {
    ctx_.reject(in.raw().records[i], "the value " + std::string(problem));
  };
  reader_.read(
      in,
      [&](uint32_t i, const Field* fields) {
        try {
          if (comparison_.passes(fields[0])) passed_.push_back(i);
        } catch (const Error& e) {
          ctx_.reject(in.raw().records[i], e.what());
        }
      },
      reject);
  if (passed_.size() == in.size()) return out.forward(in);
  for (const uint32_t i : passed_) out.push(in.raw().records[i]);
}

Component filter_component() {
  return op<Filter>("filter")
      .summary("Passes JSON values of which one field compares as asked")
      .options({option("pointer", Type::string, "the field, as a JSON Pointer").required(),
                option("op", Type::string, "how it must compare with the value")
                    .otherwise("==")
                    .choices({"==", "!=", "<", "<=", ">", ">=", "contains", "starts_with",
                              "ends_with", "exists"}),
                option("value", Type::any, "a string, number or bool; none for exists")});
}

}  // namespace streamhost::json
