#include "collect.h"

namespace streamhost::agg {
namespace {

constexpr char kFull[] =
    "the values of agg.collect take 256 MiB together, and that is the most; set limit";

// Room for the length of a text.
constexpr size_t kLengthRoom = 10;

}  // namespace

Collect::Collect(const Config& config)
    : as_set_(config.find("as") == "set"),
      limit_(config.has("limit") ? static_cast<uint64_t>(config.integer("limit")) : UINT64_MAX),
      input_(config) {}

void Collect::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.values(records, count, [&](const Value& value) {
    State& s = states[value.record()];
    if (as_set_) {
      add_to_set(s, value);
    } else {
      add_to_list(s, value);
    }
  });
}

bool Collect::put(State& state, std::string_view json) {
  if (json.size() + kLengthRoom > TextTable::kMostBytes - state.list.size()) return false;
  append_text(state.list, json);
  ++state.count;
  return true;
}

void Collect::add_to_list(State& state, const Value& value) {
  if (state.count >= limit_) return;
  scratch_.clear();
  value.append_json(scratch_);
  if (!put(state, scratch_)) throw BadRecord(value.record(), kFull);
}

void Collect::add_to_set(State& state, const Value& value) {
  scratch_.clear();
  value.append_canonical(scratch_);
  if (!state.set.add(scratch_)) throw BadRecord(value.record(), kFull);
  trim(state);
}

void Collect::trim(State& state) const {
  if (state.set.size() / 2 >= limit_) state.set.keep_least(limit_);
}

void Collect::merge(State& into, const State& from) {
  if (as_set_) {
    if (!into.set.merge(from.set)) throw bad_data(kFull);
    trim(into);
    return;
  }
  Loading items(from.list, kName);
  if (from.count <= limit_ - std::min(limit_, into.count)) {
    if (from.list.size() > TextTable::kMostBytes - into.list.size()) throw bad_data(kFull);
    into.list += from.list;
    into.count += from.count;
    return;
  }
  while (into.count < limit_) {
    if (!put(into, items.text())) throw bad_data(kFull);
  }
}

void Collect::finish(const State& state, std::string& json) {
  json += '[';
  if (as_set_) {
    for (const std::string_view text : state.set.least(limit_)) {
      json.append(json.size() == 1 ? "" : ",").append(text);
    }
  } else {
    Loading items(state.list, kName);
    for (uint64_t left = limit_; left != 0 && !items.at_end(); --left) {
      json.append(json.size() == 1 ? "" : ",").append(items.text());
    }
  }
  json += ']';
}

void Collect::save(const State& state, Saving& to) {
  if (as_set_) {
    if (state.set.size() == 0) return;
    to.byte('s');
    state.set.save(to, limit_);
  } else {
    if (state.count == 0) return;
    to.byte('l');
    to.number(state.count);
    to.raw(state.list);
  }
}

Collect::State Collect::restore(Loading& from) {
  State state;
  if (from.at_end()) return state;
  const uint8_t form = from.byte();
  if (form != (as_set_ ? 's' : 'l')) {
    if (form != 's' && form != 'l') from.refuse("it is neither a list nor a set");
    from.refuse(as_set_ ? "it is a list, and the manifest now says as = \"set\""
                        : "it is a set, and the manifest now says as = \"list\"");
  }
  if (as_set_) {
    state.set = TextSet::restore(from);
    return state;
  }
  for (uint64_t left = from.number(); left != 0; --left) {
    if (!put(state, from.json())) from.refuse("its values are too large together");
  }
  return state;
}

}  // namespace streamhost::agg
