#include <streamhost/sdk.hpp>

#include <cctype>

namespace sh = streamhost;

namespace {

// acme.repeat: each value several times over. A class, because it has an option.
class Repeat {
 public:
  Repeat(const sh::Context&, const sh::Config& config) : times_(config.integer("times")) {}

  void process(const sh::Batch& in, sh::Out& out) {
    for (const sh::Record record : in) {
      for (int64_t i = 0; i < times_; ++i) out.push(record.raw());
    }
  }

 private:
  int64_t times_;
};

// acme.upper: the value in capital letters. A lambda is enough for what sees one record at a time.
std::string upper(const sh::Record& record) {
  std::string text(record.value());
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

SH_PLUGIN("acme", "0.1.0", "Apache-2.0",
          sh::map("upper", upper).summary("Turns the value to capital letters"),
          sh::op<Repeat>("repeat")
              .summary("Puts out each record several times")
              .options({sh::option("times", sh::Type::integer, "how many times")
                            .otherwise("2")
                            .at_least(0)
                            .at_most(1000)}),
          sh::stateful<int64_t>("numbered", [](int64_t& seen, const sh::Record&, sh::Out& out) {
            out.emit(++seen);
          }).summary("Replaces the value by its number among the records of its key"))
