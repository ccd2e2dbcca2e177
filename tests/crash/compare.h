// Compares the output of a job that was disturbed with that of one that was not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::crash {

// How much of the order of the lines is promised.
enum class Order {
  kExact,  // byte for byte
  kByKey,  // the lines of each key (what stands before the first tab) are in order
  kLines,  // none: the same lines, each as often
};

// Nothing when `actual` is as good as `expected`; otherwise what is wrong, for a person: how many
// lines are lost, double or out of order, and a few of them.
std::optional<std::string> difference(std::string_view expected, std::string_view actual,
                                      Order order);

// Lines "KEY<tab>[a,b,...]" as lines "KEY<tab>a", "KEY<tab>b": for output of which only the
// grouping depends on the clock. Elements may hold no commas or brackets. Other lines stay.
std::string flattened(std::string_view lines);

// The lines of a text without their ends; what follows the last newline counts if there is any.
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace streamhost::crash
