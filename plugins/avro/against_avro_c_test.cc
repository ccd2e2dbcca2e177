// Random schemas and values: what we encode, avro-c reads as the same value and writes again as the
// same bytes, and what avro-c says of it as JSON we encode to the same bytes.
#include <random>

#include "avro_c_value.h"
#include "test_support.h"

namespace streamhost::avro {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<uint32_t>(n)); }
  uint64_t bits() { return uint64_t{engine_()} << 32 | engine_(); }

 private:
  std::mt19937 engine_;
};

// The JSON of a schema, `depth` levels of types at most.
std::string random_schema(Random& random, int depth, int& names) {
  constexpr const char* kPrimitive[] = {"null",  "boolean", "int",   "long",
                                        "float", "double",  "bytes", "string"};
  const int kind = depth == 0 ? random.below(8) : random.below(14);
  const auto name = [&] { return "N" + std::to_string(names++); };
  switch (kind) {
    case 8: {
      std::string json = R"({"type":"record","name":")" + name() + R"(","fields":[)";
      const int fields = 1 + random.below(5);
      for (int i = 0; i < fields; ++i) {
        json += (i != 0 ? "," : "") + std::string(R"({"name":"f)") + std::to_string(i) +
                R"(","type":)" + random_schema(random, depth - 1, names) + "}";
      }
      return json + "]}";
    }
    case 9: return R"({"type":"array","items":)" + random_schema(random, depth - 1, names) + "}";
    case 10: return R"({"type":"map","values":)" + random_schema(random, depth - 1, names) + "}";
    case 11: return R"({"type":"enum","name":")" + name() + R"(","symbols":["A","B","C"]})";
    case 12:
      return R"({"type":"fixed","name":")" + name() + R"(","size":)" +
             std::to_string(1 + random.below(5)) + "}";
    case 13:
      return R"(["null","long",{"type":"array","items":)" +
             random_schema(random, depth - 1, names) + R"(},"string"])";
    default: return '"' + std::string(kPrimitive[kind]) + '"';
  }
}

void put_long(int64_t number, std::string& to) {
  auto n = (static_cast<uint64_t>(number) << 1) ^ static_cast<uint64_t>(number >> 63);
  for (; n >= 128; n >>= 7) to += static_cast<char>(n | 128);
  to += static_cast<char>(n);
}

// No zeros: avro-c's JSON ends there.
void put_text(Random& random, bool text, int size, std::string& to) {
  for (int i = 0; i < size; ++i) {
    to += static_cast<char>(1 + random.below(text ? 127 : 255));
  }
}

// A value of the type in Avro binary, made without our encoder.
void random_value(Random& random, const Node& type, std::string& to) {
  switch (type.type) {
    case Type::kNull: return;
    case Type::kBoolean: to += static_cast<char>(random.below(2)); return;
    case Type::kInt: put_long(static_cast<int32_t>(random.bits() >> random.below(64)), to); return;
    case Type::kLong: put_long(static_cast<int64_t>(random.bits() >> random.below(64)), to); return;
    case Type::kFloat: {
      const float number = static_cast<float>(random.below(1'000'000) - 500'000) / 7;
      to.append(reinterpret_cast<const char*>(&number), sizeof number);
      return;
    }
    case Type::kDouble: {
      const double number = static_cast<double>(random.below(1'000'000) - 500'000) / 7;
      to.append(reinterpret_cast<const char*>(&number), sizeof number);
      return;
    }
    case Type::kBytes:
    case Type::kString: {
      const int size = random.below(20);
      put_long(size, to);
      put_text(random, type.type == Type::kString, size, to);
      return;
    }
    case Type::kFixed: put_text(random, false, static_cast<int>(type.size), to); return;
    case Type::kEnum: put_long(random.below(static_cast<int>(type.symbols.size())), to); return;
    case Type::kRecord:
      for (const Field& f : type.fields) random_value(random, *f.type, to);
      return;
    case Type::kUnion: {
      const int index = random.below(static_cast<int>(type.branches.size()));
      put_long(index, to);
      return random_value(random, *type.branches[static_cast<size_t>(index)], to);
    }
    case Type::kArray:
    case Type::kMap: break;
  }
  const int count = random.below(4);
  if (count != 0) put_long(count, to);
  for (int i = 0; i < count; ++i) {
    if (type.type == Type::kMap) {
      put_long(2, to);
      to += 'k';
      to += static_cast<char>('0' + i);
    }
    random_value(random, *type.branches[0], to);
  }
  to += '\0';
}

TEST(AgainstAvroC, RandomValuesAreTheSame) {
  const Form form = form_of(JsonForm::kAvro);
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    int names = 0;
    const std::string schema = random_schema(random, 3, names);
    std::string bytes;
    random_value(random, schema_of(schema)->root(), bytes);
    const std::string text = decoded(schema, bytes, form);
    const std::string again = unhex(encoded(schema, text, form));
    ASSERT_EQ(hex(again), hex(bytes)) << seed << ' ' << schema << ' ' << text;
    const AvroCValue theirs(schema, again);
    ASSERT_EQ(theirs.problem(), "") << seed << ' ' << schema;
    ASSERT_EQ(hex(theirs.bytes()), hex(bytes)) << seed << ' ' << schema;
    ASSERT_EQ(encoded(schema, theirs.json(), form), hex(bytes)) << seed << ' ' << theirs.json();
  }
}

}  // namespace
}  // namespace streamhost::avro
