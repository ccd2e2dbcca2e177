#include "helper_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "helper_image.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace streamhost::jq {
namespace {

using plugin_common::Descriptor;
using plugin_common::error_text;

constexpr size_t kChunk = 256 * 1024;  // bytes sent at once, when records are small

Error no_process(const char* what, int error) {
  return unavailable(std::string("jq runs in a process of its own, which cannot be started: ") +
                     what + ": " + error_text(error));
}

// Not 0, 1 or 2, which the child has other uses for.
Descriptor high(Descriptor fd) {
  if (!fd || fd.get() > 2) return fd;
  return Descriptor(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

// The helper program as a file that can be executed.
Descriptor image_file() {
  Descriptor file(::memfd_create("streamhost-jq", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
  if (!file && errno == EINVAL) {  // before Linux 6.3
    file = Descriptor(::memfd_create("streamhost-jq", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  file = high(std::move(file));
  if (!file) throw no_process("memfd_create", errno);
  std::string_view left = helper_image();
  while (!left.empty()) {
    const ssize_t done = ::write(file.get(), left.data(), left.size());
    if (done <= 0) throw no_process("writing its image", errno);
    left.remove_prefix(static_cast<size_t>(done));
  }
  ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  return file;
}

template <class T>
void append(std::string& to, const T& plain) {
  to.append(reinterpret_cast<const char*>(&plain), sizeof plain);
}
void append(std::string& to, const uint8_t* bytes, uint32_t size) {
  if (size != SH_ABSENT) to.append(reinterpret_cast<const char*>(bytes), size);
}
static_assert(kNone == SH_ABSENT && SH_NO_TIME == INT64_MIN);

}  // namespace

HelperProcess::HelperProcess(Settings settings) : settings_(std::move(settings)) {
  if (settings_.source.find('\0') != std::string::npos) {
    throw config_error(settings_.name + ": the program contains a NUL character");
  }
  start();
}

HelperProcess::~HelperProcess() { stop(); }

void HelperProcess::spawn() {
  const Descriptor image = image_file();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw no_process("socketpair", errno);
  }
  socket_ = Descriptor(ends[0]);
  const Descriptor theirs = high(Descriptor(ends[1]));

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, theirs.get(), 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&how, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&how, &signals);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  const std::string path = "/proc/self/fd/" + std::to_string(image.get());
  char name[] = "streamhost-jq";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};  // programs find nothing in `env`
  const int error = ::posix_spawn(&pid_, path.c_str(), &files, &how, arguments, environment);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    pid_ = -1;
    socket_ = {};
    throw no_process("posix_spawn", error);
  }
}

void HelperProcess::start() {
  spawn();
  const Hello hello{settings_.mode, settings_.plain_text ? 1u : 0u, settings_.timeout_us,
                    settings_.memory_limit, settings_.source.size()};
  asked_.clear();
  append(asked_, hello);
  asked_ += settings_.source;
  taken_ = heard_size_ = 0;
  std::optional<Heard> heard;
  if (send_all(asked_)) heard = hear();
  if (!heard) {
    throw unavailable("the process that runs jq " + stop() + " before it was ready");
  }
  if (heard->reply.answer == Answer::kReady) return;
  const bool placed = heard->reply.answer == Answer::kRefused && !heard->bytes.empty() &&
                      heard->bytes[0] >= '0' && heard->bytes[0] <= '9';
  const std::string message = settings_.name + (placed ? ":" : ": ") + std::string(heard->bytes);
  stop();
  throw config_error(message);
}

std::string HelperProcess::stop() {
  socket_ = {};
  if (pid_ < 0) return "is not there";
  // It has nothing to finish; whether it had ended by itself before, its status tells.
  int status = 0;
  pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended == 0) {
    ::kill(pid_, SIGKILL);
    do {
      ended = ::waitpid(pid_, &status, 0);
    } while (ended < 0 && errno == EINTR);
  }
  pid_ = -1;
  if (ended < 0) return "ended";
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

bool HelperProcess::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return true;
}

bool HelperProcess::hear_more(size_t needed) {
  if (taken_ > 0) {
    heard_size_ -= taken_;
    std::memmove(heard_.data(), heard_.data() + taken_, heard_size_);
    taken_ = 0;
  }
  // A large result was an exception.
  if (heard_size_ == 0 && heard_.size() > kChunk && needed < kChunk) std::string().swap(heard_);
  if (heard_.size() < std::max(needed, kChunk)) heard_.resize(std::max(needed, kChunk));
  while (heard_size_ < needed) {
    const ssize_t done =
        ::recv(socket_.get(), heard_.data() + heard_size_, heard_.size() - heard_size_, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    heard_size_ += static_cast<size_t>(done);
  }
  return true;
}

std::optional<HelperProcess::Heard> HelperProcess::hear() {
  if (heard_size_ - taken_ < sizeof(Reply) && !hear_more(sizeof(Reply))) return std::nullopt;
  Heard heard{};
  std::memcpy(&heard.reply, heard_.data() + taken_, sizeof heard.reply);
  const size_t whole = sizeof(Reply) + heard.reply.bytes;
  if (heard_size_ - taken_ < whole && !hear_more(whole)) return std::nullopt;
  heard.bytes = {heard_.data() + taken_ + sizeof(Reply), heard.reply.bytes};
  taken_ += whole;
  return heard;
}

uint32_t HelperProcess::ask(const sh_record* records, uint32_t count) {
  const auto size_of = [](uint32_t size) { return size == SH_ABSENT ? size_t{0} : size_t{size}; };
  asked_.clear();
  if (asked_.capacity() > 4 * kChunk) asked_.shrink_to_fit();
  append(asked_, Request{});
  uint32_t asked = 0;
  while (asked < count) {
    const sh_record& r = records[asked];
    const size_t size = sizeof(Item) + size_of(r.key_len) + size_of(r.value_len);
    if (asked != 0 && asked_.size() + size > kChunk) break;
    ++asked;
    append(asked_, Item{r.event_time_us, r.key_len, r.value_len});
    append(asked_, r.key, r.key_len);
    append(asked_, r.value, r.value_len);
  }
  const Request request{asked, asked_.size() - sizeof(Request)};
  std::memcpy(asked_.data(), &request, sizeof request);
  send_all(asked_);
  return asked;
}

void HelperProcess::run(const sh_record* records, uint32_t count, Taker& taker) {
  // Answers that nobody took would be taken for those of the next call.
  struct Unfinished {
    ~Unfinished() {
      if (process != nullptr) process->stop();
    }
    HelperProcess* process;
  } unfinished{this};

  uint32_t lost_at = UINT32_MAX;
  for (uint32_t done = 0; done < count;) {
    if (pid_ < 0) start();
    std::optional<Heard> heard;
    for (uint32_t waiting = ask(records + done, count - done); waiting > 0;) {
      heard = hear();
      if (!heard) break;
      if (heard->reply.answer == Answer::kLog) {
        taker.log(heard->bytes);
        continue;
      }
      const bool gone = heard->reply.answer == Answer::kFault;
      if (heard->reply.answer == Answer::kResults) {
        taker.results(done, heard->reply.count, heard->bytes);
      } else {
        if (gone) stop();
        taker.bad(done, heard->bytes);
      }
      ++done;
      --waiting;
      if (gone) break;
    }
    if (heard) continue;
    const std::string how = stop();
    if (lost_at == done) {
      throw unavailable("the process that runs jq " + how + ", twice at one record");
    }
    lost_at = done;
  }
  unfinished.process = nullptr;
}

}  // namespace streamhost::jq
