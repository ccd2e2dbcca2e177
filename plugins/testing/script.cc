#include "script.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>

namespace testing_plugin {

namespace sh = streamhost;
using Kind = ScriptItem::Kind;

namespace {

constexpr int64_t kLookAgainUs = 10'000;  // while waiting for a file
constexpr uint64_t kHashStart = 0xcbf29ce484222325;

// FNV-1a, the item's end included.
uint64_t add_to_hash(uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return (hash ^ '\n') * 0x100000001b3;
}

}  // namespace

ScriptOptions::ScriptOptions(const sh::Config& config)
    : items(config.list("items")),
      path(config.str("path")),
      partitions(static_cast<uint32_t>(config.integer("partitions", 1))),
      key(config.flag("key")),
      batch(static_cast<uint32_t>(config.integer("batch"))),
      rate(config.number("rate")) {
  if (path.empty() == items.empty()) {
    throw sh::config_error("either `items` or `path` must be given, and not both");
  }
  for (const std::string& item : items) parse_item(item);
}

ScriptPartition::ScriptPartition(const sh::Context& ctx, const ScriptOptions& options,
                                 std::shared_ptr<const std::vector<ScriptItem>> items,
                                 const Once& once, CallLog& calls, std::string name,
                                 std::optional<std::string_view> resume)
    : ctx_(ctx),
      options_(options),
      items_(std::move(items)),
      once_(once),
      calls_(calls),
      name_(std::move(name)),
      first_(0),
      hash_(kHashStart) {
  std::from_chars(name_.data(), name_.data() + name_.size(), first_);
  next_ = first_;
  if (resume) resume_at(*resume);
  calls_.add({.name = "open", .partition = name_, .handle = resume});
}

ScriptPartition::~ScriptPartition() {
  try {
    calls_.add({.name = "close", .partition = name_});
  } catch (const sh::Error& e) {
    ctx_.warn(e.what());
  }
}

void ScriptPartition::resume_at(std::string_view position) {
  uint64_t index = 0, hash = 0;
  constexpr std::string_view kHash = " hash=";
  const char* const end = position.data() + position.size();
  auto [at, error] = std::from_chars(position.data(), end, index);
  bool good = error == std::errc() &&
              std::string_view(at, static_cast<size_t>(end - at)).substr(0, kHash.size()) == kHash;
  if (good) {
    const auto [last, wrong] = std::from_chars(at + kHash.size(), end, hash, 16);
    good = wrong == std::errc() && last == end;
  }
  if (!good) {
    throw sh::state_error("the saved position \"" + std::string(position.substr(0, 100)) +
                          "\" of partition " + name_ + " is not one of this version of the plugin");
  }
  while (item() != nullptr && next_ < index) pass();
  if (next_ != index || hash_ != hash) {
    throw sh::state_error("cannot go on playing partition " + name_ + " at item " +
                          std::to_string(index) +
                          ": what comes before it is not what was played, so the script or "
                          "`partitions` was changed since the snapshot");
  }
}

std::string ScriptPartition::position() const {
  char hash[16];
  char* const end = std::to_chars(hash, hash + sizeof hash, hash_, 16).ptr;
  return std::to_string(next_) + " hash=" + std::string(hash, end);
}

const ScriptItem* ScriptPartition::item() const {
  return next_ < items_->size() ? &(*items_)[next_] : nullptr;
}

void ScriptPartition::pass() {
  hash_ = add_to_hash(hash_, item()->text);
  next_ += options_.partitions;
}

void ScriptPartition::put(sh::Out& out) const {
  const std::string_view text = item()->text;
  const size_t mark = options_.key ? text.find('=') : std::string_view::npos;
  if (mark == std::string_view::npos) {
    out.emit(text);
  } else {
    out.emit(text.substr(0, mark), text.substr(mark + 1));
  }
}

sh::Poll ScriptPartition::poll(sh::Out& out, uint32_t budget) {
  const uint32_t most = options_.batch == 0 ? budget : std::min(budget, options_.batch);
  uint32_t done = 0;
  for (; item() != nullptr; pass()) {
    const int64_t now = ctx_.now_us();
    switch (item()->kind) {
      case Kind::kRecord:
        if (done == most) return sh::Poll::more();
        if (options_.rate > 0) {
          if (due_us_ < 0) due_us_ = static_cast<double>(now);
          if (due_us_ > static_cast<double>(now)) {
            return sh::Poll::again_at(static_cast<int64_t>(due_us_) + 1);
          }
          due_us_ += 1e6 / options_.rate;
        }
        put(out);
        ++done;
        break;
      case Kind::kEof: pass(); return sh::Poll::end();
      case Kind::kAbort:
        if (once_.claim("step " + std::string(ctx_.step_id()) + " item " + std::to_string(next_))) {
          throw sh::unavailable("the script's item " + std::to_string(next_) + " is ABORT");
        }
        break;
      case Kind::kCrash:
        if (once_.claim("step " + std::string(ctx_.step_id()) + " item " + std::to_string(next_))) {
          out.flush();  // what comes before it is on its way
          ::kill(::getpid(), SIGKILL);
          for (;;) ::pause();
        }
        break;
      case Kind::kPause:
        if (paused_until_ == 0) paused_until_ = now + item()->pause_us;
        if (paused_until_ > now) return sh::Poll::again_at(paused_until_);
        paused_until_ = 0;
        break;
      case Kind::kWait:
        if (::access(std::string(item()->file()).c_str(), F_OK) != 0) {
          return sh::Poll::again_at(now + kLookAgainUs);
        }
        break;
    }
  }
  return sh::Poll::end();
}

void ScriptPartition::snapshot(sh::Writer& to) {
  const std::string text = position();
  calls_.add({.name = "snapshot", .partition = name_, .epoch = ctx_.epoch(), .handle = text});
  to.write(text);
}

void ScriptPartition::committed(uint64_t epoch) {
  calls_.add({.name = "committed", .partition = name_, .epoch = epoch});
}

sh::Progress ScriptPartition::progress() const {
  const auto count = [&](uint64_t index) {
    return (index + options_.partitions - 1 - first_) / options_.partitions;
  };
  return {count(next_), std::max(count(next_), count(items_->size())), SH_UNIT_RECORDS};
}

Script::Script(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx), options_(config), once_(config.str("once")), calls_(ctx, config.str("calls")) {}

std::vector<std::string> Script::partitions() {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < options_.partitions; ++i) names.push_back(std::to_string(i));
  return names;
}

