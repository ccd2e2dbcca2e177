#include "dataflow/fingerprint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/json_text.h"
#include "base/units.h"

namespace streamhost {
namespace {

using Fingerprint = std::map<std::string, std::string>;
using Kind = Value::Kind;

constexpr size_t kLongest = 160;  // bytes of a value
constexpr size_t kShown = 80;     // of one that is longer
constexpr size_t kPacking = 16;   // for each entry

// The first 16 digits: enough to tell manifests apart, and to find a secret by guessing one has to
// guess it.
std::string digest(std::string_view text) {
  unsigned char raw[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), raw, &size, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex = "sha256:";
  for (size_t i = 0; i < 8; ++i) {
    hex += kHex[raw[i] >> 4];
    hex += kHex[raw[i] & 15];
  }
  return hex;
}

std::string shortened(std::string text) {
  if (text.size() <= kLongest) return text;
  size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "… (" + std::to_string(text.size()) + " bytes, " + digest(text) +
         ")";
}

std::string_view as_written(const Value& value) {
  return value.substituted ? value.written : value.string;
}

const Value* entry(const Value& table, std::string_view key) {
  for (const auto& [name, value] : table.table) {
    if (name == key) return &value;
  }
  return nullptr;
}

// The options that a value may have in it, with what the host has made of them.
struct Known {
  const sh_option* const* options = nullptr;
  uint32_t count = 0;
  const sh_config* config = nullptr;

  static Known of(const Component& component, const sh_config* config) {
    return {component.raw->options, component.raw->option_count, config};
  }
  const sh_option* find(std::string_view name) const {
    for (uint32_t i = 0; i < count; ++i) {
      if (options[i]->name == name) return options[i];
    }
    return nullptr;
  }
  const OptionValue* value(std::string_view name) const {
    if (config == nullptr) return nullptr;
    const auto it = config->values.find(name);
    return it == config->values.end() ? nullptr : &it->second;
  }
};

// Writes values as a manifest does, on one line.
class Writer {
 public:
  // The value of the option `name`.
  void option(const Known& known, std::string_view name, const Value& value) {
    const sh_option* option = known.find(name);
    const OptionValue* checked = known.value(name);
    if (option == nullptr) return plain(value);
    if ((option->flags & SH_OPTION_SECRET) != 0) return secret(value);
    if (option->type == SH_TYPE_TABLE && value.kind == Kind::kTable) {
      const sh_config* fields = checked == nullptr ? nullptr : checked->table.get();
      return table(value, {option->fields, option->field_count, fields});
    }
    if (option->type == SH_TYPE_COMPONENT && checked != nullptr) {
      return components(value, checked->components);
    }
    plain(value);
  }

  std::string take() { return std::move(out_); }

 private:
  void secret(const Value& value) {
    Writer inner;
    inner.secret_ = true;
    inner.plain(value);
    out_ += digest(inner.out_);
  }

  void table(const Value& value, const Known& known) {
    const char* separator = "{ ";
    for (const auto& [name, field] : value.table) {
      out_ += separator + name + " = ";
      option(known, name, field);
      separator = ", ";
    }
    out_ += value.table.empty() ? "{}" : " }";
  }

  using Used = std::vector<std::shared_ptr<const UsedComponent>>;

  // A component with options of its own, or several with names.
  void components(const Value& value, const Used& used) {
    if (value.kind != Kind::kTable || used.empty()) return plain(value);
    if (entry(value, "use") != nullptr) return component(value, *used.front());
    const char* separator = "{ ";
    for (const auto& [name, one] : value.table) {
      out_ += separator + json_string(name) + " = ";
      const auto it = std::find_if(used.begin(), used.end(),
                                   [&name = name](const auto& u) { return u->name == name; });
      if (it != used.end() && one.kind == Kind::kTable) {
        component(one, **it);
      } else {
        plain(one);
      }
      separator = ", ";
    }
    out_ += " }";
  }

  void component(const Value& value, const UsedComponent& used) {
    table(value, Known::of(used.component, &used.options));
  }

  void plain(const Value& value) {
    switch (value.kind) {
      case Kind::kString: {
        const std::string_view text = as_written(value);
        const bool file = value.substituted && text.find("${file:") != std::string_view::npos;
        out_ += file && !secret_ ? digest(text) : json_string(text);
        break;
      }
      case Kind::kInteger: out_ += std::to_string(value.integer); break;
      case Kind::kFloat: {
        char buffer[64];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, value.floating).ptr;
        out_.append(buffer, end);
        break;
      }
      case Kind::kBool: out_ += value.boolean ? "true" : "false"; break;
      case Kind::kTime: out_ += format_time(value.integer); break;
      case Kind::kList: {
        out_ += '[';
        for (const Value& item : value.list) {
          if (&item != &value.list.front()) out_ += ", ";
          plain(item);
        }
        out_ += ']';
        break;
      }
      case Kind::kTable: {
        const char* separator = "{ ";
        for (const auto& [name, field] : value.table) {
          out_ += separator + json_string(name) + " = ";
          plain(field);
          separator = ", ";
        }
        out_ += value.table.empty() ? "{}" : " }";
        break;
      }
    }
  }

