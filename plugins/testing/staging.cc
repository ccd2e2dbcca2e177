#include "staging.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <random>
#include <streamhost/sdk.hpp>

namespace testing_plugin {

namespace sh = streamhost;
namespace fs = std::filesystem;
using plugin_common::Descriptor;
using plugin_common::error_text;
using plugin_common::quoted;

namespace {

constexpr std::string_view kWriting = ".writing";

sh::Error cannot(const char* what, const std::string& path, int error) {
  return sh::unavailable("cannot " + std::string(what) + " " + quoted(path) + ": " +
                         error_text(error));
}

void sync(int fd, const std::string& path) {
  if (::fsync(fd) != 0) throw cannot("write through to the disk", path, errno);
}

// Makes names in it outlive a crash of the machine.
void sync_directory(const std::string& path) {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw cannot("open", path, errno);
  sync(opened.get(), path);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string random_nonce() {
  std::random_device random;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", random(), random());
  return text;
}

bool plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  });
}

}  // namespace

std::string format_handle(const Handle& handle) {
  std::string epoch = std::to_string(handle.epoch);
  epoch.insert(0, 12 - std::min<size_t>(12, epoch.size()), '0');
  return epoch + "-" + handle.part + "-" + handle.nonce;
}

std::optional<Handle> parse_handle(std::string_view text) {
  Handle handle;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, handle.epoch);
  if (error != std::errc() || at - text.data() < 12) return std::nullopt;
  const std::string_view rest(at, static_cast<size_t>(end - at));
  const size_t dash = rest.find('-', 1);
  if (rest.substr(0, 1) != "-" || dash == std::string_view::npos) return std::nullopt;
  handle.part = rest.substr(1, dash - 1);
  handle.nonce = rest.substr(dash + 1);
  if (!plain(handle.part) || !plain(handle.nonce)) return std::nullopt;
  return handle;
}

std::string Staging::staged(std::string_view name) const {
  return directory_ + "/staged/" + std::string(name);
}

std::string Staging::committed(std::string_view name) const {
  return directory_ + "/committed/" + std::string(name);
}

void Staging::make() const {
  for (const std::string& path : {staged(""), committed("")}) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) throw cannot("make the directory", path, error.value());
  }
}

Staging::File Staging::begin(const std::string& part) const {
  File file;
  file.nonce = random_nonce();
  file.path = staged(part + "-" + file.nonce + std::string(kWriting));
  file.descriptor =
      Descriptor(::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.descriptor) throw cannot("write", file.path, errno);
  return file;
}

void Staging::prepare(const File& file, const std::string& handle) const {
  sync(file.descriptor.get(), file.path);
  if (::rename(file.path.c_str(), staged(handle).c_str()) != 0) {
    throw cannot("rename", file.path, errno);
  }
  sync_directory(staged(""));
}

void Staging::discard(const File& file) const { ::unlink(file.path.c_str()); }

void Staging::commit(const std::string& handle) const {
  const auto parsed = parse_handle(handle);
  if (!parsed) {
    throw sh::state_error("the handle \"" + handle.substr(0, 100) +
                          "\" is not one of this version of the plugin");
  }
  if (parsed->nonce == "empty") return;
  if (::rename(staged(handle).c_str(), committed(handle).c_str()) != 0) {
    if (errno != ENOENT) throw cannot("commit", staged(handle), errno);
    if (!exists(committed(handle))) {
      throw sh::state_error("cannot commit \"" + handle + "\": neither " + quoted(staged(handle)) +
                            " nor " + quoted(committed(handle)) +
                            " is there, so output of a snapshot was removed");
    }
  }
  // Also when it was moved before: the run that did it may not have come this far.
  sync_directory(committed(""));
}

void Staging::abort(const std::string& handle) const {
  if (!parse_handle(handle)) return;  // not one of ours
  if (::unlink(staged(handle).c_str()) != 0 && errno != ENOENT) {
    throw cannot("remove", staged(handle), errno);
  }
}

void Staging::clear(const std::function<bool(std::string_view part)>& mine,
                    std::string_view keep) const {
  std::error_code error;
  for (fs::directory_iterator at(staged(""), error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().native();
    if (name == keep) continue;
    std::string_view part;
    const auto handle = parse_handle(name);
    if (handle) {
      part = handle->part;
    } else if (name.size() > kWriting.size() &&
               std::string_view(name).substr(name.size() - kWriting.size()) == kWriting) {
      part = std::string_view(name).substr(0, name.find('-'));
    }
    if (!part.empty() && mine(part)) ::unlink(at->path().c_str());
  }
  if (error) throw cannot("read", staged(""), error.value());
}

}  // namespace testing_plugin
