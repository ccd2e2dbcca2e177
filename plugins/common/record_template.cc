#include "record_template.h"

#include <charconv>
#include <cstring>

namespace plugin_common {

namespace sh = streamhost;

namespace {

std::string_view part(const uint8_t* bytes, uint32_t size) {
  if (size == SH_ABSENT) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

char* copy(std::string_view from, char* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
  return to + from.size();
}

char* digits(int64_t number, int width, char* to) {
  for (int i = width; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + width;
}

sh::Error mistake(size_t column, const std::string& what) {
  return sh::config_error("option \"format\", column " + std::to_string(column + 1) + ": " + what);
}

}  // namespace

char* write_timestamp(int64_t us, char* to) {
  constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
  int64_t days = us / kDay, rest = us % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  // Days to a civil date, with years that begin in March so that the leap day comes last.
  const int64_t z = days + 719'468;
  const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * day_of_year + 2) / 153;
  const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 0) {
    *to++ = '-';
    year = -year;
  }
  to = year < 10'000 ? digits(year, 4, to) : std::to_chars(to, to + 8, year).ptr;
  *to++ = '-';
  to = digits(month, 2, to);
  *to++ = '-';
  to = digits(day_of_year - (153 * month_index + 2) / 5 + 1, 2, to);
  *to++ = 'T';
  const int64_t seconds = rest / 1'000'000;
  to = digits(seconds / 3600, 2, to);
  *to++ = ':';
  to = digits(seconds / 60 % 60, 2, to);
  *to++ = ':';
  to = digits(seconds % 60, 2, to);
  if (rest % 1'000'000 != 0) {
    *to++ = '.';
    to = digits(rest % 1'000'000, 6, to);
    while (to[-1] == '0') --to;
  }
  *to++ = 'Z';
  return to;
}

RecordTemplate::RecordTemplate(std::string_view format) {
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) segments_.push_back({Kind::kLiteral, literal});
    literal.clear();
  };
  for (size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    if (c != '{' && c != '}') {
      literal += c;
    } else if (i + 1 < format.size() && format[i + 1] == c) {
      literal += c;
      ++i;
    } else if (c == '}') {
      throw mistake(i, "\"}\" without \"{\"; write \"}}\" for a brace");
    } else {
      const size_t end = format.find('}', i);
      if (end == std::string_view::npos) {
        throw mistake(i, "\"{\" without \"}\"; write \"{{\" for a brace");
      }
      const std::string_view name = format.substr(i + 1, end - i - 1);
      end_literal();
      if (name == "key") {
        segments_.push_back({Kind::kKey, {}});
      } else if (name == "value") {
        segments_.push_back({Kind::kValue, {}});
      } else if (name == "timestamp") {
        segments_.push_back({Kind::kTimestamp, {}});
      } else if (name.substr(0, 7) == "header:" && name.size() > 7) {
        segments_.push_back({Kind::kHeader, std::string(name.substr(7))});
      } else {
        throw mistake(i, "unknown placeholder {" + std::string(name) +
                             "}; there are {key}, {value}, {timestamp} and {header:NAME}");
      }
      i = end;
    }
  }
  only_value_ = segments_.size() == 1 && segments_[0].kind == Kind::kValue && literal.empty();
  literal += '\n';
  end_literal();
}

void RecordTemplate::write(const sh_batch& batch, OutputBuffer& to) const {
  if (only_value_) return write_values(batch, to);
  for (uint32_t i = 0; i < batch.count; ++i) write_one(batch.records[i], to);
}

void RecordTemplate::write_values(const sh_batch& batch, OutputBuffer& to) const {
  for (uint32_t i = 0; i < batch.count; ++i) {
    const std::string_view value = part(batch.records[i].value, batch.records[i].value_len);
    if (value.size() >= OutputBuffer::kCapacity) {
      to.append(value);
      to.append("\n");
      to.flush();
      continue;
    }
    char* end = copy(value, to.room(value.size() + 1));
    *end++ = '\n';
    to.keep(end);
  }
}

void RecordTemplate::write_one(const sh_record& record, OutputBuffer& to) const {
  // Each placeholder is looked up once; the pieces are then copied in one go where they fit.
  std::string_view few[16];
  std::vector<std::string_view> many(segments_.size() > std::size(few) ? segments_.size() : 0);
  std::string_view* const pieces = many.empty() ? few : many.data();
  char timestamp[kTimestampSize];
  size_t total = 0;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    std::string_view piece;
    switch (segment.kind) {
      case Kind::kLiteral: piece = segment.text; break;
      case Kind::kKey: piece = part(record.key, record.key_len); break;
      case Kind::kValue: piece = part(record.value, record.value_len); break;
      case Kind::kTimestamp:
        if (record.event_time_us != SH_NO_TIME) {
          const char* end = write_timestamp(record.event_time_us, timestamp);
          piece = {timestamp, static_cast<size_t>(end - timestamp)};
        }
        break;
      case Kind::kHeader: piece = sh::Record(record).header(segment.text).value_or(""); break;
    }
    pieces[i] = piece;
    total += piece.size();
  }
  if (total > OutputBuffer::kCapacity) {
    for (size_t i = 0; i < segments_.size(); ++i) to.append(pieces[i]);
    to.flush();
    return;
  }
  char* end = to.room(total);
  for (size_t i = 0; i < segments_.size(); ++i) end = copy(pieces[i], end);
  to.keep(end);
}

}  // namespace plugin_common