  std::string out_;
  bool secret_ = false;  // a digest of the whole is made anyway
};

std::string option_text(const Known& known, const std::string& name, const Value& value) {
  Writer writer;
  writer.option(known, name, value);
  std::string text = writer.take();
  // A string alone needs no quotes to be read, as long as it cannot be taken for anything else.
  if (value.kind == Kind::kString && text.size() > 2 && text.front() == '"') {
    const std::string inner = text.substr(1, text.size() - 2);
    Value other;
    other.string = inner;
    other.substituted = true;
    if (inner.find_first_of("\\\"[{") == std::string::npos && !inner.starts_with("sha256:") &&
        reread_substituted(other).kind == Kind::kString) {
      text = inner;
    }
  }
  return shortened(std::move(text));
}

std::string from_text(const StepSpec& spec) {
  std::string text;
  for (const InputSpec& input : spec.from) {
    if (!text.empty()) text += ", ";
    if (!input.side.empty()) text += input.side + " = ";
    text += input.step + (input.port.empty() ? "" : "." + input.port);
  }
  return text;
}

std::string watermark_text(const WatermarkSpec& watermark) {
  std::string text = "wait " + format_duration(watermark.wait_us);
  if (watermark.idle_us) text += ", idle " + format_duration(*watermark.idle_us);
  if (!watermark.align) text += ", not aligned";
  return text;
}

void add_plugin(const Component& component, Fingerprint& all) {
  if (component.plugin == nullptr || component.plugin->raw == nullptr) return;
  const char* version = component.plugin->raw->version;
  all["plugin " + component.plugin->name] = json_string(version == nullptr ? "" : version);
}

// Those of components that options name, too.
void add_plugins(const sh_config& config, Fingerprint& all) {
  for (const auto& [name, value] : config.values) {
    if (value.table != nullptr) add_plugins(*value.table, all);
    for (const auto& used : value.components) {
      add_plugin(used->component, all);
      add_plugins(used->options, all);
    }
  }
}

std::string header(const StepSpec& spec) {
  return std::string("[") + kind_name(spec.kind) + "." + spec.id + "]";
}

Fingerprint of_step(const StepSpec& spec, const Step& step) {
  Fingerprint all;
  const std::string prefix = header(spec) + " ";
  all[prefix + "use"] = spec.use;
  if (!spec.from.empty()) all[prefix + "from"] = shortened(from_text(spec));
  if (spec.on_error == OnError::kSkip) all[prefix + "on_error"] = "skip";
  if (spec.combine) all[prefix + "combine"] = *spec.combine ? "true" : "false";
  if (spec.watermark) all[prefix + "watermark"] = watermark_text(*spec.watermark);
  const Known known = Known::of(step.component, step.options.get());
  for (const auto& [name, value] : spec.options) {
    if (name == "ttl" && step.ttl_us) continue;
    all[prefix + name] = option_text(known, name, value);
  }
  if (step.ttl_us) all[prefix + "ttl"] = format_duration(*step.ttl_us);
  return all;
}

size_t size_of(const Fingerprint& all) {
  size_t size = 0;
  for (const auto& [name, value] : all) size += name.size() + value.size() + kPacking;
  return size;
}

std::string digest_of(const Fingerprint& all) {
  std::string text;
  for (const auto& [name, value] : all) text += json_string(name) + json_string(value);
  return digest(text);
}

}  // namespace

Fingerprint fingerprint(const Document& document, const Dataflow& flow) {
  Fingerprint all;
  std::string order;
  std::map<std::string, Fingerprint> steps;  // by their headers
  for (const Step& step : flow.steps) {
    // Processes name steps by their places in this order when they talk to each other.
    order += (order.empty() ? "" : " ") + step.id;
    const auto spec = std::find_if(document.steps.begin(), document.steps.end(),
                                   [&](const StepSpec& s) { return s.id == step.id; });
    if (spec != document.steps.end()) steps[header(*spec)] = of_step(*spec, step);
    add_plugin(step.component, all);
    add_plugins(*step.options, all);
  }
  const std::string name = json_string(flow.name);
  all["name"] = shortened(name.substr(1, name.size() - 2));
  all["steps"] = shortened(order);
  all["[run] epoch"] = format_duration(flow.run.epoch_us);
  all["[run] batch_size"] = std::to_string(flow.run.batch_size);
  // Who heartbeats more slowly than another one waits would be taken for lost.
  all["[cluster] timeout"] = format_duration(flow.cluster.timeout_us);
  all["recovery store"] = flow.recovery.directory.empty() ? "no" : "yes";
  if (flow.recovery.partitions != 0) {
    all["[recovery] partitions"] = std::to_string(flow.recovery.partitions);
  }

  Fingerprint whole = all;
  for (const auto& [step, says] : steps) whole.insert(says.begin(), says.end());
  if (size_of(whole) <= kMaxFingerprint) return whole;
  // Still the step that differs, though not its option.
  Fingerprint brief;
  for (const auto& [step, says] : steps) brief[step] = digest_of(says);
  whole = all;
  whole.insert(brief.begin(), brief.end());
  if (size_of(whole) <= kMaxFingerprint) return whole;
  all["what the steps say"] = digest_of(brief);
  if (size_of(all) <= kMaxFingerprint) return all;
  return {{"everything", digest_of(all)}};
}

}  // namespace streamhost
