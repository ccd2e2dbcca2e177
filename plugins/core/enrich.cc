#include "enrich.h"

namespace streamhost::core {

Enrich::Enrich(const Context& ctx, const Config& config) : writer_(ctx, config) {
  const std::string path = config.str("path");
  lookup_ = Lookup::read(path, Lookup::format_of(config.str("format"), path), config.str("column"));
}

void Enrich::process(const Batch& in, Out& out) {
  for (const Record r : in) {
    const std::string* match = r.has_key() ? lookup_.find(r.key()) : nullptr;
    if (match != nullptr) {
      writer_.found(r.raw(), *match, out);
    } else {
      writer_.missing(
          r.raw(),
          r.has_key() ? "the key is not in the lookup file" : "the record has no key to look up",
          out);
    }
  }
}

Component enrich_component() {
  std::vector<Option> options = Lookup::options();
  for (Option& o : MatchWriter::options(
           "for a key that is not in the file: \"pass\" adds null, \"drop\", \"reject\"")) {
    options.push_back(std::move(o));
  }
  return op<Enrich>("enrich")
      .summary("Adds what a lookup file says about the key of each record")
      .options(std::move(options));
}

}  // namespace streamhost::core
