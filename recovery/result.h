// The outcome of something that can fail, within this room: every failure means that the store
// cannot be used as it is, so a message for a person is all there is to say.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace streamhost::recovery {

struct [[nodiscard]] Failure {
  std::string message;  // what, which file, what to do: one sentence or two
};

// Done, or the reason why not.
class [[nodiscard]] Outcome {
 public:
  Outcome() = default;
  Outcome(Failure failure) : failure_(std::move(failure)) {}

  explicit operator bool() const { return !failure_; }
  // Only when it failed.
  const Failure& failure() const { return *failure_; }

 private:
  std::optional<Failure> failure_;
};

// A T, or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Failure failure) : failure_(std::move(failure)) {}

  explicit operator bool() const { return value_.has_value(); }
  // Only when it failed.
  const Failure& failure() const { return failure_; }
  // Only when it did not.
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Failure failure_;
};

}  // namespace streamhost::recovery
