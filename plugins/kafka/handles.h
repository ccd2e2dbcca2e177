// Owners of what librdkafka hands out. Each destroys its object when it goes, and may be empty.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

namespace kafka_plugin {

template <auto Destroy>
struct Destroyer {
  template <class T>
  void operator()(T* object) const {
    Destroy(object);
  }
};
template <class T, auto Destroy>
using Handle = std::unique_ptr<T, Destroyer<Destroy>>;

// Ends the client's threads and waits for them; no message, queue or topic of it may be left. It
// leaves a group silently, for we never join one.
inline void destroy_client(rd_kafka_t* client) {
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

using ClientHandle = Handle<rd_kafka_t, destroy_client>;
using ConfHandle = Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;  // rd_kafka_new takes it
using TopicHandle = Handle<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using QueueHandle = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using MessageHandle = Handle<rd_kafka_message_t, rd_kafka_message_destroy>;
using EventHandle = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using ErrorHandle = Handle<rd_kafka_error_t, rd_kafka_error_destroy>;
using HeadersHandle = Handle<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using MetadataHandle = Handle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using PartitionsHandle =
    Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

inline PartitionsHandle new_partitions(int room) {
  return PartitionsHandle(rd_kafka_topic_partition_list_new(room));
}

// What an error code says: "Broker: Unknown topic or partition".
inline std::string error_text(rd_kafka_resp_err_t code) { return rd_kafka_err2str(code); }

}  // namespace kafka_plugin
