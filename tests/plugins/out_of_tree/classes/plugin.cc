// A plugin made of classes: a source with two partitions and resume positions, a keyed operator
// that combines, and a sink.
#include <streamhost/sdk.hpp>

#include <cstdio>

namespace sh = streamhost;

namespace {

// classes.count_up: the numbers from 1 to `to`, odd ones in one partition, even ones in the other.
class CountUp {
 public:
  struct Partition {
    int64_t next;
    int64_t to;

    sh::Poll poll(sh::Out& out, uint32_t budget) {
      for (uint32_t i = 0; i < budget && next <= to; ++i, next += 2) out.emit(next);
      return next <= to ? sh::Poll::more() : sh::Poll::end();
    }
    void snapshot(sh::Writer& position) { position.write(std::to_string(next)); }
  };

  CountUp(const sh::Context&, const sh::Config& config) : to_(config.integer("to")) {}
  std::vector<std::string> partitions() { return {"odd", "even"}; }
  std::unique_ptr<Partition> open(std::string_view name, std::optional<std::string_view> resume) {
    int64_t next = name == "odd" ? 1 : 2;
    if (resume) next = std::stoll(std::string(*resume));
    return std::make_unique<Partition>(Partition{next, to_});
  }

 private:
  int64_t to_;
};

// classes.largest: the largest number of each key, at the end of input.
struct Largest {
  struct State {
    int64_t value = INT64_MIN;
  };
  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      states[i].value = std::max(states[i].value, in[i].value_as<int64_t>());
    }
  }
  void merge(State& into, State& from) { into.value = std::max(into.value, from.value); }
  void on_end(std::string_view key, State& state, sh::Out& out) { out.emit(key, state.value); }
};

// classes.file: appends "key=value" lines to a file of each worker's own.
class File {
 public:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Partition {
    std::unique_ptr<std::FILE, Close> file;
    void write(const sh::Batch& in) {
      for (const sh::Record r : in) {
        const std::string line = std::string(r.key()) + "=" + std::string(r.value()) + "\n";
        if (std::fwrite(line.data(), 1, line.size(), file.get()) != line.size()) {
          throw sh::unavailable("the file cannot be written");
        }
      }
    }
    void prepare(uint64_t, sh::Writer&) { std::fflush(file.get()); }
  };

  File(const sh::Context& ctx, const sh::Config& config)
      : path_(config.str("path") + "." + std::to_string(ctx.worker_index())) {}
  std::unique_ptr<Partition> open(std::string_view, std::optional<std::string_view>) {
    std::unique_ptr<std::FILE, Close> file(std::fopen(path_.c_str(), "a"));
    if (!file) throw sh::unavailable("cannot open " + path_);
    return std::make_unique<Partition>(Partition{std::move(file)});
  }

 private:
  std::string path_;
};

}  // namespace

SH_PLUGIN("classes", "1.0.0", "Apache-2.0",
          sh::source<CountUp>("count_up")
              .summary("The numbers from 1 on")
              .options({sh::option("to", sh::Type::integer, "the last number").required()}),
          sh::keyed<Largest>("largest").summary("The largest number of each key"),
          sh::sink<File>("file").options(
              {sh::option("path", sh::Type::string, "where to write").required().path()}))
