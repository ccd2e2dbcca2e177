#include "join.h"

namespace streamhost::core {

using plugin_common::JoinMode;

Join::Join(const Context& ctx, const Config& config)
    : ctx_(ctx),
      emit_(config.find("emit") == "final"     ? Emit::kFinal
            : config.find("emit") == "running" ? Emit::kRunning
                                               : Emit::kComplete),
      rules_(config, plugin_common::insert_of(config.str("insert")),
             static_cast<uint64_t>(config.integer("limit"))),
      rows_(rules_) {}

void Join::process(const Batch& in, States<State> states, Out& out) {
  emptied_.clear();
  for (uint32_t i = 0; i < in.size(); ++i) {
    State& state = states[i];
    if (take(in[i], in.port(), state, out)) {
      if (emit_ == Emit::kRunning) {
        put_out(in[i].raw(), state, JoinMode::kOuter, out);
      } else if (emit_ == Emit::kComplete && state.complete(rules_)) {
        put_out(in[i].raw(), state, JoinMode::kInner, out);
        state.clear();
      }
    }
    if (state.empty()) emptied_.push_back(&state);
  }
  // Not earlier: a key that was emptied may have come up again further on in the batch.
  for (State* state : emptied_) {
    if (state->empty()) ctx_.discard(*state);
  }
}

bool Join::take(const Record& record, uint32_t side, State& state, Out& out) {
  if (!record.has_value()) {
    if (!state.remove(side)) return false;
    if (!state.empty()) return true;
    // Whoever was told the rows so far is told that there are none any more.
    if (emit_ == Emit::kRunning) {
      sh_record gone = record.raw();
      gone.headers = nullptr;
      gone.header_count = 0;
      out.push(gone);
    }
    return false;
  }
  try {
    state.add(rules_, side, record.value(), record.raw().event_time_us);
    return true;
  } catch (const Error& e) {
    if (e.status() != SH_E_DATA) throw;
    out.flush();
    ctx_.reject(record.raw(), e.what());
    return false;
  }
}

void Join::put_out(const sh_record& record, const State& state, JoinMode mode, Out& out) {
  rows_.begin(state, mode);
  while (rows_.next()) {
    const std::string_view row = out.copy(rows_.text());
    sh_record r{};
    r.key = record.key;
    r.key_len = record.key_len;
    r.key_hash = record.key_hash;
    r.value = to_bytes(row).ptr;
    r.value_len = static_cast<uint32_t>(row.size());
    r.event_time_us = rows_.event_time_us();
    out.push(r);
  }
}

void Join::on_end(std::string_view key, State& state, Out& out) {
  if (state.empty()) return;
  const std::string_view copy = out.copy(key);
  sh_record r{};
  r.key = to_bytes(copy).ptr;
  r.key_len = static_cast<uint32_t>(copy.size());
  put_out(r, state, JoinMode::kOuter, out);
}

void Join::save(const State& state, Writer& to) {
  saved_.clear();
  state.save(rules_, saved_);
  to.write(saved_);
}

Join::State Join::restore(std::string_view saved, uint32_t) {
  return State::restore(rules_, saved);
}

Component join_component() {
  return keyed<Join>("join")
      .summary("Brings together what several named inputs say about one key")
      .any_inputs()
      .options(
          {option(
               "insert", Type::string,
               "of several values of one input \"last\" or \"first\" counts; \"product\": all of "
               "them do, in every combination")
               .otherwise("last")
               .choices({"last", "first", "product"}),
           option(
               "emit", Type::string,
               "when rows are put out: \"complete\": once every input has a value, and the key "
               "begins anew; \"running\": after every record; \"final\": at the end of the input")
               .otherwise("complete")
               .choices({"complete", "final", "running"}),
           option("limit", Type::integer,
                  "with insert = \"product\": the most values kept of one key; a record beyond is "
                  "rejected. 0: any number")
               .otherwise("10000")
               .at_least(0)});
}

}  // namespace streamhost::core
