// bench-loops NAME ARGUMENTS...: runs one hand-written loop. See loops.h for what each does.
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "loops.h"

namespace {

bench::TimedShape shape_of(const std::vector<std::string>& args) {
  return {.end = std::stoull(args[1]),
          .partitions = 1,
          .keys = static_cast<uint32_t>(std::stoul(args[2])),
          .start_us = std::stoll(args[3]),
          .step_us = std::stoll(args[4]),
          .disorder_us = std::stoll(args[5])};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const auto is = [&](std::string_view name, size_t count) {
    return args.size() == count + 1 && args[0] == name;
  };
  try {
    if (is("wordcount", 2)) {
      bench::wordcount(args[1], args[2]);
    } else if (is("keyed_count", 3)) {
      bench::keyed_count(std::stoull(args[1]), std::stoull(args[2]), args[3]);
    } else if (is("pass_through", 5)) {
      bench::pass_through(std::stoull(args[1]), std::stoull(args[2]), std::stoull(args[3]),
                          args[4] == "copy", args[5]);
    } else if (is("stations", 2)) {
      bench::stations(args[1], args[2]);
    } else if (is("json_sum", 3)) {
      bench::json_sum(args[1], std::stoll(args[2]), args[3]);
    } else if (is("tumbling", 7)) {
      bench::tumbling(shape_of(args), std::stoll(args[6]), args[7]);
    } else if (is("sliding", 7)) {
      bench::sliding(shape_of(args), std::stoll(args[6]), args[7]);
    } else if (is("sessions", 7)) {
      bench::sessions(shape_of(args), std::stoll(args[6]), args[7]);
    } else if (is("filter_text", 3)) {
      bench::filter_text(std::stoull(args[1]), std::stod(args[2]), args[3]);
    } else if (is("filter_json", 3)) {
      bench::filter_json(args[1], std::stod(args[2]), args[3]);
    } else if (is("loopback", 2)) {
      bench::loopback(std::stoull(args[1]), args[2]);
    } else if (is("kafka_consume", 4)) {
      bench::kafka_consume(args[1], args[2], std::stoull(args[3]), args[4]);
    } else if (is("kafka_produce", 5)) {
      bench::kafka_produce(args[1], args[2], std::stoull(args[3]), std::stoull(args[4]), args[5]);
    } else {
      std::fputs(
          "usage: bench-loops wordcount INPUT OUTPUT\n"
          "       bench-loops keyed_count RECORDS KEYS OUTPUT\n"
          "       bench-loops pass_through RECORDS SIZE STEPS look|copy OUTPUT\n"
          "       bench-loops stations INPUT OUTPUT\n"
          "       bench-loops json_sum INPUT LEAST OUTPUT\n"
          "       bench-loops tumbling RECORDS KEYS START STEP DISORDER LENGTH OUTPUT\n"
          "       bench-loops sliding RECORDS KEYS START STEP DISORDER OFFSET OUTPUT\n"
          "       bench-loops sessions RECORDS KEYS START STEP DISORDER GAP OUTPUT\n"
          "       bench-loops filter_text RECORDS ABOVE OUTPUT\n"
          "       bench-loops filter_json INPUT ABOVE OUTPUT\n"
          "       bench-loops loopback BYTES OUTPUT\n"
          "       bench-loops kafka_consume BROKERS TOPIC RECORDS OUTPUT\n"
          "       bench-loops kafka_produce BROKERS TOPIC RECORDS SIZE OUTPUT\n",
          stderr);
      return 2;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench-loops: %s\n", e.what());
    return 1;
  }
  return 0;
}
