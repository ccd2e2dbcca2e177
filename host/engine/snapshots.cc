#include "engine/snapshots.h"

#include <algorithm>
#include <set>

#include "base/fixed64.h"
#include "engine/agree.h"
#include "engine/messages.pb.h"
#include "plugin/services.h"
#include "recovery/encoded_row.h"
#include "recovery/shares.h"

namespace streamhost {
namespace {

constexpr size_t kEpochBytes = 8;
// Rows on their way to other processes, beyond which workers wait before they save more.
constexpr uint64_t kMostUnsettled = uint64_t{32} << 20;

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

Result<std::unique_ptr<Snapshots>> Snapshots::open(const Dataflow& flow, Log log, CrashPoint& crash,
                                                   Peers* peers) {
  std::unique_ptr<Snapshots> s(new Snapshots(flow, std::move(log)));
  s->peers_ = peers;
  s->workers_ = peers == nullptr ? flow.run.workers : peers->topology().workers();
  recovery::StoreOptions options;
  options.directory = flow.recovery.directory;
  options.dataflow = flow.name;
  if (flow.recovery.partitions != 0) options.partitions = flow.recovery.partitions;
  options.backup_us = flow.recovery.backup_us;
  options.at = [&crash](std::string_view point) { crash.pass(point); };
  if (Status status = s->open_store(std::move(options)); !status) return status;
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
  cluster::Members* members = peers == nullptr ? nullptr : &peers->members();
  auto steps = agree(members, recovery::encode(s->store_->steps()));
  if (!steps) return steps.status();
  auto combined = recovery::combine(*steps);
  if (!combined) return unusable(combined.failure());
  s->steps_ = combined.take();
  if (Status status = s->check_steps(); !status) return status;
  auto rows = agree(members, s->stored());
  if (!rows) return rows.status();
  for (const std::string& stored : *rows) {
    if (!s->take(stored)) return unusable({"rows of another process that cannot be understood"});
  }
  return s;
}

Status Snapshots::open_store(recovery::StoreOptions options) {
  if (peers_ != nullptr) return share_store(std::move(options));
  auto store = recovery::Store::open(std::move(options));
  if (!store) return unusable(store.failure());
  store_ = store.take();
  return Status::ok();
}

// Which process keeps which files.
Status Snapshots::share_store(recovery::StoreOptions options) {
  cluster::Members& members = peers_->members();
  const auto mine = recovery::look(options);
  auto all = agree(&members, mine ? Result<std::string>(recovery::encode(*mine))
                                  : Result<std::string>(unusable(mine.failure())));
  if (!all) return all.status();
  std::vector<recovery::Holding> holdings;
  for (uint32_t process = 0; process < all->size(); ++process) {
    auto holding = recovery::decode((*all)[process]);
    if (!holding) {
      return {Code::kRecovery, members.name(process) + ": " + holding.failure().message};
    }
    holdings.push_back(holding.take());
  }
  auto share = recovery::agree(holdings);
  if (!share) return unusable(share.failure());
  if (members.self() == 0) {
    for (const std::string& note : share->notes) log_->warn("{}", note);
  }
  auto store = recovery::Store::open(std::move(options), *share, members.self());
  if (store) store_ = store.take();
  owed_ = std::vector<std::atomic<uint64_t>>(members.workers().size());
  return store ? Status::ok() : unusable(store.failure());
}

Result<std::string> Snapshots::stored() {
  engine::wire::Stored message;
  for (uint32_t s = 0; s < flow_.steps.size(); ++s) {
    const Step& step = flow_.steps[s];
    if (number_[s] == UINT32_MAX || step.component.raw->keyed != nullptr) continue;
    const auto add = [&](std::string_view key, std::string_view value, bool unfinished) {
      auto* row = message.add_rows();
      row->set_step(s);
      row->set_key(key.data(), key.size());
      row->set_value(value.data(), value.size());
      row->set_unfinished(unfinished);
    };
    if (known_[s].present) {
      auto reader = store_->read(step.id);
      if (!reader) return unusable(reader.failure());
      while (*reader != nullptr) {
        const auto row = (*reader)->next();
        if (!row) break;
        add(row->key, row->value, false);
      }
      if (*reader != nullptr && !(*reader)->outcome()) {
        return unusable((*reader)->outcome().failure());
      }
    }
    if (step.component.raw->sink == nullptr) continue;
    auto unfinished = store_->unfinished(step.id);
    if (!unfinished) return unusable(unfinished.failure());
    for (const auto& [key, value] : *unfinished) add(key, value, true);
  }
  return message.SerializeAsString();
}

bool Snapshots::take(const std::string& stored) {
  engine::wire::Stored message;
  if (!message.ParseFromString(stored)) return false;
  for (const auto& row : message.rows()) {
    if (row.step() >= known_.size()) continue;
    Known& known = known_[row.step()];
    if (flow_.steps[row.step()].component.raw->sink == nullptr) {
      known.positions[row.key()] = row.value();
    } else if (auto handle = decode_handle(row.value())) {
      (row.unfinished() ? known.unfinished : known.handles)[row.key()] = std::move(*handle);
    }
  }
  return true;
}

Status Snapshots::check_steps() {
  const auto& dropped = flow_.recovery.drop_state;
  for (const std::string& id : dropped) {
    if (std::any_of(steps_.begin(), steps_.end(), [&](const auto& s) { return s.id == id; })) {
      continue;
    }
    return {Code::kRecovery, "--drop-state " + id + ": the recovery store " +
                                 flow_.recovery.directory + " has nothing of a step \"" + id +
                                 "\"; `streamhost recovery show` lists what it has"};
  }
  for (const recovery::StoredStep& stored : steps_) {
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
  execution.workers = workers_;
  execution.host_version = host_version();
  const recovery::Outcome outcome = store_->begin(execution, infos_, flow_.recovery.drop_state);
  return outcome ? Status::ok() : unusable(outcome.failure());
}

void Snapshots::add(uint32_t step, recovery::RowBlock block) {
  const uint32_t number = number_[step];
  if (peers_ == nullptr) return store_->add(number, std::move(block));
  std::vector<recovery::RowBlock> parts(owed_.size());
  const std::string_view rows = block.encoded();
  for (const char* at = rows.data(); at != rows.data() + rows.size();) {
    const recovery::EncodedRow row = recovery::decode_own_row(at);
    at += row.encoded.size();
    recovery::RowBlock& part = parts[store_->process_of(number, row.key)];
    if (row.erased) {
      part.erase(row.key);
    } else {
      part.put(row.key, row.version, row.value);
    }
  }
  for (uint32_t process = 0; process < parts.size(); ++process) {
    recovery::RowBlock& part = parts[process];
    if (part.empty()) continue;
    if (process == peers_->members().self()) {
      store_->add(number, std::move(part));
      continue;
    }
    unsettled_.fetch_add(part.encoded().size(), std::memory_order_relaxed);
    peers_->send(process, cluster::FrameType::kRows, number, part.encoded());
  }
}

bool Snapshots::congested() const {
  return store_->congested() || unsettled_.load(std::memory_order_relaxed) > kMostUnsettled;
}

Status Snapshots::add_foreign(uint32_t process, uint32_t number, std::string_view encoded,
                              bool* owes) {
  if (number >= infos_.size()) return Status::failed("rows of a step that does not exist");
  recovery::RowBlock block;
  const char* const end = encoded.data() + encoded.size();
  for (const char* at = encoded.data(); at != end;) {
    recovery::EncodedRow row;
    at = recovery::decode_row(at, end, row);
    if (at == nullptr) return Status::failed("rows that are cut off");
    if (row.erased) {
      block.erase(row.key);
    } else {
      block.put(row.key, row.version, row.value);
    }
  }
  store_->add(number, std::move(block));
  owed_[process].fetch_add(encoded.size(), std::memory_order_relaxed);
  *owes = !settle();
  return Status::ok();
}

bool Snapshots::settle() {
  if (store_->congested()) return false;
  for (uint32_t process = 0; process < owed_.size(); ++process) {
    const uint64_t bytes = owed_[process].exchange(0, std::memory_order_relaxed);
    if (bytes == 0) continue;
    std::string body;
    append_fixed64(body, bytes);
    peers_->send(process, cluster::FrameType::kRowsCredit, 0, body);
  }
  return true;
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
