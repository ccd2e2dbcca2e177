// The outcome of something that can fail, and a value or such an outcome. No exceptions cross the
// layers of the host; what a library throws is caught where the library is called.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace streamhost {

// What kind of failure, which decides the exit status of the process (see cli/exit_status.h).
enum class Code {
  kOk,
  kFailed,    // the job or a part of it failed
  kUsage,     // wrong command line or manifest
  kPlugin,    // a plugin could not be loaded
  kRecovery,  // the recovery store cannot be used
  kLost,      // another process of the cluster is gone; the job can go on once it is back
  kStopped,   // given up because the job is stopping; somebody else says why
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  static Status ok() { return {}; }
  static Status failed(std::string message) { return {Code::kFailed, std::move(message)}; }
  static Status usage(std::string message) { return {Code::kUsage, std::move(message)}; }

  bool is_ok() const { return code_ == Code::kOk; }
  explicit operator bool() const { return is_ok(); }
  Code code() const { return code_; }
  // What went wrong, where, and what to do: one sentence for a person. Empty when ok.
  const std::string& message() const { return message_; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

// A T, or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {}

  bool is_ok() const { return value_.has_value(); }
  explicit operator bool() const { return is_ok(); }
  const Status& status() const { return status_; }
  // Only when ok.
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace streamhost
