#include "dataflow/alignment.h"

#include <numeric>
#include <set>

namespace streamhost {
namespace {

using Steps = std::set<uint32_t>;

class Groups {
 public:
  explicit Groups(size_t steps) : parents_(steps) {
    std::iota(parents_.begin(), parents_.end(), 0U);
  }
  uint32_t of(uint32_t step) const {
    while (parents_[step] != step) step = parents_[step];
    return step;
  }
  void join(const Steps& steps) {
    for (const uint32_t step : steps) parents_[of(step)] = of(*steps.begin());
  }

 private:
  std::vector<uint32_t> parents_;
};

}  // namespace

void find_alignment(Dataflow& dataflow) {
  const auto count = static_cast<uint32_t>(dataflow.steps.size());
  // By step: the sources that records come from, and those of them whose event time they have.
  std::vector<Steps> sources(count), timed(count);
  Steps aligned, not_aligned;
  Groups groups(count);
  for (uint32_t s = 0; s < count; ++s) {
    Step& step = dataflow.steps[s];
    step.alignment.reset();
    if (step.inputs.empty()) sources[s].insert(s);
    for (const Input& input : step.inputs) {
      sources[s].insert(sources[input.step].begin(), sources[input.step].end());
      timed[s].insert(timed[input.step].begin(), timed[input.step].end());
    }
    if (step.watermark) {
      timed[s] = sources[s];
      if (!step.watermark->align) not_aligned.insert(sources[s].begin(), sources[s].end());
    }
    if (step.component.kind != Component::Kind::kKeyed) continue;
    groups.join(timed[s]);
    aligned.insert(timed[s].begin(), timed[s].end());
  }
  for (const uint32_t source : aligned) {
    if (!not_aligned.contains(source)) dataflow.steps[source].alignment = groups.of(source);
  }
}

}  // namespace streamhost
