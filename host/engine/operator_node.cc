#include "engine/operator_node.h"

#include "base/crash_guard.h"

namespace streamhost {

bool OperatorNode::receive(const sh_batch& batch) {
  Out& out = context_.out();
  out.begin(&batch);
  if (op_.process == nullptr) {
    return out.forward(0, batch.records, batch.count) >= 0 && out.finish();
  }
  const CrashScope scope(context_.label());
  const bool ok =
      call_past_bad_records(context_, batch, [&](const sh_batch& part, sh_error& error) {
        return op_.process(self_, &part, &out, &error);
      });
  return out.finish() && ok;
}

bool OperatorNode::end(bool drained) {
  if (!last_end(drained)) return true;
  for (const auto call : {op_.flush, op_.on_end}) {
    if (call == nullptr) continue;
    Out& out = context_.out();
    out.begin(nullptr);
    sh_error error = fresh_error();
    const CrashScope scope(context_.label());
    const sh_status status = call(self_, &out, &error);
    if (!out.finish()) return false;
    if (status < 0) return context_.fail("at the end of input", error);
  }
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
