#include "project.h"

#include <cstring>

namespace streamhost::json {
namespace {

std::vector<std::string> pointers_of(const Config& config) {
  std::vector<std::string> pointers = config.list("fields");
  if (pointers.empty()) {
    throw config_error("option \"fields\" is empty: write fields = { name = \"/pointer\" }");
  }
  return pointers;
}

// A TOML key is UTF-8; only what JSON asks for is escaped.
std::string name_as_json(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    const auto b = static_cast<unsigned char>(c);
    if (b < 0x20) {
      text += "\\u00";
      text += "0123456789abcdef"[b >> 4];
      text += "0123456789abcdef"[b & 15];
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + "\":";
}

}  // namespace

Project::Project(const Context& ctx, const Config& config)
    : ctx_(ctx), null_for_missing_(config.find("missing") == "null"), reader_(pointers_of(config)) {
  for (const auto& [name, pointer] : config.map("fields")) names_.push_back(name_as_json(name));
}

void Project::put(const sh_record& record, const Field* fields, Out& out) const {
  constexpr std::string_view kNull = "null";
  size_t size = 2;
  for (size_t i = 0; i < names_.size(); ++i) {
    size += names_[i].size() + 1 + std::max(fields[i].raw().size(), kNull.size());
  }
  char* const begin = out.room(size);
  char* to = begin;
  const auto write = [&to](std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    to += text.size();
  };
  *to++ = '{';
  for (size_t i = 0; i < names_.size(); ++i) {
    const bool missing = fields[i].kind == Kind::kMissing;
    if (missing && !null_for_missing_) continue;
    if (to != begin + 1) *to++ = ',';
    write(names_[i]);
    write(missing ? kNull : fields[i].raw());
  }
  *to++ = '}';
  out.keep(static_cast<size_t>(to - begin));
  sh_record result = record;
  result.value = reinterpret_cast<const uint8_t*>(begin);
  result.value_len = static_cast<uint32_t>(to - begin);
  out.push(result);
}

void Project::process(const Batch& in, Out& out) {
  reader_.read(
      in, [&](uint32_t i, const Field* fields) { put(in.raw().records[i], fields, out); },
      [&](uint32_t i, std::string_view problem) {
        out.flush();
        ctx_.reject(in.raw().records[i], "the value " + std::string(problem));
      });
}

Component project() {
  return op<Project>("project")
      .summary("Makes a new object of fields of each JSON value")
      .options(
          {option("fields", Type::map, "the fields of the new object: { name = \"/json/pointer\" }")
               .required(),
           option("missing", Type::string, "what a field that is not there becomes")
               .otherwise("omit")
               .choices({"omit", "null"})});
}

}  // namespace streamhost::json
