#include "keyed_fault.h"

#include <charconv>

namespace testing_plugin {

namespace sh = streamhost;

KeyedFault::KeyedFault(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      in_(config.str("in")),
      key_(config.find("key")),
      armed_(key_ || config.has("at")),
      fault_(ctx, config, 0) {
  if (in_ == "drop" && key_) throw sh::config_error("`in = \"drop\"` cannot be had with `key`");
  if (in_ == "drop") {
    fault_.allow({Action::kCrash, Action::kAbort, Action::kExit, Action::kHang},
                 "in drop, which has no way to report an error");
  } else if (in_ != "process") {
    fault_.allow({Action::kFail, Action::kThrow, Action::kCrash, Action::kAbort, Action::kExit,
                  Action::kHang},
                 "in " + in_ + ", where no record is in hand");
  }
}

bool KeyedFault::due(std::string_view call, std::string_view key) {
  return armed_ && call == in_ && (!key_ || key == *key_) && fault_.due();
}

void KeyedFault::pass(std::string_view call, std::string_view key) {
  if (due(call, key)) fault_.strike("in " + in_ + " of the key \"" + std::string(key) + "\"");
}

void KeyedFault::process(const sh::Batch& in, sh::States<State> states, sh::Out& out) {
  for (uint32_t i = 0; i < in.size(); ++i) {
    const sh::Record record = in[i];
    if (due("process", record.key())) {
      out.flush();  // what comes before it is on its way; and rejecting may run other steps
      fault_.strike("at a record of the key \"" + std::string(record.key()) + "\"");
      ctx_.reject(record.raw(), "the step's options ask for a fault at this record");
      continue;
    }
    out.current(&record.raw());
    out.emit(++states[i]);
  }
}

namespace {

KeyedFault& of(void* self) { return sh::detail::Held<KeyedFault>::of(self).impl; }

// The table of the class, with functions of its own where the class layer does not tell the key.
sh_keyed table() {
  sh_keyed t = sh::detail::keyed_table<KeyedFault>();
  t.init = [](void* self, sh_bytes key, void*, sh_error* error) {
    return sh::detail::guarded(error, [&] { of(self).pass("init", sh::to_view(key)); });
  };
  t.save = [](void* self, sh_bytes key, const void* state, sh_writer* writer, sh_error* error) {
    return sh::detail::guarded(error, [&] {
      of(self).pass("save", sh::to_view(key));
      sh::detail::Held<KeyedFault>::of(self).writer(writer).write(
          std::to_string(*static_cast<const KeyedFault::State*>(state)));
    });
  };
  t.restore = [](void* self, sh_bytes key, uint32_t, sh_bytes saved, void* state, sh_error* error) {
    return sh::detail::guarded(error, [&] {
      of(self).pass("restore", sh::to_view(key));
      const std::string_view text = sh::to_view(saved);
      auto& count = *static_cast<KeyedFault::State*>(state);
      const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), count);
      if (wrong != std::errc() || end != text.data() + text.size()) {
        throw sh::state_error("the saved state \"" + std::string(text.substr(0, 80)) +
                              "\" of the key \"" + std::string(sh::to_view(key)) +
                              "\" is not a count");
      }
    });
  };
  t.drop = [](void* self, void*) {
    sh::detail::guarded(nullptr, [&] { of(self).pass("drop", {}); });
  };
  return t;
}

}  // namespace

sh::Component keyed_fault() {
  using sh::option;
  using sh::Type;
  static const sh_keyed own_table = table();
  std::vector<sh::Option> options;
  options.push_back(
      option("in", Type::string, "the call that the fault is in; process: at a record")
          .otherwise("process")
          .choices({"process", "save", "restore", "init", "drop"}));
  options.push_back(
      option("key", Type::string, "only calls for this key are counted (drop: no key is known)"));
  add_fault_options(
      options,
      "which of these calls (or records) it is, counted by each worker from 1; left "
      "out: no fault, or with `key` every one",
      "an error, a foreign exception, a rejected record, SIGKILL, SIGABRT, exit status "
      "3, a call that never returns",
      {"fail", "throw", "bad_record", "crash", "abort", "exit", "hang"});
  sh::Component component = sh::keyed<KeyedFault>("keyed_fault");
  component.raw().keyed = &own_table;
  return std::move(component)
      .summary("the running count of each key, and a fault in the call it is told")
      .options(std::move(options));
}

}  // namespace testing_plugin
