#include "extract.h"

#include "scalar.h"

namespace streamhost::json {
namespace {

constexpr uint8_t kNullText[] = {'n', 'u', 'l', 'l'};

}  // namespace

std::vector<std::string> Extract::pointers_of(const Config& config) {
  std::vector<std::string> pointers;
  for (const char* name : {"key", "time", "value"}) {
    if (const auto pointer = config.find(name)) pointers.emplace_back(*pointer);
  }
  if (pointers.empty()) {
    throw config_error("nothing to extract: give at least one of the options key, time, value");
  }
  return pointers;
}

Extract::Extract(const Context& ctx, const Config& config)
    : ctx_(ctx),
      pointers_(pointers_of(config)),
      format_(config.str("time_format")),
      missing_(config.find("missing") == "skip"   ? Missing::kSkip
               : config.find("missing") == "null" ? Missing::kNull
                                                  : Missing::kReject),
      reader_(pointers_) {
  uint32_t next = 0;
  if (config.has("key")) key_ = next++;
  if (config.has("time")) time_ = next++;
  if (config.has("value")) value_ = next++;
}

void Extract::process(const Batch& in, Out& out) {
  const sh_record* records = in.raw().records;
  reader_.read(
      in,
      [&](uint32_t i, const Field* fields) {
        sh_record to = records[i];
        const Outcome outcome = fill(fields, to, out);
        if (outcome == Outcome::kPut) {
          out.push(to);
        } else if (outcome == Outcome::kReject) {
          out.flush();
          ctx_.reject(records[i], problem_);
        }
      },
      [&](uint32_t i, std::string_view problem) {
        out.flush();
        ctx_.reject(records[i], "the value " + std::string(problem));
      });
}

Extract::Outcome Extract::fill(const Field* fields, sh_record& to, Out& out) {
  Outcome outcome = Outcome::kPut;
  if (key_ != kNotAsked) outcome = fill_key(fields[key_], to, out);
  if (time_ != kNotAsked && outcome == Outcome::kPut) outcome = fill_time(fields[time_], to);
  if (value_ != kNotAsked && outcome == Outcome::kPut)
    outcome = fill_value(fields[value_], to, out);
  return outcome;
}

Extract::Outcome Extract::fill_key(const Field& field, sh_record& to, Out& out) {
  to.key_hash = 0;
  to.key = nullptr;
  to.key_len = SH_ABSENT;
  if (field.absent()) return absent(pointers_[key_]);
  const auto text = text_of(field, out);
  if (!text) return bad_escape(pointers_[key_]);
  to.key = to_bytes(*text).ptr;
  to.key_len = static_cast<uint32_t>(text->size());
  return Outcome::kPut;
}

Extract::Outcome Extract::fill_time(const Field& field, sh_record& to) {
  to.event_time_us = SH_NO_TIME;
  if (field.absent()) return absent(pointers_[time_]);
  std::optional<int64_t> time;
  if (field.kind == Kind::kNumber || field.kind == Kind::kString) {
    std::string_view text = field.text;
    if (text.find('\\') != std::string_view::npos) {
      plain_.resize(text.size());
      const auto size = unescape(text, plain_.data());
      if (!size) return bad_escape(pointers_[time_]);
      text = std::string_view(plain_.data(), *size);
    }
    time = format_.parse(text, field.kind == Kind::kString);
  }
  if (!time) {
    problem_ = std::string(field.raw().substr(0, 80)) + " at \"" + pointers_[time_] + "\" is not " +
               format_.describe();
    return Outcome::kReject;
  }
  to.event_time_us = *time;
  return Outcome::kPut;
}

Extract::Outcome Extract::fill_value(const Field& field, sh_record& to, Out& out) {
  if (field.absent()) {
    to.value = kNullText;
    to.value_len = sizeof(kNullText);
    return absent(pointers_[value_]);
  }
  const auto text = text_of(field, out);
  if (!text) return bad_escape(pointers_[value_]);
  to.value = to_bytes(*text).ptr;
  to.value_len = static_cast<uint32_t>(text->size());
  return Outcome::kPut;
}

std::optional<std::string_view> Extract::text_of(const Field& field, Out& out) {
  if (field.kind != Kind::kString || field.text.find('\\') == std::string_view::npos) {
    return field.text;
  }
  char* const room = out.room(field.text.size());
  const auto size = unescape(field.text, room);
  if (!size) return std::nullopt;
  out.keep(*size);
  return std::string_view(room, *size);
}

Extract::Outcome Extract::absent(const std::string& pointer) {
  if (missing_ == Missing::kNull) return Outcome::kPut;
  if (missing_ == Missing::kSkip) return Outcome::kSkip;
  problem_ = "the value has nothing at \"" + pointer + "\"";
  return Outcome::kReject;
}

Extract::Outcome Extract::bad_escape(const std::string& pointer) {
  problem_ = "the string at \"" + pointer + "\" has an escape that JSON does not know";
  return Outcome::kReject;
}

Component extract() {
  return op<Extract>("extract")
      .summary("Takes key, event time and value out of JSON values, in one pass")
      .options({option("key", Type::string, "JSON Pointer to the key; none: the key stays"),
                option("time", Type::string, "JSON Pointer to the event time; none: it stays"),
                option("value", Type::string, "JSON Pointer to the new value; none: it stays"),
                option("time_format", Type::string,
                       "auto, rfc3339, unix, unix_ms, unix_us, or a pattern as of strptime, in UTC")
                    .otherwise("auto"),
                option("missing", Type::string, "what to do when something is not there, or null")
                    .otherwise("reject")
                    .choices({"reject", "skip", "null"})});
}

}  // namespace streamhost::json
