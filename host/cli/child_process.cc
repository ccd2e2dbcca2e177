#include "cli/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace streamhost {
namespace {

Status cannot(const std::string& what) {
  return Status::failed("cannot " + what + ": " + std::generic_category().message(errno));
}

// As execve() wants them; they point into `texts`.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  ~Pipe() {
    for (const int fd : ends) {
      if (fd >= 0) ::close(fd);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int take_reader() { return std::exchange(ends[0], -1); }

  std::array<int, 2> ends{};
};

// Never returns. Only what may be called between fork() and execve().
[[noreturn]] void become(char* const* arguments, char* const* environment, int input, int out,
                         int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it was gone before we asked
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (input < 0) input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input != STDIN_FILENO) ::dup2(input, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execve("/proc/self/exe", arguments, environment);
  constexpr std::string_view kMessage = "streamhost: cannot start itself\n";
  [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(1);
}

}  // namespace

Result<ChildProcess> start_child(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment, int input) {
  Pipe out;
  Pipe err;
  if (out.ends[0] < 0 || err.ends[0] < 0) return cannot("make a pipe");
  std::vector<std::string> words = {"streamhost"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return cannot("start a process");
  if (pid == 0) become(argv.data(), envp.data(), input, out.ends[1], err.ends[1], parent);
  return ChildProcess{pid, out.take_reader(), err.take_reader()};
}

}  // namespace streamhost
