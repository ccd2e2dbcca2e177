#include "epoch_handle.h"

#include <charconv>

#include "common/json_text.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;
using plugin_common::append_json_string;

constexpr std::string_view kMagic = "K1";

void put_u32(std::string& to, uint32_t number) {
  for (int i = 0; i < 4; ++i) to.push_back(static_cast<char>(number >> (8 * i)));
}

void put(std::string& to, std::string_view name, std::string_view text) {
  to += to.empty() ? "{" : ",";
  append_json_string(to, name);
  to += ':';
  append_json_string(to, text);
}

void put(std::string& to, std::string_view name, int64_t number) {
  to += to.empty() ? "{" : ",";
  append_json_string(to, name);
  to += ':' + std::to_string(number);
}

sh::Error unreadable() {
  return sh::state_error(
      "what the recovery store has of this sink was not written by it, or by a newer version");
}

template <class T>
void number_of(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) throw unreadable();
}

}  // namespace

std::string encode_handle(const EpochHandle& handle, const EpochOutput& output) {
  std::string head;
  put(head, "id", handle.prefix);
  put(head, "slot", handle.slot);
  put(head, "slots", handle.slots);
  put(head, "nonce", handle.nonce);
  put(head, "topic", handle.topic);
  put(head, "marker_topic", handle.marker_topic);
  put(head, "marker_offset", handle.marker_offset);
  if (!handle.sent) put(head, "sent", int64_t{0});
  head += '}';
  std::string bytes(kMagic);
  put_u32(bytes, static_cast<uint32_t>(head.size()));
  bytes += head;
  output.write(bytes);
  return bytes;
}

EpochHandle decode_handle(std::string_view from, std::string_view& output) {
  if (!from.starts_with(kMagic) || from.size() < kMagic.size() + 4) throw unreadable();
  from.remove_prefix(kMagic.size());
  uint32_t size = 0;
  for (unsigned i = 0; i < 4; ++i) {
    size |= static_cast<uint32_t>(static_cast<uint8_t>(from[i])) << (8 * i);
  }
  from.remove_prefix(4);
  if (size > from.size()) throw unreadable();
  EpochHandle handle;
  plugin_common::JsonMembers members(from.substr(0, size));
  while (members.next()) {
    const std::string name = members.name();
    const std::string_view value = members.value();
    const auto text = [value] { return plugin_common::json_unescaped(value); };
    if (name == "id") handle.prefix = text();
    if (name == "slot") number_of(value, handle.slot);
    if (name == "slots") number_of(value, handle.slots);
    if (name == "nonce") handle.nonce = text();
    if (name == "topic") handle.topic = text();
    if (name == "marker_topic") handle.marker_topic = text();
    if (name == "marker_offset") number_of(value, handle.marker_offset);
    if (name == "sent") handle.sent = value != "0";
  }
  if (!members.done() || handle.prefix.empty()) throw unreadable();
  output = from.substr(size);
  if (handle.has_output() == output.empty()) throw unreadable();
  return handle;
}

}  // namespace kafka_plugin
