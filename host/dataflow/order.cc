#include "dataflow/order.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace streamhost {
namespace {

using Graph = std::vector<std::vector<uint32_t>>;

Graph reversed(const Graph& graph) {
  Graph result(graph.size());
  for (uint32_t i = 0; i < graph.size(); ++i) {
    for (const uint32_t j : graph[i]) result[j].push_back(i);
  }
  return result;
}

// Takes away, again and again, what nothing that is left points at. What stays lies on cycles or
// between them, so that from each of these steps an arrow leads to another.
void trim(const Graph& arrows, const Graph& back, std::vector<bool>& left) {
  std::vector<uint32_t> missing(arrows.size());
  std::vector<uint32_t> gone;
  for (uint32_t i = 0; i < arrows.size(); ++i) {
    for (const uint32_t j : back[i]) missing[i] += left[j] ? 1 : 0;
    if (left[i] && missing[i] == 0) gone.push_back(i);
  }
  while (!gone.empty()) {
    const uint32_t i = gone.back();
    gone.pop_back();
    left[i] = false;
    for (const uint32_t j : arrows[i]) {
      if (left[j] && --missing[j] == 0) gone.push_back(j);
    }
  }
}

// Follows the arrows upstream from `start` until a step comes again.
std::vector<uint32_t> cycle_above(uint32_t start, const Graph& upstream,
                                  const std::vector<bool>& left) {
  std::vector<uint32_t> path;
  uint32_t step = start;
  for (;;) {
    const auto again = std::find(path.begin(), path.end(), step);
    if (again != path.end()) {
      path.erase(path.begin(), again);
      break;
    }
    path.push_back(step);
    step = *std::find_if(upstream[step].begin(), upstream[step].end(),
                         [&](uint32_t i) { return left[i]; });
  }
  std::reverse(path.begin(), path.end());  // upstream was walked, records go the other way
  std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
  return path;
}

}  // namespace

StepOrder order_steps(const Graph& upstream) {
  const Graph downstream = reversed(upstream);
  StepOrder order;

  using Candidate = std::pair<bool, uint32_t>;  // has upstreams, number: the smallest is next
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> ready;
  std::vector<size_t> missing(upstream.size());
  for (uint32_t i = 0; i < upstream.size(); ++i) {
    missing[i] = upstream[i].size();
    if (missing[i] == 0) ready.push({false, i});
  }
  std::vector<bool> left(upstream.size(), true);
  while (!ready.empty()) {
    const uint32_t step = ready.top().second;
    ready.pop();
    left[step] = false;
    order.sequence.push_back(step);
    for (const uint32_t reader : downstream[step]) {
      if (--missing[reader] == 0) ready.push({true, reader});
    }
  }

  for (;;) {
    trim(downstream, upstream, left);  // what no cycle leads to any more
    trim(upstream, downstream, left);  // what leads to no cycle
    const auto first = std::find(left.begin(), left.end(), true);
    if (first == left.end()) return order;
    order.cycles.push_back(
        cycle_above(static_cast<uint32_t>(first - left.begin()), upstream, left));
    for (const uint32_t step : order.cycles.back()) left[step] = false;
  }
}

}  // namespace streamhost
