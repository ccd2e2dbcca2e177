// One partition of a topic, as the job reads it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <streamhost/sdk.hpp>
#include <string>

#include "feed.h"
#include "position.h"
#include "reading.h"

namespace kafka_plugin {

// Made by KafkaSource::open(); the methods are those of a source's partition in sdk/source.hpp.
class SourcePartition {
 public:
  SourcePartition(std::shared_ptr<Reading> reading, const TopicPartition& partition,
                  const Start& start, const Position& position);
  ~SourcePartition();
  SourcePartition(const SourcePartition&) = delete;
  SourcePartition& operator=(const SourcePartition&) = delete;

  streamhost::Poll poll(streamhost::Out& out, uint32_t budget);
  void snapshot(streamhost::Writer& position);
  void committed(uint64_t epoch);
  streamhost::Progress progress();

 private:
  using Messages = std::span<rd_kafka_message_t*>;
  streamhost::Poll read(streamhost::Out& out, uint32_t budget);
  void keep_fetching(bool emptied);
  // Takes over where the errands have begun.
  void take_over();
  void put_out(streamhost::Out& out, Messages messages);
  // Deals with what came instead of a message; throws when the job cannot go on. True: nothing more
  // is to be read now.
  bool trouble(rd_kafka_resp_err_t code, int64_t offset, std::string_view text);
  void reached_end(int64_t offset);
  void out_of_range(std::string_view text);
  void gone();
  void reject(int64_t offset, std::string_view text);
  void restart(Start::Kind kind);
  bool at_end() const;
  streamhost::Poll finish();
  void update_lag(int64_t lag);
  std::string where(int64_t offset) const;

  const std::shared_ptr<Reading> reading_;
  const FeedPointer feed_;
  Position position_;
  bool taken_over_ = false;  // the position follows what is read
  bool read_any_ = false;    // since the last start
  bool gone_ = false;
  bool ended_ = false;
  bool was_full_ = false;  // the queue, since the last nudge
  std::optional<int64_t> end_;
  int64_t noted_ = -1;  // in the last snapshot, for the group
  int64_t lag_ = 0;
  uint32_t polls_ = 0;
  bool lag_is_old_ = false;     // something was read since it was told
  uint64_t bytes_ = 0;          // read so far
  double message_bytes_ = 256;  // of late, on average
};

}  // namespace kafka_plugin
