#include "position.h"

#include <charconv>
#include <streamhost/sdk.hpp>

namespace kafka_plugin {

std::string format_position(const Position& position) {
  switch (position.kind) {
    case Position::Kind::start: return "1 start";
    case Position::Kind::earliest: return "1 earliest";
    case Position::Kind::offset: break;
  }
  return "1 " + std::to_string(position.offset);
}

Position parse_position(std::string_view text, std::string_view name) {
  const auto wrong = [&](const char* why) {
    return streamhost::state_error("the stored position of \"" + std::string(name) + "\" " + why);
  };
  if (!text.starts_with("1 ")) {
    throw wrong(text.find(' ') == text.npos ? "is not one of kafka.source"
                                            : "was written by a newer version of kafka.source");
  }
  text.remove_prefix(2);
  if (text == "start") return {};
  if (text == "earliest") return Position::earliest();
  Position position = Position::at(0);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), position.offset);
  if (error != std::errc() || end != text.data() + text.size() || position.offset < 0) {
    throw wrong("is damaged");
  }
  return position;
}

}  // namespace kafka_plugin
