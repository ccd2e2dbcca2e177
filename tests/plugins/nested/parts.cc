// Aggregates for others to use, and a component with options of every nested kind.
#include <streamhost/sdk.hpp>

namespace sh = streamhost;

namespace {

using sh::option;
using sh::Type;

// The sum of the values, `by` times.
struct Sum {
  using State = int64_t;
  Sum(const sh::Context&, const sh::Config& config) : by(config.integer("by")) {
    if (by == 13) throw sh::config_error("by 13 is bad luck");
  }
  void add(int64_t& sum, const sh::Record& r) {
    if (r.value() == "13") throw sh::bad_data("13 is bad luck");
    sum += r.value_as<int64_t>();
  }
  void merge(int64_t& into, int64_t& from) { into += from; }
  void finish(const int64_t& sum, sh::Writer& to) { to.write(std::to_string(by * sum)); }
  int64_t by;
};

// The values as one JSON string.
struct Text {
  using State = std::string;
  static constexpr uint32_t state_version = 2;
  void add(std::string& text, const sh::Record& r) { text += r.value(); }
  void finish(const std::string& text, sh::Writer& to) {
    to.write("\"");
    to.write(text);
    to.write("\"");
  }
  void save(const std::string& text, sh::Writer& to) { to.write(text); }
  std::string restore(std::string_view saved, uint32_t) { return std::string(saved); }
};

}  // namespace

SH_PLUGIN(
    "parts", "1.0.0", "Apache-2.0",
    sh::aggregate<Sum>("sum").options(
        {option("by", Type::integer, "what to multiply by").otherwise("1").at_least(1)}),
    sh::aggregate<Text>("text"),
    sh::filter("window", [](const sh::Record&) { return true; })
        .options({option("window", Type::table, "which records belong together")
                      .required()
                      .fields({option("kind", Type::string, "where windows begin and end")
                                   .required()
                                   .choices({"tumbling", "session"}),
                               option("length", Type::duration, "from open to close").at_least(1),
                               option("bounds", Type::table, "which windows there are")
                                   .fields({option("first", Type::time, "the first to open")})}),
                  option("value", Type::component, "what is computed").required(),
                  option("more", Type::component, "what else is computed").named()}))
