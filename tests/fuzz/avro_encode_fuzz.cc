// JSON that comes from anywhere: a line with a schema, and the text. What is encoded must be a
// value that decodes; in Avro's JSON it must be the same bytes when that is encoded again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "avro/decoder.h"
#include "avro/encoder.h"
#include "avro_input.h"

using namespace streamhost::avro;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput in(data, size);
  // A copy of exactly this size, so that reading past its end is noticed.
  const std::unique_ptr<char[]> text(new char[in.rest.size()]);
  if (!in.rest.empty()) std::memcpy(text.get(), in.rest.data(), in.rest.size());
  try {
    const auto schema = Schema::parse(in.writer, Defaults::kNeeded);
    Encoder encoder(in.form);
    Buffer binary(1 << 20), json(1 << 23), again(1 << 20);
    if (!encoder.encode(schema->root(), {text.get(), in.rest.size()}, binary)) {
      if (encoder.problem().empty()) std::abort();
      return 0;
    }
    const Plan plan(schema, schema, in.form);
    Decoder decoder(in.form);
    if (!decoder.decode(plan.root(), binary.view(), json)) {
      std::fprintf(stderr, "not decoded: %s\n", decoder.problem().c_str());
      std::abort();
    }
    if (in.form.json != JsonForm::kAvro) return 0;
    if (!encoder.encode(schema->root(), json.view(), again) || again.view() != binary.view()) {
      std::fprintf(stderr, "not the same: %s\n%s\n", std::string(json.view()).c_str(),
                   encoder.problem().c_str());
      std::abort();
    }
  } catch (const streamhost::Error&) {
    // A schema that is none, or a result that is too large.
  }
  return 0;
}
