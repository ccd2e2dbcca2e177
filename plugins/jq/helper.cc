// The helper: a process that runs one jq program for one step and worker. See protocol.h.
#include <cstring>
#include <string>
#include <vector>

#include "helper_guard.h"
#include "helper_program.h"

namespace streamhost::jq {
namespace {

void append_result(std::string& to, std::string_view result) {
  if (result.size() >= kNone) guard::fault_of_memory();
  const auto size = static_cast<uint32_t>(result.size());
  to.append(reinterpret_cast<const char*>(&size), sizeof size);
  to += result;
}

class Helper {
 public:
  Helper(const Hello& hello, Program& program) : hello_(hello), program_(program) {}

  void answer(std::optional<std::string_view> key, int64_t timestamp,
              std::optional<std::string_view> value) {
    if (hello_.mode == Mode::kFilter) {
      bool passes = false;
      const auto problem = program_.test(key, timestamp, value, &passes);
      if (problem) return guard::send(Answer::kBad, 0, *problem);
      return guard::send(Answer::kResults, passes ? 1 : 0, {});
    }
    results_.clear();
    if (results_.capacity() > (1 << 20)) results_.shrink_to_fit();
    uint32_t count = 0;
    const auto problem =
        program_.run(key, timestamp, value, hello_.plain_text != 0, [&](std::string_view result) {
          append_result(results_, result);
          return ++count < 2 || hello_.mode == Mode::kFlatMap;
        });
    if (problem) return guard::send(Answer::kBad, 0, *problem);
    if (count > 1 && hello_.mode == Mode::kMap) {
      return guard::send(Answer::kBad, 0,
                         "the program gives more than one result; put them into an array, or use "
                         "jq.flat_map");
    }
    guard::send(Answer::kResults, count, results_);
  }

 private:
  const Hello& hello_;
  Program& program_;
  std::string results_;
};

int run() {
  guard::begin();
  Hello hello{};
  if (!guard::receive(&hello, sizeof hello)) return 0;
  std::string source(hello.program_size, '\0');
  if (!guard::receive(source.data(), source.size())) return 0;
  guard::limit(hello.memory_limit, hello.timeout_us);

  Program program;
  guard::next_task(true);
  if (const auto problem = program.compile(source)) {
    guard::send(Answer::kRefused, 0, *problem);
    guard::flush();
    return 0;
  }
  guard::next_task();
  guard::send(Answer::kReady, 0, {});

  Helper helper(hello, program);
  std::vector<char> items;
  Request request{};
  while (guard::receive(&request, sizeof request)) {
    items.resize(request.bytes);
    if (!guard::receive(items.data(), items.size())) return 0;
    const char* at = items.data();
    const auto text = [&](uint32_t size) -> std::optional<std::string_view> {
      if (size == kNone) return std::nullopt;
      const std::string_view here(at, size);
      at += size;
      return here;
    };
    for (uint64_t i = 0; i < request.count; ++i) {
      Item item;
      std::memcpy(&item, at, sizeof item);
      at += sizeof item;
      const auto key = text(item.key_size), value = text(item.value_size);
      guard::next_task();
      helper.answer(key, item.timestamp, value);
    }
    guard::next_task();
    if (items.capacity() > (1 << 20)) std::vector<char>().swap(items);
  }
  return 0;
}

}  // namespace
}  // namespace streamhost::jq

// libjq's assertions end here, for the program names the symbol before the C library does.
extern "C" [[noreturn, gnu::visibility("default")]] void __assert_fail(const char* assertion,
                                                                       const char*, unsigned,
                                                                       const char* function) {
  const std::string what = std::string("jq crashed in ") + (function != nullptr ? function : "?") +
                           " (assertion \"" + assertion + "\")";
  streamhost::jq::guard::fault(what);
}

int main() { return streamhost::jq::run(); }
