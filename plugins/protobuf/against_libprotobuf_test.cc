// The same messages through libprotobuf: what one writes the other must read, and what one refuses
// the other must refuse.
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

#include "test_codec.h"

namespace streamhost::protobuf {
namespace {

namespace pb = google::protobuf;

// Fills messages with random content.
class Filler {
 public:
  explicit Filler(uint64_t seed) : random_(seed) {}

  void fill(pb::Message& m, int depth) {
    for (int i = 0; i < m.GetDescriptor()->field_count(); ++i) {
      const pb::FieldDescriptor& field = *m.GetDescriptor()->field(i);
      if (!field.is_required() && below(3) != 0) continue;
      if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE && depth == 0) continue;
      const uint64_t count = field.is_repeated() ? below(4) : 1;
      for (uint64_t k = 0; k < count; ++k) set(m, field, depth);
    }
  }
  uint64_t below(uint64_t limit) { return random_() % limit; }

 private:
  template <class Integer>
  Integer number() {
    switch (below(4)) {
      case 0: return static_cast<Integer>(below(5));
      case 1: return std::numeric_limits<Integer>::max();
      case 2: return std::numeric_limits<Integer>::min();
      default: return static_cast<Integer>(random_());
    }
  }
  double real() {
    switch (below(6)) {
      case 0: return 0;
      case 1: return -0.0;
      case 2: return std::numeric_limits<double>::infinity();
      case 3: return static_cast<double>(below(1'000'000)) / 1000;
      case 4: return 1e-310;
      default:
        return std::ldexp(static_cast<double>(below(1'000'000'007)),
                          static_cast<int>(below(120)) - 60);
    }
  }
  std::string text() {
    static const char* const kParts[] = {
        "a",          "bc", "\"", "\\",   "\n", "\x01", "\xc3\xa9", "\xf0\x9f\x98\x80",
        "0123456789", "/",  "<",  "\x7f", " "};
    std::string result;
    for (uint64_t n = below(12); n > 0; --n) result += kParts[below(std::size(kParts))];
    return result;
  }
  std::string bytes() {
    std::string result;
    for (uint64_t n = below(9); n > 0; --n) result += static_cast<char>(below(256));
    return result;
  }
  void set(pb::Message& m, const pb::FieldDescriptor& f, int depth) {
    const pb::Reflection& r = *m.GetReflection();
    const bool many = f.is_repeated();
    using F = pb::FieldDescriptor;
    switch (f.cpp_type()) {
      case F::CPPTYPE_INT32:
        many ? r.AddInt32(&m, &f, number<int32_t>()) : r.SetInt32(&m, &f, number<int32_t>());
        break;
      case F::CPPTYPE_INT64:
        many ? r.AddInt64(&m, &f, number<int64_t>()) : r.SetInt64(&m, &f, number<int64_t>());
        break;
      case F::CPPTYPE_UINT32:
        many ? r.AddUInt32(&m, &f, number<uint32_t>()) : r.SetUInt32(&m, &f, number<uint32_t>());
        break;
      case F::CPPTYPE_UINT64:
        many ? r.AddUInt64(&m, &f, number<uint64_t>()) : r.SetUInt64(&m, &f, number<uint64_t>());
        break;
      case F::CPPTYPE_DOUBLE:
        many ? r.AddDouble(&m, &f, real()) : r.SetDouble(&m, &f, real());
        break;
      case F::CPPTYPE_FLOAT: {
        // Within what a float can be: libprotobuf refuses others as text.
        const auto value = static_cast<float>(number<int16_t>()) / 8;
        many ? r.AddFloat(&m, &f, value) : r.SetFloat(&m, &f, value);
        break;
      }
      case F::CPPTYPE_BOOL:
        many ? r.AddBool(&m, &f, below(2) == 0) : r.SetBool(&m, &f, below(2) == 0);
        break;
      case F::CPPTYPE_ENUM: {
        const pb::EnumValueDescriptor* value = f.enum_type()->value(
            static_cast<int>(below(static_cast<uint64_t>(f.enum_type()->value_count()))));
        many ? r.AddEnum(&m, &f, value) : r.SetEnum(&m, &f, value);
        break;
      }
      case F::CPPTYPE_STRING: {
        const std::string value = f.type() == F::TYPE_BYTES ? bytes() : text();
        many ? r.AddString(&m, &f, value) : r.SetString(&m, &f, value);
        break;
      }
      case F::CPPTYPE_MESSAGE:
        fill(many ? *r.AddMessage(&m, &f) : *r.MutableMessage(&m, &f), depth - 1);
        break;
    }
  }
  std::mt19937_64 random_;
};

// Of entries of a map with one key, keeps the last; and puts them into one order.
void normalise(pb::Message& m) {
  const pb::Reflection& r = *m.GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  r.ListFields(m, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      normalise(*r.MutableMessage(&m, field));
      continue;
    }
    std::map<std::string, std::unique_ptr<pb::Message>> entries;
    for (int i = 0; i < r.FieldSize(m, field); ++i) {
      pb::Message& entry = *r.MutableRepeatedMessage(&m, field, i);
      normalise(entry);
      if (!field->is_map()) continue;
      std::string key;
      pb::TextFormat::PrintFieldValueToString(entry, entry.GetDescriptor()->field(0), -1, &key);
      entries[key].reset(entry.New());
      entries[key]->CopyFrom(entry);
    }
    if (!field->is_map()) continue;
    r.ClearField(&m, field);
    for (const auto& [key, entry] : entries) r.AddMessage(&m, field)->CopyFrom(*entry);
  }
}

struct Both {
  explicit Both(const std::string& type)
      : codec(type),
        factory(&codec.set().pool()),
        prototype(factory.GetPrototype(&codec.descriptor())) {}
  std::unique_ptr<pb::Message> parsed(const std::string& wire, bool& good) {
    std::unique_ptr<pb::Message> m(prototype->New());
    pb::LogSilencer silence;
    good = m->ParseFromString(wire);
    return m;
  }
  bool same(const pb::Message& a, const pb::Message& b) {
    pb::util::DefaultFieldComparator numbers;
    numbers.set_treat_nan_as_equal(true);
    pb::util::MessageDifferencer differ;
    differ.set_field_comparator(&numbers);
    differ.set_message_field_comparison(pb::util::MessageDifferencer::EQUIVALENT);
    return differ.Compare(a, b);
  }
  TestCodec codec;
  pb::DynamicMessageFactory factory;
  const pb::Message* prototype;
};

constexpr const char* kTypes[] = {"test.Numbers", "test.Many", "test.Maps", "test.Tree"};

TEST(AgainstLibprotobuf, ItReadsOurJson) {
  for (const char* type : kTypes) {
    Both both(type);
    Filler filler(7);
    for (int i = 0; i < 500; ++i) {
      std::unique_ptr<pb::Message> m(both.prototype->New());
      filler.fill(*m, 4);
      const std::string json = both.codec.decode(m->SerializeAsString());
      ASSERT_FALSE(both.codec.failed) << json << m->DebugString();
      std::unique_ptr<pb::Message> again(both.prototype->New());
      const auto status = pb::util::JsonStringToMessage(json, again.get());
      ASSERT_TRUE(status.ok()) << status.ToString() << "\n" << json;
      normalise(*m);
      normalise(*again);
      ASSERT_TRUE(both.same(*m, *again)) << json << "\n"
                                         << m->DebugString() << again->DebugString();
    }
  }
}

TEST(AgainstLibprotobuf, WeReadItsJson) {
  for (const char* type : kTypes) {
    Both both(type);
    Filler filler(11);
    for (int i = 0; i < 500; ++i) {
      std::unique_ptr<pb::Message> m(both.prototype->New());
      filler.fill(*m, 4);
      std::string json;
      pb::util::JsonPrintOptions options;
      options.preserve_proto_field_names = i % 2 == 0;
      options.add_whitespace = i % 3 == 0;
      options.always_print_enums_as_ints = i % 5 == 0;
      ASSERT_TRUE(pb::util::MessageToJsonString(*m, &json, options).ok());
      const std::string wire = both.codec.encode(json);
      ASSERT_FALSE(both.codec.failed) << wire << "\n" << json;
      bool good = false;
      const auto again = both.parsed(wire, good);
      ASSERT_TRUE(good) << json;
      normalise(*m);
      normalise(*again);
      ASSERT_TRUE(both.same(*m, *again)) << json << "\n"
                                         << m->DebugString() << again->DebugString();
    }
  }
}

TEST(AgainstLibprotobuf, BothRefuseTheSameBytes) {
  size_t good_ones = 0, bad_ones = 0;
  for (const char* type : kTypes) {
    Both both(type);
    Filler filler(13);
    for (int i = 0; i < 4000; ++i) {
      std::unique_ptr<pb::Message> m(both.prototype->New());
      filler.fill(*m, 3);
      std::string wire = m->SerializeAsString();
      for (uint64_t n = filler.below(4); n > 0 && !wire.empty(); --n) {
        const uint64_t at = filler.below(wire.size());
        switch (filler.below(4)) {
          case 0: wire[at] = static_cast<char>(filler.below(256)); break;
          case 1: wire.erase(at, 1 + filler.below(3)); break;
          case 2: wire.insert(at, 1, static_cast<char>(filler.below(256))); break;
          default: wire.resize(at); break;
        }
      }
      bool good = false;
      const auto theirs = both.parsed(wire, good);
      const std::string json = both.codec.decode(wire);
      // libprotobuf drops what is too much of a tag.
      if (good && json.ends_with("there is no field tag")) continue;
      ASSERT_EQ(both.codec.failed, !good) << json << "\n" << theirs->DebugString();
      ++(good ? good_ones : bad_ones);
      if (!good) continue;
      std::unique_ptr<pb::Message> again(both.prototype->New());
      const auto status = pb::util::JsonStringToMessage(json, again.get());
      ASSERT_TRUE(status.ok()) << status.ToString() << "\n" << json;
      theirs->DiscardUnknownFields();
      normalise(*theirs);
      normalise(*again);
      ASSERT_TRUE(both.same(*theirs, *again)) << json << "\n"
                                              << theirs->DebugString() << again->DebugString();
    }
  }
  EXPECT_GT(good_ones, 2000u);
  EXPECT_GT(bad_ones, 2000u);
}

// Its JSON knows neither groups nor extensions, so bytes are compared.
TEST(AgainstLibprotobuf, MessagesOfProto2AreTheSameWhenTheyComeBack) {
  Both both("test.two.Old");
  Filler filler(17);
  size_t good_ones = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::unique_ptr<pb::Message> m(both.prototype->New());
    filler.fill(*m, 3);
    std::string wire = m->SerializeAsString();
    for (uint64_t n = filler.below(3); n > 0; --n) {
      wire[filler.below(wire.size())] = static_cast<char>(filler.below(256));
    }
    bool good = false;
    const auto theirs = both.parsed(wire, good);
    const std::string json = both.codec.decode(wire);
    // It drops what is too much of a tag, and lets proto2 have strings of any bytes.
    if (good && (json.ends_with("no field tag") || json.ends_with("not UTF-8"))) continue;
    ASSERT_EQ(both.codec.failed, !good) << json << "\n" << theirs->DebugString();
    if (!good) continue;
    ++good_ones;
    const std::string back = both.codec.encode(json);
    ASSERT_FALSE(both.codec.failed) << back << "\n" << json;
    const auto again = both.parsed(back, good);
    ASSERT_TRUE(good) << json;
    theirs->DiscardUnknownFields();
    normalise(*theirs);
    normalise(*again);
    ASSERT_TRUE(both.same(*theirs, *again)) << json << "\n"
                                            << theirs->DebugString() << again->DebugString();
  }
  EXPECT_GT(good_ones, 2000u);
}

}  // namespace
}  // namespace streamhost::protobuf
