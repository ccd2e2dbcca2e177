#include "fault.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace testing_plugin {

namespace sh = streamhost;

namespace {

struct Named {
  const char* name;
  Action action;
};
constexpr Named kActions[] = {{"fail", Action::kFail},   {"bad_record", Action::kBadRecord},
                              {"crash", Action::kCrash}, {"abort", Action::kAbort},
                              {"exit", Action::kExit},   {"throw", Action::kThrow},
                              {"hang", Action::kHang},   {"again", Action::kAgain},
                              {"retry", Action::kRetry}};

[[noreturn]] void sleep_forever() {
  for (;;) ::pause();
}

}  // namespace

std::optional<Action> action_named(std::string_view name) {
  for (const Named& named : kActions) {
    if (name == named.name) return named.action;
  }
  return std::nullopt;
}

Fault::Fault(const sh::Context& ctx, const sh::Config& config, uint64_t otherwise_at)
    : ctx_(ctx),
      name_(config.str("do")),
      action_(action_named(name_).value_or(Action::kFail)),
      at_(static_cast<uint64_t>(config.integer("at", static_cast<int64_t>(otherwise_at)))),
      once_(config.str("once")) {}

void Fault::allow(std::initializer_list<Action> actions, const std::string& in) const {
  if (std::find(actions.begin(), actions.end(), action_) != actions.end()) return;
  std::string names;
  for (const Action action : actions) {
    for (const Named& named : kActions) {
      if (named.action == action)
        names += (names.empty() ? "\"" : ", \"") + std::string(named.name) + "\"";
    }
  }
  throw sh::config_error("`do = \"" + name_ + "\"` cannot be had " + in + "; choose one of " +
                         names);
}

bool Fault::due() {
  if (repeats_ > 0) {
    --repeats_;
    return true;
  }
  ++count_;
  if (at_ != 0 && count_ != at_) return false;
  if (once_ && !once_.claim("step " + std::string(ctx_.step_id()))) return false;
  if (action_ == Action::kAgain) repeats_ = 2;
  if (action_ == Action::kRetry) repeats_ = 1;
  return true;
}

void Fault::strike(const std::string& where) const {
  const std::string message = "a fault " + where + ", as `do = \"" + name_ + "\"` asks for (time " +
                              std::to_string(count_) + " that it came by on worker " +
                              std::to_string(ctx_.worker_index()) + ")";
  switch (action_) {
    case Action::kFail: throw sh::unavailable(message);
    case Action::kRetry: throw sh::unavailable(message).retryable();
    case Action::kThrow: throw std::runtime_error(message);
    case Action::kCrash: ::kill(::getpid(), SIGKILL); sleep_forever();
    case Action::kAbort: std::abort();
    // At once: with other threads at work, the destructors that exit() runs have no certain
    // outcome.
    case Action::kExit: std::_Exit(3);
    case Action::kHang: sleep_forever();
    case Action::kBadRecord:
    case Action::kAgain: return;
  }
}

void add_fault_options(std::vector<sh::Option>& to, const char* at_help, const char* do_help,
                       std::initializer_list<const char*> actions) {
  using sh::option;
  using sh::Type;
  to.push_back(option("at", Type::integer, at_help).at_least(1));
  to.push_back(option("do", Type::string, do_help).otherwise("fail").choices(actions));
  to.push_back(option("once", Type::string,
                      "a file that remembers that it happened, so that later runs are spared")
                   .path());
}

}  // namespace testing_plugin
