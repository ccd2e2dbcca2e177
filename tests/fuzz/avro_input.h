// Inputs of the targets of the plugin avro: a letter for the form of JSON, from 'a' on, and lines.
// A capital, from 'A' on, and a digit stand for schemas that are here, so that all that is changed
// is the value.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "avro/form.h"

namespace streamhost::avro {

// A writer's schema, and a reader's; without one it is the same.
struct FuzzSchemas {
  std::string_view writer, reader;
};

inline constexpr std::string_view kAllTypes =
    R"({"type":"record","name":"B","fields":[{"name":"n","type":"null"},
        {"name":"o","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long"},
        {"name":"f","type":"float"},{"name":"d","type":"double"},{"name":"b","type":"bytes"},
        {"name":"s","type":"string"},{"name":"x","type":{"type":"fixed","name":"FX","size":3}},
        {"name":"e","type":{"type":"enum","name":"EX","symbols":["A","B"]}},
        {"name":"a","type":{"type":"array","items":"string"}},
        {"name":"m","type":{"type":"map","values":["null","B","double"]}},
        {"name":"z","type":{"type":"array","items":"null"}},{"name":"last","type":"int"}]})";

inline constexpr FuzzSchemas kFuzzSchemas[] = {
    {R"({"type":"record","name":"U","fields":[{"name":"id","type":"long"},
        {"name":"name","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}},
        {"name":"mail","type":["null","string"]},{"name":"score","type":"double"},
        {"name":"ok","type":"boolean","default":true}]})",
     ""},
    {R"({"type":"record","name":"L","fields":[{"name":"v","type":"int"},
        {"name":"n","type":["null","L"]},
        {"name":"m","type":{"type":"map","values":["null","L","int"]}}]})",
     ""},
    {R"(["null",{"type":"int","logicalType":"date"},{"type":"long","logicalType":"timestamp-millis"},
        {"type":"bytes","logicalType":"decimal","precision":9,"scale":2},
        {"type":"fixed","name":"D","size":12,"logicalType":"duration"},
        {"type":"fixed","name":"I","size":16,"logicalType":"uuid"}])",
     ""},
    {R"({"type":"array","items":["float","double","string","bytes","boolean",
        {"type":"enum","name":"E","symbols":["A","B"]},{"type":"fixed","name":"F","size":3},
        {"type":"array","items":"null"},
        {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]},
        {"type":"record","name":"S","fields":[{"name":"a","type":"string"},
           {"name":"b","type":"R","default":{"a":1}}]}]})",
     ""},
    {kAllTypes, ""},
    {kAllTypes, R"({"type":"record","name":"B","fields":[{"name":"last","type":"long"},
        {"name":"more","type":["null","int"],"default":null}]})"},
    {kAllTypes, R"({"type":"record","name":"B","fields":[
        {"name":"d0","type":"string","default":"x"},{"name":"i","type":"float"},
        {"name":"l","type":["null","double"]},{"name":"f","type":"double"},
        {"name":"b","type":"string"},{"name":"t","aliases":["s"],"type":"bytes"},
        {"name":"e","type":{"type":"enum","name":"EX","symbols":["B"]}},
        {"name":"m","type":{"type":"map","values":["B","double"]}}]})"},
};

struct FuzzInput {
  FuzzInput(const uint8_t* data, size_t size) : rest(reinterpret_cast<const char*>(data), size) {
    uint32_t bits = 0;
    if (rest.size() >= 2 && rest[0] >= 'A' && rest[0] <= 'P') {
      bits = static_cast<uint8_t>(rest[0]) - uint32_t{'A'};
      const uint32_t which = static_cast<uint8_t>(rest[1]) - uint32_t{'0'};
      const FuzzSchemas& known = kFuzzSchemas[which % std::size(kFuzzSchemas)];
      writer = known.writer;
      reader = known.reader;
      rest.remove_prefix(2);
    } else {
      if (!rest.empty()) {
        bits = static_cast<uint8_t>(rest[0]) - uint32_t{'a'};
        rest.remove_prefix(1);
      }
      writer = line();
      has_reader_line = true;
    }
    form.json = (bits & 1u) != 0 ? JsonForm::kAvro : JsonForm::kPlain;
    form.logical = (bits & 2u) != 0;
    form.base64 = (bits & 4u) != 0;
    form.ignore_unknown = (bits & 8u) != 0;
  }
  // For targets that have a reader's schema behind the writer's.
  void read_reader() {
    if (has_reader_line) reader = line();
  }

  Form form;
  std::string writer, reader;
  std::string_view rest;  // the value

 private:
  // The next line, without its end.
  std::string line() {
    const size_t end = rest.find('\n');
    const std::string text(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return text;
  }
  bool has_reader_line = false;
};

}  // namespace streamhost::avro
