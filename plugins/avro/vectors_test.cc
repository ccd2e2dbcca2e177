// Compares with what Apache Avro for Java (1.11.3) makes of vectors/cases.tsv; see
// vectors/README.md.
#include <fstream>
#include <sstream>

#include "test_support.h"

namespace streamhost::avro {
namespace {

struct Vector {
  std::string writer, reader, binary, blocks, json, resolved;
};

std::vector<Vector> vectors() {
  std::ifstream file(STREAMHOST_AVRO_VECTORS);
  std::vector<Vector> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream parts(line);
    Vector v;
    std::getline(parts, v.writer, '\t');
    std::getline(parts, v.reader, '\t');
    std::getline(parts, v.binary, '\t');
    std::getline(parts, v.blocks, '\t');
    std::getline(parts, v.json, '\t');
    std::getline(parts, v.resolved, '\t');
    all.push_back(v);
  }
  return all;
}

TEST(JavaVectors, AreThere) { EXPECT_GT(vectors().size(), 140u); }

TEST(JavaVectors, ResolveToTheSameValueOrNotAtAll) {
  for (const Vector& v : vectors()) {
    for (const JsonForm json : {JsonForm::kAvro, JsonForm::kPlain}) {
      const Form form = form_of(json);
      for (const std::string& bytes : {v.binary, v.blocks}) {
        const std::string text = decoded(v.writer, unhex(bytes), form, v.reader);
        const std::string what = v.writer + " as " + v.reader + ": " + text;
        if (v.json == "error") {
          EXPECT_EQ(text.substr(0, 6), "error:") << what;
          continue;
        }
        ASSERT_NE(text.substr(0, 6), "error:") << what;
        // Plain JSON leaves open which branch of a union it was, as "a" in bytes or a string.
        const std::string reader = v.reader.empty() ? v.writer : v.reader;
        if (json == JsonForm::kPlain && reader[0] == '[') continue;
        EXPECT_EQ(encoded(reader, text, form), v.resolved) << what;
      }
    }
  }
}

TEST(JavaVectors, JsonOfJavaIsEncodedToTheSameBytes) {
  for (const Vector& v : vectors()) {
    // Java writes nothing for a record without fields.
    if (v.json == "error" || v.json.empty()) continue;
    const std::string reader = v.reader.empty() ? v.writer : v.reader;
    EXPECT_EQ(encoded(reader, v.json, form_of(JsonForm::kAvro)), v.resolved) << v.json;
  }
}

}  // namespace
}  // namespace streamhost::avro
