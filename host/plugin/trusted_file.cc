#include "plugin/trusted_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace streamhost {

namespace fs = std::filesystem;

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

int OpenFile::release() { return std::exchange(fd_, -1); }

namespace {

Status refuse(std::string message) { return {Code::kPlugin, std::move(message)}; }

std::string why() { return std::strerror(errno); }

// Ok when only root and this process's user can change what `info` describes.
Status check_owner(const struct stat& info, const std::string& what) {
  const uid_t user = ::geteuid();
  if (info.st_uid != 0 && info.st_uid != user) {
    return refuse(what + " belongs to user " + std::to_string(info.st_uid) +
                  ", not to root or to the user who runs streamhost (" + std::to_string(user) +
                  "); change its owner");
  }
  if ((info.st_mode & S_IWOTH) != 0) {
    return refuse(what + " can be written by everybody; take that right away (chmod o-w)");
  }
  if ((info.st_mode & S_IWGRP) != 0 && info.st_gid != 0 && info.st_gid != ::getegid()) {
    return refuse(what + " can be written by group " + std::to_string(info.st_gid) +
                  "; take that right away (chmod g-w)");
  }
  return Status::ok();
}

Status check_folder(const fs::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    return refuse("cannot look at the folder " + folder.string() + ": " + why());
  }
  return check_owner(info, "its folder " + folder.string());
}

Result<std::string> sha256_of(int fd) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       &EVP_MD_CTX_free);
  std::vector<unsigned char> block(256 * 1024);
  bool good = digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1;
  for (off_t at = 0; good;) {
    const ssize_t n = ::pread(fd, block.data(), block.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return refuse("cannot be read: " + why());
    if (n == 0) break;
    good = EVP_DigestUpdate(digest.get(), block.data(), static_cast<size_t>(n)) == 1;
    at += n;
  }
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!good || EVP_DigestFinal_ex(digest.get(), raw, &size) != 1) {
    return refuse("its SHA-256 digest cannot be computed");
  }
  static const char* const kHex = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHex[raw[i] >> 4];
    hex += kHex[raw[i] & 15];
  }
  return hex;
}

}  // namespace

Result<OpenFile> open_trusted(const fs::path& path, const std::string& sha256) {
  // O_NONBLOCK: a FIFO of that name must not hang the host.
  OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd() < 0) return refuse("cannot be opened: " + why());
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return refuse("cannot be looked at: " + why());
  if (!S_ISREG(info.st_mode)) return refuse("is not a regular file");
  if (Status status = check_owner(info, "the file"); !status) return status;

  const fs::path named = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (Status status = check_folder(named); !status) return status;
  std::error_code error;
  const fs::path real = fs::read_symlink("/proc/self/fd/" + std::to_string(file.fd()), error);
  if (error) return refuse("its place cannot be found: " + error.message());
  if (Status status = check_folder(real.parent_path()); !status) return status;

  if (!sha256.empty()) {
    Result<std::string> found = sha256_of(file.fd());
    if (!found) return found.status();
    std::string wanted = sha256;
    std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (*found != wanted) {
      return refuse("its SHA-256 digest is " + *found + ", but " + wanted + " is required");
    }
  }
  return file;
}

}  // namespace streamhost
