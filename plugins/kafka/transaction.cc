#include "transaction.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

constexpr int kSliceMs = 500;  // after which to see whether to give up
constexpr int kAbortMs = 1000;

sh::Error error_of(const Producer& producer, const rd_kafka_error_t* error, const char* what) {
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  // Often there is an earlier one, which is the reason.
  const auto before = producer.deliveries().failure();
  return sh::unavailable(std::string(what) + ": " + rd_kafka_error_string(error) + advice(code) +
                         (before ? " (before that: " + *before + ")" : std::string()));
}

template <class Call>
void until_done(Producer& producer, const std::atomic<bool>& stop, const char* what, Call&& call) {
  for (;;) {
    const ErrorHandle error(call());
    if (error == nullptr) return;
    rd_kafka_poll(producer.get(), 0);  // so that it is said that no broker can be reached
    if (!rd_kafka_error_is_retriable(error.get())) throw error_of(producer, error.get(), what);
    if (stop.load(std::memory_order_seq_cst)) {
      throw sh::unavailable(std::string(what) + ": given up, as the job ends; " +
                            rd_kafka_error_string(error.get()));
    }
  }
}

}  // namespace

void init_transactions(Producer& producer, const std::atomic<bool>& stop) {
  until_done(producer, stop, "beginning to use the transactional id",
             [&] { return rd_kafka_init_transactions(producer.get(), kSliceMs); });
}

void commit_transaction(Producer& producer, const std::atomic<bool>& stop) {
  until_done(producer, stop, "committing the transaction of an epoch",
             [&] { return rd_kafka_commit_transaction(producer.get(), kSliceMs); });
}

void try_to_abort(Producer& producer) {
  const ErrorHandle error(rd_kafka_abort_transaction(producer.get(), kAbortMs));
}

void begin_transaction(Producer& producer) {
  const ErrorHandle error(rd_kafka_begin_transaction(producer.get()));
  if (error != nullptr) throw error_of(producer, error.get(), "beginning a transaction");
}

}  // namespace kafka_plugin
