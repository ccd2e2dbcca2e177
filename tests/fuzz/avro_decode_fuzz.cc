// Avro binary that comes from anywhere: a line with the writer's schema, one with the reader's (or
// nothing), and bytes. What is accepted must be JSON; without resolution it must be the same value
// when it is encoded and decoded again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "avro/decoder.h"
#include "avro/encoder.h"
#include "avro_input.h"
#include "common/json_text.h"

using namespace streamhost::avro;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput in(data, size);
  in.read_reader();
  // A copy of exactly this size, so that reading past its end is noticed.
  const std::unique_ptr<char[]> bytes(new char[in.rest.size()]);
  if (!in.rest.empty()) std::memcpy(bytes.get(), in.rest.data(), in.rest.size());
  try {
    const auto writer = Schema::parse(in.writer, Defaults::kNeeded);
    const auto reader = in.reader.empty() ? writer : Schema::parse(in.reader, Defaults::kNeeded);
    const Plan plan(writer, reader, in.form);
    Decoder decoder(in.form);
    Buffer json(1 << 20);
    if (!decoder.decode(plan.root(), {bytes.get(), in.rest.size()}, json)) {
      if (decoder.problem().empty()) std::abort();
      return 0;
    }
    if (!plugin_common::is_json(json.view())) {
      std::fprintf(stderr, "not JSON: %s\n", std::string(json.view()).c_str());
      std::abort();
    }
    if (!in.reader.empty() || in.form.json != JsonForm::kAvro) return 0;
    Encoder encoder(in.form);
    Buffer binary(1 << 20), again(1 << 20);
    if (!encoder.encode(writer->root(), json.view(), binary) ||
        !decoder.decode(plan.root(), binary.view(), again) || again.view() != json.view()) {
      std::fprintf(stderr, "not the same: %s\n%s\n%s\n", std::string(json.view()).c_str(),
                   std::string(again.view()).c_str(), encoder.problem().c_str());
      std::abort();
    }
  } catch (const streamhost::Error&) {
    // A schema that is none, or a result that is too large.
  }
  return 0;
}