std::unique_ptr<ScriptPartition> Script::open(std::string_view name,
                                              std::optional<std::string_view> resume) {
  if (!items_) {
    std::vector<ScriptItem> items;
    const auto texts = options_.path.empty() ? options_.items : lines_of(options_.path);
    for (const std::string& text : texts) items.push_back(parse_item(text));
    items_ = std::make_shared<const std::vector<ScriptItem>>(std::move(items));
  }
  return std::make_unique<ScriptPartition>(ctx_, options_, items_, once_, calls_, std::string(name),
                                           resume);
}

sh::Component script() {
  using sh::option;
  using sh::Type;
  return sh::source<Script>("script")
      .summary("plays records that a test has written down, with marks that end, fail or delay it")
      .options(
          {option("items", Type::list,
                  "the records, and among them the marks EOF, ABORT, CRASH, \"PAUSE 200ms\" "
                  "and \"WAIT some/file\""),
           option("path", Type::string, "a file with an item in each line, instead").path(),
           option("partitions", Type::integer, "item i is played by partition i % partitions")
               .otherwise("1")
               .at_least(1)
               .at_most(4096),
           option("key", Type::boolean, "an item \"k=v\" is the record with key k and value v")
               .otherwise("false"),
           option("batch", Type::integer, "records of one poll at most; 0: as many as asked for")
               .otherwise("0")
               .at_least(0),
           option("rate", Type::number, "records a second of each partition; 0: no limit")
               .otherwise("0")
               .at_least(0),
           option("once", Type::string,
                  "a file that remembers which ABORT and CRASH were reached: later runs pass "
                  "them over")
               .path(),
           option("calls", Type::string,
                  "a file to which each open, snapshot, committed and close is appended, as a "
                  "line of JSON")
               .path()});
}

}  // namespace testing_plugin
