#include "plugin/shared_object.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>

namespace streamhost {

namespace {

constexpr const char* kSymbol = "streamhost_plugin";

Status refuse(std::string message) { return {Code::kPlugin, std::move(message)}; }

bool is_elf(int fd) {
  std::array<char, SELFMAG> magic{};
  return ::pread(fd, magic.data(), magic.size(), 0) == static_cast<ssize_t>(magic.size()) &&
         std::memcmp(magic.data(), ELFMAG, SELFMAG) == 0;
}

// What the dynamic linker said, without the name that nobody knows the file by.
std::string linker_message(const std::string& what, const std::string& name) {
  const size_t at = what.find(name);
  if (at == std::string::npos) return what;
  const size_t rest = what.find_first_not_of(": ", at + name.size());
  std::string message = what.substr(rest == std::string::npos ? what.size() : rest);
  // Boost adds the text of an error code that says nothing.
  const size_t tail = message.rfind(": Bad file descriptor");
  if (tail != std::string::npos) message.resize(tail);
  return message;
}

// The size of the data symbol at `address`; 0 when there is no such data symbol.
size_t data_size(const void* address) {
  Dl_info info{};
  void* found = nullptr;
  if (::dladdr1(address, &info, &found, RTLD_DL_SYMENT) == 0 || found == nullptr) return 0;
  const auto* symbol = static_cast<const ElfW(Sym)*>(found);
  return (symbol->st_info & 0xf) == STT_OBJECT ? symbol->st_size : 0;
}

Result<const sh_plugin*> find_plugin(const boost::dll::shared_library& library) {
  if (!library.has(kSymbol)) {
    return refuse("not a streamhost plugin: it has no symbol \"streamhost_plugin\"");
  }
  const void* address = &library.get<const char>(kSymbol);
  const size_t size = data_size(address);
  if (size < offsetof(sh_plugin, flags) ||
      reinterpret_cast<uintptr_t>(address) % alignof(sh_plugin) != 0) {
    return refuse("not a streamhost plugin: its symbol \"streamhost_plugin\" is not a sh_plugin");
  }
  // Only now can its first fields be read.
  const auto* plugin = static_cast<const sh_plugin*>(address);
  if (plugin->magic == SH_MAGIC && plugin->struct_size > size) {
    return refuse("its sh_plugin says that it has " + std::to_string(plugin->struct_size) +
                  " bytes, but it has " + std::to_string(size));
  }
  return plugin;
}

}  // namespace

Result<const sh_plugin*> load_shared_object(OpenFile file) {
  if (!is_elf(file.fd())) {
    return refuse("not a streamhost plugin: the file is not a shared object (ELF)");
  }
  const std::string name = "/proc/self/fd/" + std::to_string(file.fd());
  // Never destroyed: that would unload it, with threads and function pointers still inside.
  alignas(boost::dll::shared_library) std::array<std::byte, sizeof(boost::dll::shared_library)>
      place{};
  auto* library = new (place.data()) boost::dll::shared_library();
  try {
    library->load(name, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    file.release();
    return find_plugin(*library);
  } catch (const std::exception& e) {
    if (library->is_loaded()) file.release();
    return refuse("cannot be loaded: " + linker_message(e.what(), name));
  } catch (...) {
    // A constructor threw through the dynamic linker: it may have kept the object.
    file.release();
    return refuse("cannot be loaded: its constructors threw something that is no std::exception");
  }
}

}  // namespace streamhost
