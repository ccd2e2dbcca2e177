#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>

namespace streamhost::testing {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Output goes to files, not pipes: a program that writes much never waits for the test.
int open_output(std::string& path) {
  path = (std::filesystem::temp_directory_path() / "streamhost-output-XXXXXX").string();
  const int fd = ::mkostemp(path.data(), O_CLOEXEC | O_APPEND);
  if (fd < 0) fail("cannot make " + path);
  return fd;
}

// The same when the caller has nothing else for it: a copy of `given`, without a path, if it has.
int output_or(int given, std::string& path) {
  if (given < 0) return open_output(path);
  const int fd = ::fcntl(given, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) fail("cannot use the descriptor given for output");
  return fd;
}

// The strings of an argv or envp; the strings must outlive the result.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

// This process's environment with `changes` put over it.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  const auto name_of = [](std::string_view setting) {
    return setting.substr(0, setting.find('='));
  };
  std::vector<std::string> result;
  for (char** e = environ; *e != nullptr; ++e) {
    bool replaced = false;
    for (const std::string& change : changes) replaced |= name_of(*e) == name_of(change);
    if (!replaced) result.emplace_back(*e);
  }
  result.insert(result.end(), changes.begin(), changes.end());
  return result;
}

// Between fork and exec: only what POSIX allows there.
[[noreturn]] void become(char* const* argv, char* const* envp, const char* directory, int in,
                         int out, int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (directory[0] == '\0' || ::chdir(directory) == 0) ::execvpe(argv[0], argv, envp);
  const char* why = ::strerrordesc_np(errno);
  for (const char* part : {"cannot run ", static_cast<const char*>(argv[0]), ": ", why, "\n"}) {
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  ::_exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const RunOptions& options)
    : started_(Clock::now()), limit_(options.limit) {
  ::signal(SIGPIPE, SIG_IGN);  // a program that ended early is not this process's end
  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = environment_with(options.environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const int out = output_or(options.out, out_path_);
  const int err = output_or(options.err, err_path_);
  int in[2];
  if (::pipe2(in, O_CLOEXEC) != 0) fail("cannot make a pipe");
  pid_ = ::fork();
  if (pid_ < 0) fail("cannot fork");
  if (pid_ == 0) become(argv.data(), envp.data(), options.directory.c_str(), in[0], out, err);
  ::close(in[0]);
  ::close(out);
  ::close(err);
  input_ = in[1];
  ::fcntl(input_, F_SETFL, O_NONBLOCK);
  if (!options.input.empty()) {
    write_input(options.input);
    close_input();
  }
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_input();
  for (const std::string& path : {out_path_, err_path_}) {
    if (!path.empty()) ::unlink(path.c_str());
  }
}

void Child::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

void Child::write_input(std::string_view bytes) {
  const auto deadline = Clock::now() + limit_;
  while (!bytes.empty() && input_ >= 0) {
    const ssize_t n = ::write(input_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd ready{input_, POLLOUT, 0};
      ::poll(&ready, 1, 100);
      if (Clock::now() > deadline) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void Child::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

bool Child::running() const {
  siginfo_t ended{};
  return pid_ > 0 &&
         ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

bool Child::wait_for_output(std::string_view text, std::chrono::seconds limit) {
  const auto deadline = Clock::now() + limit;
  while (true) {
    // Looked at before the output: what it wrote last must be seen.
    const bool alive = running();
    if (out().find(text) != std::string::npos || err().find(text) != std::string::npos) return true;
    if (!alive || Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

std::string Child::out() const { return out_path_.empty() ? "" : read_file(out_path_); }
std::string Child::err() const { return err_path_.empty() ? "" : read_file(err_path_); }

RunResult Child::wait(std::chrono::seconds limit) {
  if (pid_ < 0) return result_;
  close_input();
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (watch < 0) fail("cannot watch the program");
  const auto deadline = Clock::now() + limit;
  int ready = 0;
  do {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ended{watch, POLLIN, 0};
    ready = ::poll(&ended, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  ::close(watch);
  if (ready == 0) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result_.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
  result_.out = out();
  result_.err = err();
  return result_;
}

RunResult run(const std::vector<std::string>& command, const RunOptions& options) {
  Child child(command, options);
  return child.wait(options.limit);
}

std::string streamhost_path() {
  const char* named = std::getenv("STREAMHOST_UNDER_TEST");
  return named != nullptr ? named : STREAMHOST_BINARY;
}

RunResult streamhost(std::vector<std::string> arguments, const RunOptions& options) {
  arguments.insert(arguments.begin(), streamhost_path());
  return run(arguments, options);
}

}  // namespace streamhost::testing
