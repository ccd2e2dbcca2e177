// Errors of a plugin: thrown inside it, turned into statuses at its edge, never beyond.
#pragma once

#include <streamhost/abi.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace streamhost::inline v1 {

// Thrown by plugin code. The message says what, where and what to do; the host adds the step.
class Error : public std::runtime_error {
 public:
  Error(sh_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  sh_status status() const { return status_; }

  // The same call may succeed later: the host tries it again after a while.
  //   throw sh::unavailable("the broker is gone").retryable();
  Error retryable() const {
    Error copy = *this;
    copy.flags_ |= SH_ERR_RETRYABLE;
    return copy;
  }
  uint32_t flags() const { return flags_; }

 private:
  sh_status status_;
  uint32_t flags_ = 0;
};

inline Error config_error(const std::string& message) { return {SH_E_CONFIG, message}; }
inline Error unavailable(const std::string& message) { return {SH_E_UNAVAILABLE, message}; }
inline Error state_error(const std::string& message) { return {SH_E_STATE, message}; }
// This record cannot be processed. Inside the lambda helpers it concerns the record in hand, which
// the host then skips, diverts or fails on, as the manifest says.
inline Error bad_data(const std::string& message) { return {SH_E_DATA, message}; }

namespace detail {

// Thrown when the host answers with an error: carries its status back out of the plugin.
struct HostStatus {
  sh_status status;
};

inline void check(sh_status status) {
  if (status < 0) throw HostStatus{status};
}

inline sh_status fill(sh_error* error, sh_status status, std::string_view message,
                      uint32_t flags = 0) {
  if (error != nullptr) {
    const size_t n = std::min(message.size(), sizeof(error->message) - 1);
    std::memcpy(error->message, message.data(), n);
    error->message[n] = '\0';
    error->flags = flags;
  }
  return status;
}

// Runs `body` (returning sh_status or nothing) and lets no exception out.
template <class Body>
sh_status guarded(sh_error* error, Body&& body) noexcept {
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return SH_OK;
    } else {
      return body();
    }
  } catch (const HostStatus& e) {
    return fill(error, e.status,
                e.status == SH_E_NOT_IMPLEMENTED
                    ? "this version of the host cannot do what the plugin asks for"
                : e.status == SH_E_UNAVAILABLE ? "out of memory"
                                               : "the host refused a call of this step");
  } catch (const Error& e) {
    return fill(error, e.status(), e.what(), e.flags());
  } catch (const std::bad_alloc&) {
    return fill(error, SH_E_UNAVAILABLE, "out of memory");
  } catch (const std::exception& e) {
    return fill(error, SH_E_INTERNAL, e.what());
  } catch (...) {
    return fill(error, SH_E_INTERNAL, "the plugin threw something that is not a std::exception");
  }
}

}  // namespace detail
}  // namespace streamhost::inline v1
