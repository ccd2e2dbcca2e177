#include "engine/snapshots.h"

#include <algorithm>
#include <set>

#include "base/fixed64.h"
#include "plugin/services.h"

namespace streamhost {
namespace {

constexpr size_t kEpochBytes = 8;

Status unusable(const recovery::Failure& failure) { return {Code::kRecovery, failure.message}; }

std::optional<recovery::StepKind> kind_of(const Step& step) {
  const sh_component& raw = *step.component.raw;
  if (raw.source != nullptr) return recovery::StepKind::kSource;
  if (raw.sink != nullptr) return recovery::StepKind::kSink;
  // An operator without keyed state has the state of its watermark.
  if (raw.keyed != nullptr || step.watermark) return recovery::StepKind::kKeyed;
  return std::nullopt;
}

const char* what_it_has(recovery::StepKind kind) {
  switch (kind) {
    case recovery::StepKind::kSource: return "positions of a source";
    case recovery::StepKind::kSink: return "positions of a sink";
    case recovery::StepKind::kKeyed: break;
  }
  return "state";
}

std::optional<SinkHandle> decode_handle(std::string_view row) {
  if (row.size() < kEpochBytes) return std::nullopt;
  return SinkHandle{read_fixed64(row.data()), std::string(row.substr(kEpochBytes))};
}

}  // namespace

std::string encode_handle(uint64_t epoch, std::string_view handle) {
  std::string row;
  append_fixed64(row, epoch);
  return row.append(handle);
}

Result<std::unique_ptr<Snapshots>> Snapshots::open(const Dataflow& flow, Log log,
                                                   CrashPoint& crash) {
  std::unique_ptr<Snapshots> s(new Snapshots(flow, std::move(log)));
  recovery::StoreOptions options;
  options.directory = flow.recovery.directory;
  options.dataflow = flow.name;
  if (flow.recovery.partitions != 0) options.partitions = flow.recovery.partitions;
  options.backup_us = flow.recovery.backup_us;
  options.at = [&crash](std::string_view point) { crash.pass(point); };
  auto store = recovery::Store::open(std::move(options));
  if (!store) return unusable(store.failure());
  s->store_ = store.take();
  s->known_.resize(flow.steps.size());
  s->number_.assign(flow.steps.size(), UINT32_MAX);
  for (uint32_t i = 0; i < flow.steps.size(); ++i) {
    const Step& step = flow.steps[i];
    const auto kind = kind_of(step);
    if (!kind) continue;
    s->number_[i] = static_cast<uint32_t>(s->infos_.size());
    const sh_keyed* keyed = step.component.raw->keyed;
    s->infos_.push_back(
        {step.id, *kind, step.component.id, keyed != nullptr ? keyed->state_version : 0});
  }
  if (Status status = s->check_steps(); !status) return status;
  for (uint32_t i = 0; i < flow.steps.size(); ++i) {
    if (Status status = s->load(i); !status) return status;
  }
  return s;
}

Status Snapshots::check_steps() {
  const auto& dropped = flow_.recovery.drop_state;
  for (const std::string& id : dropped) {
    const auto& stored = store_->steps();
    if (std::any_of(stored.begin(), stored.end(), [&](const auto& s) { return s.id == id; })) {
      continue;
    }
    return {Code::kRecovery, "--drop-state " + id + ": the recovery store " +
                                 flow_.recovery.directory + " has nothing of a step \"" + id +
                                 "\"; `streamhost recovery show` lists what it has"};
  }
  for (const recovery::StoredStep& stored : store_->steps()) {
    if (std::find(dropped.begin(), dropped.end(), stored.id) != dropped.end()) {
      log_->warn("the {} of step \"{}\" in the recovery store is discarded, as --drop-state asks",
                 what_it_has(stored.kind), stored.id);
      continue;
    }
    const auto step = std::find_if(flow_.steps.begin(), flow_.steps.end(),
                                   [&](const Step& s) { return s.id == stored.id; });
    if (step == flow_.steps.end()) {
      if (stored.rows == 0) continue;
      log_->warn(
          "the recovery store has the {} of a step \"{}\" ({}), which the manifest does not have "
          "any more; it is kept in case the step comes back, and --drop-state {} discards it",
          what_it_has(stored.kind), stored.id, stored.component, stored.id);
      continue;
    }
    const auto index = static_cast<uint32_t>(step - flow_.steps.begin());
    if (Status status = check_step(index, stored); !status) return status;
    known_[index].present = true;
  }
  return Status::ok();
}

Status Snapshots::check_step(uint32_t index, const recovery::StoredStep& stored) {
  const Step& step = flow_.steps[index];
  const std::string way_out =
      ". Give the step another name to begin anew beside it, or discard what is stored with "
      "--drop-state " +
      step.id;
  const auto kind = kind_of(step);
  if (!kind || *kind != stored.kind || step.component.id != stored.component) {
    return {Code::kRecovery,
            step.where.text() + ": step \"" + step.id + "\" uses " + step.component.id +
                ", but the recovery store " + flow_.recovery.directory + " has " +
                what_it_has(stored.kind) + " that " + stored.component +
                " wrote for it, which cannot be taken up by another component" + way_out};
  }
  const sh_keyed* keyed = step.component.raw->keyed;
  if (keyed != nullptr && stored.newest_version > keyed->state_version) {
    return {Code::kRecovery,
            step.where.text() + ": step \"" + step.id + "\": the recovery store " +
                flow_.recovery.directory + " has state of version " +
                std::to_string(stored.newest_version) + ", and the installed " + step.component.id +
                " (plugin " + step.component.plugin->path.string() + ") reads versions up to " +
                std::to_string(keyed->state_version) +
                ". Install a plugin that is at least as new as the one that wrote it" + way_out};
  }
  return Status::ok();
}

Status Snapshots::load(uint32_t index) {
  const Step& step = flow_.steps[index];
  Known& known = known_[index];
  if (number_[index] == UINT32_MAX || step.component.raw->keyed != nullptr) return Status::ok();
  const auto take_handle = [&](std::map<std::string, SinkHandle>& to, std::string_view key,
                               std::string_view value) {
    if (auto handle = decode_handle(value)) to[std::string(key)] = std::move(*handle);
  };
  const bool sink = step.component.raw->sink != nullptr;
  if (known.present) {
    auto reader = store_->read(step.id);
    if (!reader) return unusable(reader.failure());
    while (const auto row = (*reader)->next()) {
      if (sink) {
        take_handle(known.handles, row->key, row->value);
      } else {
        known.positions[std::string(row->key)] = row->value;
      }
    }
    if (!(*reader)->outcome()) return unusable((*reader)->outcome().failure());
  }
  if (!sink) return Status::ok();
  auto rows = store_->unfinished(step.id);
  if (!rows) return unusable(rows.failure());
  for (const auto& [key, value] : *rows) take_handle(known.unfinished, key, value);
  return Status::ok();
}

const std::string* Snapshots::position(uint32_t step, const std::string& partition) const {
  const auto& positions = known_[step].positions;
  const auto it = positions.find(partition);
  return it == positions.end() ? nullptr : &it->second;
}

std::vector<std::string> Snapshots::partitions_besides(
    uint32_t step, const std::vector<std::string>& names) const {
  const std::set<std::string> known(names.begin(), names.end());
  std::vector<std::string> others;
  for (const auto& [name, position] : known_[step].positions) {
    const bool of_watermark = !name.empty() && name[0] < ' ';  // see watermark.cc
    if (known.count(name) == 0 && !of_watermark) others.push_back(name);
  }
  for (const auto& [name, handle] : known_[step].handles) {
    if (known.count(name) == 0) others.push_back(name);
  }
  return others;
}

const std::map<std::string, SinkHandle>& Snapshots::handles(uint32_t step) const {
  return known_[step].handles;
}

const std::map<std::string, SinkHandle>& Snapshots::unfinished(uint32_t step) const {
  return known_[step].unfinished;
}

bool Snapshots::has_states(uint32_t step) const { return known_[step].present; }

Result<std::unique_ptr<recovery::RowReader>> Snapshots::states(uint32_t step) const {
  auto reader = store_->read(flow_.steps[step].id);
  if (!reader) return unusable(reader.failure());
  return reader.take();
}

Status Snapshots::begin() {
  recovery::Execution execution;
  execution.workers = flow_.run.workers;
  execution.host_version = host_version();
  const recovery::Outcome outcome = store_->begin(execution, infos_, flow_.recovery.drop_state);
  return outcome ? Status::ok() : unusable(outcome.failure());
}

void Snapshots::end_epoch(uint64_t epoch, const std::vector<uint32_t>& cleared,
                          std::function<void(Status)> durable) {
  std::vector<uint32_t> numbers;
  for (const uint32_t step : cleared) numbers.push_back(number_[step]);
  store_->end_epoch(epoch, std::move(numbers),
                    [durable = std::move(durable)](const recovery::Outcome& outcome) {
                      durable(outcome ? Status::ok() : unusable(outcome.failure()));
                    });
}

}  // namespace streamhost
