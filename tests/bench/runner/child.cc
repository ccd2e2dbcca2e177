#include "child.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

double now_s() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

// Pointers to the texts, and a null.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

Child::Child(const Command& command, const std::vector<std::string>& environment,
             const std::string& errors, Streams streams) {
  // Earlier entries win where a name is there twice, so the added ones go first.
  std::vector<std::string> all = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  const std::vector<char*> argv = pointers(command);
  const std::vector<char*> envp = pointers(all);

  int ends[2] = {-1, -1};
  const bool piped = streams == Streams::output_piped, held = streams == Streams::input_held_open;
  if (streams != Streams::none && ::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int errors_fd = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (nothing < 0 || errors_fd < 0) throw std::runtime_error(errors + ": cannot be written");

  // Not vfork: the child would begin with the peak memory of this process as its own.
  started_ = now_s();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(held ? ends[0] : nothing, 0);
    ::dup2(piped ? ends[1] : nothing, 1);
    ::dup2(errors_fd, 2);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(nothing);
  ::close(errors_fd);
  pipe_ = held ? ends[1] : ends[0];
  if (streams != Streams::none) ::close(held ? ends[0] : ends[1]);
  if (pid_ < 0) throw std::runtime_error(command[0] + ": " + std::strerror(errno));
}

Child::~Child() {
  if (pid_ > 0) {
    kill(SIGKILL);
    wait();
  }
  if (pipe_ >= 0) ::close(pipe_);
}

double Child::age_s() const { return now_s() - started_; }

std::string Child::read_output() const {
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = ::read(pipe_, piece, sizeof piece)) != 0;) {
    if (got > 0) text.append(piece, static_cast<size_t>(got));
    if (got < 0 && errno != EINTR) break;
  }
  return text;
}

void Child::kill(int signal) const { ::kill(pid_, signal); }

Usage Child::wait() {
  int status = 0;
  rusage used{};
  while (::wait4(pid_, &status, 0, &used) < 0 && errno == EINTR) {
  }
  Usage usage;
  usage.wall_s = age_s();
  usage.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime);
  usage.peak_rss_kb = static_cast<uint64_t>(used.ru_maxrss);
  usage.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  pid_ = -1;
  return usage;
}

Usage run(const Command& command, const std::vector<std::string>& environment,
          const std::string& errors) {
  const Usage usage = Child(command, environment, errors).wait();
  if (usage.status != 0) {
    std::ostringstream message;
    for (const auto& word : command) message << word << ' ';
    message << "ended with status " << usage.status << '\n';
    message << std::ifstream(errors).rdbuf();
    throw std::runtime_error(message.str());
  }
  return usage;
}

}  // namespace bench
