// What the recovery store gives back to kafka.sink: arbitrary bytes are a handle whose messages can
// all be read, or are refused. What was understood is written again and must say the same.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "kafka/epoch_handle.h"

namespace {

using namespace kafka_plugin;

std::string text(const std::optional<std::string_view>& view) {
  return view ? "=" + std::to_string(view->size()) + ":" + std::string(*view) : "-";
}

// All that a handle and its output say. Reads every byte.
std::string words(const EpochHandle& handle, const EpochOutput& output) {
  std::string all = handle.transactional_id() + "|" + std::to_string(handle.slots) + "|" +
                    handle.nonce + "|" + handle.topic + "|" + handle.marker_topic + "|" +
                    std::to_string(handle.marker_offset) + "|" + std::to_string(handle.sent) + "\n";
  EpochOutput::Cursor cursor;
  Outgoing message;
  uint64_t count = 0;
  while (cursor.get(output, message)) {
    // A time that is none is not written again.
    const int64_t time_ms = message.timestamp_ms > 0 ? message.timestamp_ms : 0;
    all += text(message.topic) + "|" + std::to_string(message.partition) + "|" +
           std::to_string(time_ms) + "|" + text(message.key) + "|" + text(message.value);
    for (uint32_t h = 0; h < message.header_count; ++h) {
      all += "|" + text(streamhost::to_view(message.headers[h].name)) +
             text(streamhost::to_view(message.headers[h].value));
    }
    all += '\n';
    ++count;
    cursor.next();
  }
  if (count != output.count()) std::abort();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of exactly this size, so that reading past its end is noticed.
  const std::unique_ptr<char[]> bytes(new char[size]);
  if (size != 0) std::memcpy(bytes.get(), data, size);
  EpochHandle handle;
  std::string_view kept;
  try {
    handle = decode_handle({bytes.get(), size}, kept);
  } catch (const streamhost::Error& e) {
    if (e.status() != SH_E_STATE) std::abort();
    return 0;
  }
  EpochOutput output(handle.topic);
  if (!output.read(kept)) {
    if (!output.empty()) std::abort();
    return 0;
  }
  const std::string said = words(handle, output);
  EpochOutput copy(handle.topic);
  EpochOutput::Cursor cursor;
  Outgoing message;
  while (cursor.get(output, message)) {
    copy.append(message);
    cursor.next();
  }
  const std::string again = encode_handle(handle, copy);
  const EpochHandle other = decode_handle(again, kept);
  EpochOutput read(other.topic);
  if (!read.read(kept) || words(other, read) != said) std::abort();
  return 0;
}
