#include "source.h"

namespace kafka_plugin {

namespace sh = streamhost;

KafkaSource::KafkaSource(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx), options_(config), reading_(std::make_shared<Reading>(ctx, options_)) {}

std::vector<std::string> KafkaSource::partitions() { return reading_->list(); }

sh::Added KafkaSource::added(sh::Writer& names) {
  begun_ = true;
  reading_->begin();
  if (!options_.tail) return sh::Added::no_more();
  for (const std::string& name : reading_->take_found()) names.write(name);
  return sh::Added::more_may_come();
}

std::unique_ptr<SourcePartition> KafkaSource::open(std::string_view name,
                                                   std::optional<std::string_view> resume) {
  // One that came up since is new: all of its messages are.
  const bool is_new = !resume && (begun_ || ctx_.resumed());
  Start start = is_new ? Start{} : options_.start;
  Position position = is_new ? Position::earliest() : Position{};
  if (resume) {
    position = parse_position(*resume, name);
    if (position.kind == Position::Kind::offset) {
      start = {Start::Kind::offset, position.offset};
    } else if (position.kind == Position::Kind::earliest) {
      start = {};
    }
  }
  return std::make_unique<SourcePartition>(reading_, parse_partition_name(name), start, position);
}

sh::Component source() {
  return sh::source<KafkaSource>("source")
      .summary("messages of Kafka topics, each partition of a topic a partition")
      .options(source_options());
}

}  // namespace kafka_plugin
