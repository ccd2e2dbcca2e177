#include "distinct.h"

namespace streamhost::agg {
namespace {

constexpr char kFull[] =
    "the different values of agg.distinct take 256 MiB together, and that is the most; use method "
    "= \"hll\", which needs a few KiB";

}  // namespace

HyperLogLog& Distinct::sketch_of(State& state) const {
  if (state.about == nullptr) state.about = std::make_unique<HyperLogLog>(precision_);
  return *state.about;
}

void Distinct::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.values(records, count, [&](const Value& value) {
    scratch_.clear();
    value.append_canonical(scratch_);
    State& s = states[value.record()];
    if (!exact_) {
      sketch_of(s).add(text_hash(scratch_));
    } else if (!s.exact.add(scratch_)) {
      throw BadRecord(value.record(), kFull);
    }
  });
}

void Distinct::merge(State& into, const State& from) {
  if (!into.exact.merge(from.exact)) throw bad_data(kFull);
  if (from.about != nullptr) sketch_of(into).merge(*from.about);
}

void Distinct::finish(const State& state, std::string& json) {
  json += std::to_string(state.about != nullptr ? state.about->count() : state.exact.size());
}

void Distinct::save(const State& state, Saving& to) {
  if (state.about != nullptr) {
    to.byte('h');
    state.about->save(to);
  } else if (state.exact.size() != 0) {
    to.byte('e');
    state.exact.save(to);
  }
}

Distinct::State Distinct::restore(Loading& from) {
  State state;
  if (from.at_end()) return state;
  const uint8_t form = from.byte();
  if (form != 'e' && form != 'h') from.refuse("it is of an unknown method");
  if (form == 'e' && !exact_)
    from.refuse("it is exact, and the manifest now says method = \"hll\"");
  if (form == 'h' && exact_) from.refuse("it is of method = \"hll\", and the manifest says exact");
  if (exact_) {
    state.exact = TextSet::restore(from);
  } else {
    state.about = std::make_unique<HyperLogLog>(HyperLogLog::restore(from, precision_));
  }
  return state;
}

}  // namespace streamhost::agg
