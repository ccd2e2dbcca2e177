#include "cluster/member.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace streamhost::cluster_test {
namespace {

// What the host says when it begins, and when it has lost somebody.
const std::string kTogether = " processes are there\n";
const std::string kWentBack = "; going back to the last epoch and waiting";

}  // namespace

void Member::start(const std::vector<std::string>& command,
                   const std::vector<std::string>& environment) {
  child_.reset();
  const int file = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0)
    throw std::system_error(errno, std::generic_category(), "cannot write " + log_.string());
  begin_ = static_cast<size_t>(::lseek(file, 0, SEEK_END));
  testing::RunOptions options;
  options.environment = environment;
  options.out = options.err = file;
  child_ = std::make_unique<testing::Child>(command, options);
  ::close(file);
}

void Member::kill() {
  child_->signal(SIGKILL);
  child_->wait();
}

std::optional<int> Member::status() {
  if (child_ == nullptr || child_->running()) return std::nullopt;
  return child_->wait().status;
}

std::string Member::said() const {
  if (!std::filesystem::exists(log_)) return "";
  return testing::read_file(log_).substr(begin_);
}

bool Member::is_together() const {
  const std::string text = said();
  const size_t together = text.rfind(kTogether), back = text.rfind(kWentBack);
  return together != std::string::npos && (back == std::string::npos || back < together);
}

int Member::went_back() const { return count(said(), kWentBack); }

int count(const std::string& text, const std::string& part) {
  int times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

}  // namespace streamhost::cluster_test
