#include "stdout_sink.h"

#include <unistd.h>

namespace stdio_plugin {

namespace sh = streamhost;

void StdoutPartition::prepare(uint64_t, sh::Writer& position) {
  flush();
  position.write(std::to_string(buffer_.offset()));
}

StdoutSink::StdoutSink(const sh::Context& ctx, const sh::Config& config,
                       const sh_component* component)
    : ctx_(ctx), format_(config.str("format")), turn_(*static_cast<const Turn*>(component->data)) {}

std::unique_ptr<StdoutPartition> StdoutSink::open(std::string_view,
                                                  std::optional<std::string_view> resume) {
  if (resume) {
    ctx_.warn("standard output cannot be cut back to the last snapshot, at byte " +
              std::string(*resume) + ": what the run before wrote after that comes again");
  }
  return std::make_unique<StdoutPartition>(STDOUT_FILENO, format_, *turn_);
}

sh::Component stdout_sink() {
  return sh::sink<StdoutSink>("lines")
      .summary("standard output, a line for each record")
      .data(std::make_shared<std::mutex>())
      .options([] {
        std::vector<sh::Option> o;
        o.push_back(sh::option("format", sh::Type::string,
                               "what is written of a record: {key}, {value}, {timestamp}, "
                               "{header:NAME}; {{ and }} are braces; a newline follows")
                        .otherwise("{value}"));
        return o;
      }());
}

}  // namespace stdio_plugin
