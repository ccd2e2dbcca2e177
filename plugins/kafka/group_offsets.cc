#include "group_offsets.h"

namespace kafka_plugin {
namespace {

constexpr auto kLastReports = std::chrono::seconds(5);

}  // namespace

void GroupOffsets::use(rd_kafka_t* client) {
  if (group_.empty()) return;
  client_ = client;
  answers_.reset(rd_kafka_queue_get_background(client));
}

void GroupOffsets::durable(const std::string& topic, int32_t partition, uint64_t epoch,
                           int64_t offset, size_t open) {
  if (group_.empty()) return;
  if (epoch != epoch_) {
    if (offsets_) send();
    epoch_ = epoch;
    left_ = open;
  }
  if (offset >= 0) {
    if (!offsets_) offsets_ = new_partitions(static_cast<int>(left_));
    rd_kafka_topic_partition_list_add(offsets_.get(), topic.c_str(), partition)->offset = offset;
  }
  if (left_ != 0) --left_;
  if (left_ == 0 && offsets_) send();
}

void GroupOffsets::send() {
  const PartitionsHandle offsets = std::move(offsets_);
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  const rd_kafka_resp_err_t error = rd_kafka_commit_queue(
      client_, offsets.get(), answers_.get(),
      [](rd_kafka_t*, rd_kafka_resp_err_t why, rd_kafka_topic_partition_list_t* list, void* self) {
        for (int i = 0; why == RD_KAFKA_RESP_ERR_NO_ERROR && list != nullptr && i < list->cnt;
             ++i) {
          why = list->elems[i].err;
        }
        static_cast<GroupOffsets*>(self)->sent(why);
      },
      this);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) sent(error);
}

void GroupOffsets::sent(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    events_->say(SH_LOG_WARN, "offsets could not be committed to the group \"" + group_ + "\": " +
                                  error_text(error) + "; the job itself does not need them");
  }
  const std::lock_guard lock(mutex_);
  --under_way_;
  changed_.notify_all();
}

void GroupOffsets::finish() {
  if (offsets_) send();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kLastReports, [this] { return under_way_ == 0; });
  answers_.reset();
}

}  // namespace kafka_plugin
