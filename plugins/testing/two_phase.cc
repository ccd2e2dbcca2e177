#include "two_phase.h"

#include <algorithm>
#include <charconv>

namespace testing_plugin {

namespace sh = streamhost;

namespace {

constexpr int64_t kAgainUs = 10'000;

std::string four_digits(std::string_view number) {
  return std::string(4 - std::min<size_t>(4, number.size()), '0') + std::string(number);
}

// "w0003"
std::string worker_label(uint32_t worker) { return "w" + four_digits(std::to_string(worker)); }

// Whose leftovers this worker looks after: its own, and those of workers that are no more.
bool is_mine(std::string_view label, uint32_t worker, uint32_t workers) {
  uint32_t other = 0;
  if (label.substr(0, 1) != "w") return false;
  std::from_chars(label.data() + 1, label.data() + label.size(), other);
  return other % workers == worker;
}

}  // namespace

TwoPhasePart::TwoPhasePart(TwoPhase& owner, std::string name, std::string label)
    : owner_(owner), name_(std::move(name)), label_(std::move(label)) {}

TwoPhasePart::~TwoPhasePart() {
  if (file_) owner_.staging_.discard(*file_);  // records of an epoch that does not end
  try {
    owner_.calls_.add({.name = "close", .partition = name_});
  } catch (const sh::Error& e) {
    owner_.ctx_.warn(e.what());
  }
}

sh::Written TwoPhasePart::write(const sh::Batch& batch) {
  Call call{
      .name = "write", .partition = name_, .epoch = owner_.ctx_.epoch(), .records = batch.size()};
  if (owner_.struck(call, false)) return {0, owner_.again_us()};
  if (!file_ && batch.size() > 0) {
    file_ = owner_.staging_.begin(label_);
    buffer_.emplace(file_->descriptor.get(), plugin_common::quoted(file_->path), 0);
  }
  if (buffer_) owner_.format_.write(batch.raw(), *buffer_);
  owner_.calls_.add(call);
  owner_.struck(call, true);
  return {batch.size()};
}

void TwoPhasePart::flush() {
  if (buffer_) buffer_->flush();
  owner_.calls_.add({.name = "flush", .partition = name_, .epoch = owner_.ctx_.epoch()});
}

sh::Settled TwoPhasePart::prepare(uint64_t epoch, sh::Writer& to) {
  Call call{.name = "prepare", .partition = name_, .epoch = epoch};
  if (owner_.struck(call, false)) return sh::Settled::again_at(owner_.again_us());
  const std::string handle = format_handle({epoch, label_, file_ ? file_->nonce : "empty"});
  call.handle = handle;
  if (file_) {
    buffer_->flush();
    owner_.staging_.prepare(*file_, handle);
    buffer_.reset();
    file_.reset();
  }
  owner_.calls_.add(call);
  owner_.struck(call, true);
  to.write(handle);
  return {};
}

TwoPhase::TwoPhase(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      staging_(config.str("path")),
      format_(config.str("format")),
      calls_(ctx, config.flag("record") ? config.str("path") + "/calls.jsonl" : ""),
      in_(config.str("in")),
      do_(config.str("do")),
      after_(config.find("when") == "after"),
      fault_(ctx, config, 1) {
  if (in_.empty()) return;
  if (after_) {
    fault_.allow({Action::kFail, Action::kThrow, Action::kCrash, Action::kAbort, Action::kExit,
                  Action::kHang},
                 "after the work is done");
  } else if (in_ == "open" || in_ == "abort") {
    fault_.allow({Action::kFail, Action::kThrow, Action::kCrash, Action::kAbort, Action::kExit,
                  Action::kHang},
                 "in " + in_ + ", which the host does not try again");
  }
}

bool TwoPhase::struck(Call call, bool after) {
  if (call.name != in_ || after != after_ || !fault_.due()) return false;
  call.result = do_;
  calls_.add(call);
  fault_.strike("in " + in_ + (after ? ", its work done" : ""));
  return true;
}

int64_t TwoPhase::again_us() const { return ctx_.now_us() + kAgainUs; }

std::unique_ptr<TwoPhasePart> TwoPhase::open(std::string_view name,
                                             std::optional<std::string_view> resume) {
  staging_.make();
  const Call call{.name = "open", .partition = name, .handle = resume};
  struck(call, false);
  // What earlier runs left half done, or prepared for an epoch that never became durable. Whatever
  // did become durable has been committed by now.
  const uint32_t worker = ctx_.worker_index();
  const std::string label = name.empty() ? worker_label(worker) : four_digits(name);
  staging_.clear(
      [&](std::string_view other) {
        return name.empty() ? is_mine(other, worker, ctx_.worker_count()) : other == label;
      },
      resume.value_or(""));
  calls_.add(call);
  struck(call, true);
  return std::make_unique<TwoPhasePart>(*this, std::string(name), label);
}

sh::Settled TwoPhase::commit(uint64_t epoch, std::string_view handle) {
  const Call call{.name = "commit", .epoch = epoch, .handle = handle};
  staging_.make();  // a later run commits before it opens anything
  if (struck(call, false)) return sh::Settled::again_at(again_us());
  staging_.commit(std::string(handle));
  calls_.add(call);
  struck(call, true);
  return {};
}

void TwoPhase::abort(std::string_view handle) {
  const Call call{.name = "abort", .handle = handle};
  staging_.make();
  struck(call, false);
  staging_.abort(std::string(handle));
  calls_.add(call);
  struck(call, true);
}

std::vector<std::string> TwoPhasePartitioned::partitions() {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count_; ++i) names.push_back(std::to_string(i));
  return names;
}

namespace {

std::vector<sh::Option> common_options() {
  using sh::option;
  using sh::Type;
  std::vector<sh::Option> o;
  o.push_back(option("path", Type::string,
                     "a directory, which is made if it is missing; the output is what is in its "
                     "`committed`")
                  .required()
                  .path());
  o.push_back(option("format", Type::string,
                     "what is written of a record: {key}, {value}, {timestamp}, {header:NAME}; {{ "
                     "and }} are braces; a newline follows")
                  .otherwise("{value}"));
  o.push_back(option("record", Type::boolean,
                     "append each call to `calls.jsonl` of the directory, as a line of JSON")
                  .otherwise("true"));
  o.push_back(option("in", Type::string, "the call that a fault is in; left out: no fault")
                  .choices({"open", "write", "prepare", "commit", "abort"}));
  o.push_back(option("when", Type::string, "before or after the call does its work")
                  .otherwise("before")
                  .choices({"before", "after"}));
  add_fault_options(
      o, "which of these calls it is, counted by each worker from 1; left out: the first",
      "an error, a foreign exception, SIGKILL, SIGABRT, exit status 3, a call that never returns, "
      "\"not yet\" three times, a retryable error twice",
      {"fail", "throw", "crash", "abort", "exit", "hang", "again", "retry"});
  return o;
}

}  // namespace

sh::Component two_phase() {
  auto options = common_options();
  options.push_back(sh::option("partitions", sh::Type::integer,
                               "each is written by one worker, by hash of the key")
                        .otherwise("1")
                        .at_least(1)
                        .at_most(4096));
  return sh::sink<TwoPhasePartitioned, SH_SINK_TRANSACTIONAL>("two_phase")
      .summary("files that appear when their epoch is durable: the two-phase protocol, with faults")
      .options(std::move(options));
}

sh::Component two_phase_dynamic() {
  return sh::sink<TwoPhase, SH_SINK_TRANSACTIONAL>("two_phase_dynamic")
      .summary("two_phase without partitions: each worker writes what it has")
      .options(common_options());
}

}  // namespace testing_plugin
