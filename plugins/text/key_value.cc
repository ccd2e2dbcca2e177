#include "key_value.h"

#include "common/edited.h"
#include "find_byte.h"

namespace streamhost::text {
namespace {

bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

void trim(const uint8_t*& text, uint32_t& size) {
  while (size != 0 && is_blank(text[size - 1])) --size;
  while (size != 0 && is_blank(*text)) {
    ++text;
    --size;
  }
}

// As it stands in a manifest's basic string.
std::string shown(char c) {
  if (c == '\t') return "\\t";
  if (c >= ' ' && c != 0x7f) return std::string(1, c);
  static constexpr char kHex[] = "0123456789ABCDEF";
  return std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
}

}  // namespace

KeyValue::KeyValue(const Context& ctx, const Config& config)
    : ctx_(ctx), trim_(config.flag("trim")) {
  const std::string delimiter = config.str("delimiter");
  if (delimiter.size() != 1 || static_cast<uint8_t>(delimiter[0]) >= 0x80) {
    throw config_error("delimiter = \"" + delimiter + "\" is not one ASCII character");
  }
  delimiter_ = static_cast<uint8_t>(delimiter[0]);
  missing_ = "the value has no delimiter \"" + shown(delimiter[0]) + "\"";
}

void KeyValue::process(const Batch& in, Out& out) {
  const uint8_t delimiter = delimiter_;
  const auto cut = [delimiter](sh_record& r) {
    const uint32_t size = r.value_len;
    if (size == 0 || size == SH_ABSENT) return false;
    const auto at = static_cast<uint32_t>(find_byte(r.value, size, delimiter));
    if (at == size) return false;
    r.key = r.value;
    r.key_len = at;
    r.key_hash = 0;
    r.value += at + 1;
    r.value_len = size - at - 1;
    return true;
  };
  if (trim_) {
    plugin_common::put_out_edited(ctx_, in, out, missing_, [&](sh_record& r) {
      if (!cut(r)) return false;
      trim(r.key, r.key_len);
      trim(r.value, r.value_len);
      return true;
    });
  } else {
    plugin_common::put_out_edited(ctx_, in, out, missing_, cut);
  }
}

Component key_value() {
  return op<KeyValue>("key_value")
      .summary("Cuts each value at its first delimiter, into key and value")
      .options({option("delimiter", Type::string,
                       "one ASCII character: before it the key, "
                       "behind it the value")
                    .otherwise("="),
                option("trim", Type::boolean, "take spaces and tabs off both ends of both")
                    .otherwise("false")});
}

}  // namespace streamhost::text
