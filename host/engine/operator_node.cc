#include "engine/operator_node.h"

#include "base/crash_guard.h"

namespace streamhost {

bool OperatorNode::receive(const sh_batch& batch) {
  Out& out = context_.out();
  out.begin(&batch);
  if (op_.process == nullptr) {
    return out.forward(0, batch.records, batch.count) >= 0 && out.finish() &&
           time_.put_out(context_.job().scope(context_.worker()).origin);
  }
  const CrashScope scope(context_.label());
  const bool ok =
      call_past_bad_records(context_, batch, [&](const sh_batch& part, sh_error& error) {
        return op_.process(self_, &part, &out, &error);
      });
  return out.finish() && ok && time_.put_out(context_.job().scope(context_.worker()).origin);
}

bool OperatorNode::call(Call function, const char* when) {
  if (function == nullptr) return true;
  Out& out = context_.out();
  out.begin(nullptr);
  sh_error error = fresh_error();
  const CrashScope scope(context_.label());
  const sh_status status = function(self_, &out, &error);
  if (!out.finish()) return false;
  return status >= 0 || context_.fail(when, error);
}

bool OperatorNode::aligned(uint64_t epoch) {
  if (!call(op_.flush, "at the end of an epoch")) return false;
  if (Snapshots* snapshots = context_.job().snapshots(); snapshots != nullptr && time_.makes()) {
    recovery::RowBlock rows;
    time_.add_rows(rows);
    if (!rows.empty()) snapshots->add(step_, std::move(rows));
  }
  context_.set_epoch(epoch + 1);
  return context_.out().barrier(epoch);
}

bool OperatorNode::end(bool drained) {
  if (!last_end(drained)) return true;
  if (!call(op_.flush, "at the end of input")) return false;
  // The input of a job that keeps snapshots goes on in a later run.
  const bool goes_on = this->drained() && context_.job().snapshots() != nullptr;
  if (!goes_on && !call(op_.on_end, "at the end of input")) return false;
  if (!goes_on && !time_.end()) return false;
  return context_.out().end(this->drained());
}

bool reject_keyless(StepContext& context, sh_batch& batch, std::vector<sh_record>& kept) {
  const auto keyless = [](const sh_record& r) { return r.key_len == SH_ABSENT; };
  // Rejected records leave by the step's own errors port, in a call of their own.
  context.out().begin(nullptr);
  bool ok = true;
  for (uint32_t i = 0; i < batch.count && ok; ++i) {
    if (!keyless(batch.records[i])) {
      kept.push_back(batch.records[i]);
    } else {
      ok = context.reject_record(
          batch.records[i], "the record has no key; put a step like core.key_on before this one");
    }
  }
  batch.records = kept.data();
  batch.count = static_cast<uint32_t>(kept.size());
  return context.out().finish() && ok;
}

}  // namespace streamhost
