#include "abi/layout.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace streamhost::testing {

namespace {

template <class T>
const T* find(const std::vector<T>& all, const std::string& name) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const T& t) { return t.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::string field_text(const Field& f) {
  return std::to_string(f.offset) + " " + std::to_string(f.size) + " " + f.name + " " + f.type;
}

void compare(const Struct& was, const Struct& is, std::vector<std::string>& problems) {
  const auto say = [&](const std::string& what) { problems.push_back(was.name + ": " + what); };
  if (was.frozen != is.frozen) say("it changed between frozen and growing");
  if (was.align != is.align) {
    say("its alignment was " + std::to_string(was.align) + " and is " + std::to_string(is.align));
  }
  for (size_t i = 0; i < was.fields.size(); ++i) {
    const Field& before = was.fields[i];
    if (i >= is.fields.size()) {
      say("the field " + before.name + " is gone");
    } else if (field_text(before) != field_text(is.fields[i])) {
      say("where there was \"" + field_text(before) + "\" there is now \"" +
          field_text(is.fields[i]) + "\"");
      return;  // all that follow have moved: one message is enough
    }
  }
  if (was.frozen && is.fields.size() > was.fields.size()) {
    say("it is frozen, and " + is.fields[was.fields.size()].name + " was added to it");
  } else if (was.frozen ? is.size != was.size : is.size < was.size) {
    say("its size was " + std::to_string(was.size) + " bytes and is " + std::to_string(is.size));
  } else if (is.fields.size() > was.fields.size() &&
             is.fields[was.fields.size()].offset < was.size) {
    // A plugin of the older version says that its struct reaches this far.
    say("the field " + is.fields[was.fields.size()].name + " lies in what was padding");
  }
}

}  // namespace

std::string layout_text(const Layout& layout) {
  std::ostringstream out;
  out << "abi " << layout.major << " " << layout.minor << "\n";
  for (const Struct& s : layout.structs) {
    out << "\nstruct " << s.name << " " << (s.frozen ? "frozen" : "growing") << " " << s.size << " "
        << s.align << "\n";
    for (const Field& f : s.fields) out << "  field " << field_text(f) << "\n";
  }
  out << "\n";
  for (const Constant& c : layout.constants) out << "constant " << c.name << " " << c.value << "\n";
  return out.str();
}

Layout parse_layout(const std::string& text) {
  Layout layout;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word[0] == '#') continue;
    if (word == "abi") {
      words >> layout.major >> layout.minor;
    } else if (word == "struct") {
      Struct& s = layout.structs.emplace_back();
      std::string growth;
      words >> s.name >> growth >> s.size >> s.align;
      s.frozen = growth == "frozen";
    } else if (word == "field" && !layout.structs.empty()) {
      Field& f = layout.structs.back().fields.emplace_back();
      words >> f.offset >> f.size >> f.name >> std::ws;
      std::getline(words, f.type);
    } else if (word == "constant") {
      Constant& c = layout.constants.emplace_back();
      words >> c.name >> c.value;
    } else {
      throw std::runtime_error("not a line of a layout: " + line);
    }
    if (words.fail()) throw std::runtime_error("not a line of a layout: " + line);
  }
  return layout;
}

std::vector<std::string> unlisted(const Layout& layout) {
  std::vector<std::string> problems;
  for (const Struct& s : layout.structs) {
    size_t end = 0;
    for (const Field& f : s.fields) {
      // A gap is padding when it is smaller than the field's natural alignment.
      const size_t align = std::min<size_t>(f.size, 8);
      if (f.offset < end || f.offset - end >= std::max<size_t>(align, 1)) {
        problems.push_back(s.name + ": something is not listed before " + f.name);
      }
      end = f.offset + f.size;
    }
    if (s.size - end >= s.align)
      problems.push_back(s.name + ": something is not listed at its end");
  }
  return problems;
}

std::vector<std::string> breaks(const Layout& committed, const Layout& present) {
  std::vector<std::string> problems;
  if (committed.major != present.major) {
    problems.push_back("the major version changed from " + std::to_string(committed.major) +
                       " to " + std::to_string(present.major) +
                       ": every plugin must be built again; start a new layout file");
    return problems;
  }
  for (const Struct& was : committed.structs) {
    const Struct* is = find(present.structs, was.name);
    if (is == nullptr) {
      problems.push_back(was.name + " is gone");
    } else {
      compare(was, *is, problems);
    }
  }
  for (const Constant& was : committed.constants) {
    const Constant* is = find(present.constants, was.name);
    if (is == nullptr) {
      problems.push_back("the constant " + was.name + " is gone");
    } else if (is->value != was.value) {
      problems.push_back("the constant " + was.name + " was " + std::to_string(was.value) +
                         " and is " + std::to_string(is->value));
    }
  }
  if (present.minor < committed.minor) problems.emplace_back("the minor version went back");
  if (problems.empty() && has_grown(committed, present) && present.minor == committed.minor) {
    problems.emplace_back(
        "the ABI has grown, but SH_ABI_MINOR is what it was: an older host would load plugins that "
        "need what it lacks");
  }
  return problems;
}

bool has_grown(const Layout& committed, const Layout& present) {
  if (present.structs.size() > committed.structs.size() ||
      present.constants.size() > committed.constants.size()) {
    return true;
  }
  return std::any_of(committed.structs.begin(), committed.structs.end(), [&](const Struct& was) {
    const Struct* is = find(present.structs, was.name);
    return is != nullptr && is->fields.size() > was.fields.size();
  });
}

}  // namespace streamhost::testing
