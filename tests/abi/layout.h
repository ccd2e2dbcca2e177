// How the structs of the plugin ABI lie in memory, and whether a change of it would break plugins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace streamhost::testing {

struct Field {
  std::string name;
  size_t offset = 0;  // bytes
  size_t size = 0;    // bytes
  std::string type;   // for a function slot its whole signature
};

struct Struct {
  std::string name;
  bool frozen = false;  // otherwise it may grow at its tail
  size_t size = 0;      // bytes
  size_t align = 0;     // bytes
  std::vector<Field> fields;
};

struct Constant {
  std::string name;
  int64_t value = 0;
};

struct Layout {
  unsigned major = 0, minor = 0;
  std::vector<Struct> structs;
  std::vector<Constant> constants;
};

// The layout that the ABI headers have here.
Layout abi_layout();

// As text, and back; the text is what is committed. Lines that begin with '#' are comments. Throws
// std::runtime_error for what is not such a text.
std::string layout_text(const Layout& layout);
Layout parse_layout(const std::string& text);

// Places of a struct that no listed field covers, although alignment does not explain them: fields
// that were added to a header but not to abi_layout().
std::vector<std::string> unlisted(const Layout& layout);

// Why a plugin built for `committed` would not work with `present`, one sentence each; empty when
// the only changes are appends, and the minor version was raised with them.
std::vector<std::string> breaks(const Layout& committed, const Layout& present);

// True when `present` has something that `committed` lacks.
bool has_grown(const Layout& committed, const Layout& present);

}  // namespace streamhost::testing
