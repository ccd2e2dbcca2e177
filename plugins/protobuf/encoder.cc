#include "encoder.h"

namespace streamhost::protobuf {
void Encoder::encode(const Schema& schema, const Message& type, std::string_view json, Bytes& to) {
  schema_ = &schema;
  JsonReader in(json);
  in_ = &in;
  to_ = &to;
  depth_ = 0;
  place_.clear();
  seen_.clear();
  try {
    if (at_null() && type.well_known != WellKnown::kValue) {
      in.fail(in.at(), "null is no " + type.full_name);
    }
    message(type);
    in.end();
  } catch (const Error& e) {
    const std::string place = place_.text();
    if (place.empty() || e.status() != SH_E_DATA) throw;
    throw bad_data("in field " + place + ", " + e.what());
  }
}

void Encoder::deeper() {
  if (++depth_ <= kMaxDepth) return;
  in_->fail(in_->at(), "more than " + std::to_string(kMaxDepth) + " messages within each other");
}

void Encoder::tag(const Field& field, WireType type) { to_->varint(field.number << 3 | type); }

void Encoder::message(const Message& type) {
  deeper();
  switch (type.well_known) {
    case WellKnown::kNone:
      in_->expect('{');
      members(type, nullptr);
      break;
    case WellKnown::kAny: any(); break;
    case WellKnown::kTimestamp:
    case WellKnown::kDuration: seconds_and_nanos(type); break;
    case WellKnown::kFieldMask: field_mask(type); break;
    case WellKnown::kStruct: entries(type.fields[0]); break;
    case WellKnown::kListValue: elements(type.fields[0]); break;
    case WellKnown::kValue: value_message(type); break;
    case WellKnown::kWrapper: single(type.fields[0], false); break;
  }
  --depth_;
}

void Encoder::members(const Message& type, const char* skip) {
  const size_t seen = seen_.size();
  seen_.resize(seen + type.fields.size() + type.oneof_count, 0);
  int32_t index = -1;
  if (!in_->take('}')) {
    do {
      in_->peek();
      const size_t at = in_->at();
      const std::string_view name = in_->string("the name of a field");
      index = type.find(name, index + 1);
      if (index < 0) {
        const bool skipped = skip != nullptr && name == skip;
        if (!skipped && !ignore_unknown_) {
          in_->fail(at,
                    type.full_name + " has no field \"" + std::string(name.substr(0, 100)) + "\"");
        }
        in_->expect(':');
        in_->skip();
      } else {
        in_->expect(':');
        member(type, seen, index, at);
      }
    } while (in_->take(','));
    in_->expect('}');
  }
  if (type.required_count != 0) check_required(type, seen);
  seen_.resize(seen);
}

void Encoder::member(const Message& type, size_t seen, int32_t index, size_t at) {
  const Field& field = type.fields[static_cast<size_t>(index)];
  place_.enter(field);
  if (at_null() && (field.repeated || !takes_null(field))) {
    in_->null();  // as if it were not there
  } else {
    uint8_t& there = seen_[seen + static_cast<size_t>(index)];
    if (there != 0) in_->fail(at, "the field is given twice");
    there = 1;
    if (field.oneof >= 0) {
      uint8_t& set = seen_[seen + type.fields.size() + static_cast<size_t>(field.oneof)];
      if (set != 0) in_->fail(at, "another field of the same oneof is given, too");
      set = 1;
    }
    if (field.map) {
      entries(field);
    } else if (field.repeated) {
      elements(field);
    } else {
      single(field, field.presence);
    }
  }
  place_.leave();
}

void Encoder::check_required(const Message& type, size_t seen) const {
  std::string missing;
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (!type.fields[i].required || seen_[seen + i] != 0) continue;
    missing += (missing.empty() ? "" : ", ") + type.fields[i].name;
  }
  if (!missing.empty()) in_->fail(in_->at(), type.full_name + " lacks required fields: " + missing);
}

bool Encoder::takes_null(const Field& field) {
  if (field.kind == Kind::kEnum) return field.enumeration->is_null;
  return field.kind == Kind::kMessage && field.message->well_known == WellKnown::kValue;
}

void Encoder::single(const Field& field, bool keep_default) {
  if (field.kind == Kind::kGroup) {
    tag(field, kStartGroup);
    message(*field.message);
    tag(field, kEndGroup);
    return;
  }
  const size_t mark = to_->size();
  tag(field, field.wire);
  if (field.kind == Kind::kMessage) {
    const size_t begin = to_->begin_length();
    message(*field.message);
    to_->end_length(begin);
    return;
  }
  if (!scalar(field) && !keep_default) to_->truncate(mark);
}

void Encoder::elements(const Field& field) {
  in_->expect('[');
  if (in_->take(']')) return;
  const bool packed = field.packed && field.packable();
  size_t begin = 0;
  if (packed) {
    tag(field, kLength);
    begin = to_->begin_length();
  }
  uint32_t index = 0;
  do {
    place_.element(index++);
    if (at_null() && !takes_null(field)) in_->fail(in_->at(), "null is no element");
    if (packed) {
      scalar(field);
    } else {
      single(field, true);
    }
  } while (in_->take(','));
  in_->expect(']');
  if (packed) to_->end_length(begin);
}

void Encoder::entries(const Field& field) {
  const Field &key = field.message->fields[0], &mapped = field.message->fields[1];
  in_->expect('{');
  if (in_->take('}')) return;
  uint32_t index = 0;
  do {
    place_.element(index++);
    tag(field, kLength);
    const size_t begin = to_->begin_length();
    in_->peek();
    const size_t at = in_->at();
    map_key(key, in_->string("a name"), at);
    in_->expect(':');
    if (at_null() && !takes_null(mapped)) in_->fail(in_->at(), "null is no value of a map");
    single(mapped, true);
    to_->end_length(begin);
  } while (in_->take(','));
  in_->expect('}');
}

}  // namespace streamhost::protobuf
