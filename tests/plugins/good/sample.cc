// A plugin that uses all that a description can hold.
#include <streamhost/sdk.hpp>

namespace sh = streamhost;

namespace {

struct Nothing {
  struct Partition {
    sh::Poll poll(sh::Out&, uint32_t) { return sh::Poll::end(); }
    void write(const sh::Batch&) {}
  };
  std::vector<std::string> partitions() { return {"only"}; }
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    return std::make_unique<Partition>();
  }
};

struct Count {
  struct State {
    int64_t n;
  };
  static constexpr uint32_t state_version = 3;
  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) ++states[i].n;
  }
  void merge(State& into, State& from) { into.n += from.n; }
};

struct Sum {
  using State = double;
  void add(double& sum, const sh::Record& r) { sum += r.value_as<double>(); }
  void finish(const double& sum, sh::Writer& to) { to.write(std::to_string(sum)); }
};

using sh::option;
using sh::Type;

}  // namespace

SH_PLUGIN(
    "sample", "1.2.3", "Apache-2.0",
    sh::source<Nothing>("lines")
        .summary("Lines of a file")
        .options({option("path", Type::string, "the file to read").required().path(),
                  option("mode", Type::string, "how to read it")
                      .choices({"fast", "careful"})
                      .otherwise("fast"),
                  option("limit", Type::size, "longest line").otherwise("1MiB").at_least(1),
                  option("port", Type::integer, "where to").at_least(1).at_most(65535),
                  option("password", Type::string, "for the server").secret(),
                  option("wait", Type::duration, "before giving up").otherwise("1m30s"),
                  option("speed", Type::string, "say mode instead").deprecated()}),
    sh::sink<Nothing>("lines").summary("Lines to a file"),
    sh::filter("all", [](const sh::Record&) { return true; }),
    sh::branch("sides", {{"left", "the smaller ones"}, {"right", "the others"}},
               [](const sh::Record&) { return 0u; }),
    sh::keyed<Count>("count").summary("Counts the records of each key"),
    sh::aggregate<Sum>("sum").summary("The sum of the values"))
