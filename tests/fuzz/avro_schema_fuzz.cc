// Schemas that come from anywhere: arbitrary text gives one that can be decoded with, or a refusal.
#include <cstdlib>
#include <streamhost/sdk/error.hpp>

#include "avro/decoder.h"
#include "avro/plan.h"

using namespace streamhost::avro;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const JsonForm json : {JsonForm::kPlain, JsonForm::kAvro}) {
    try {
      const auto schema = Schema::parse(text, Defaults::kNeeded);
      Form form;
      form.json = json;
      form.logical = json == JsonForm::kAvro;
      const Plan plan(schema, Schema::parse(text, Defaults::kNeeded), form);
      for (const char* bytes : {"", "\2\2\2\2\2\2\2\2", "\4a\2b\2c\2d\2e\2f"}) {
        Decoder decoder(form);
        Buffer out(1 << 18);
        decoder.decode(plan.root(), bytes, out);
      }
      // What a writer has may be worse than what is asked for here, and no better.
      Schema::parse(text, Defaults::kIgnored);
    } catch (const streamhost::Error& e) {
      if (*e.what() == '\0') std::abort();
    }
  }
  return 0;
}
