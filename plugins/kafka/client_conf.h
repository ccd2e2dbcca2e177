// From the options that source and sink share to a client of librdkafka.
//
//   ClientConf conf(config, Kind::consumer);        // throws config_error for what is wrong
//   conf.set("enable.partition.eof", "true");       // what the step decides itself
//   Client client(conf, events);                    // no connection yet: also in `check`
//   client.connect();
#pragma once

#include <memory>
#include <span>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "client_events.h"
#include "handles.h"
#include "oauth.h"
#include "properties.h"

namespace kafka_plugin {

// Adds `brokers`, `properties`, `oauth` and `client_id`.
void add_client_options(std::vector<streamhost::Option>& options);

// Checked options of a client. Any number of clients can be made of it. [one thread at a time]
class ClientConf {
 public:
  // Reads and checks the options; throws config_error with the first mistake. No message has a
  // secret in it. `refused` are properties that the step decides, beside those that both do.
  ClientConf(const streamhost::Config& config, Kind kind, std::span<const Refused> refused = {});

  // Sets what the step decides itself; throws Error (internal) when librdkafka does not know it.
  void set(const char* name, const std::string& value);
  // Whether the manifest sets this property.
  bool is_given(std::string_view name) const;
  // The value now, also a default; empty when there is none.
  std::string get(const char* name) const;
  // Before a producer's callbacks are set, for instance. Never null.
  rd_kafka_conf_t* raw() const { return conf_.get(); }

  Kind kind() const { return kind_; }
  // "host:9092,host2:9092"
  const std::string& brokers() const { return brokers_; }
  const std::shared_ptr<const OAuth>& oauth() const { return oauth_; }
  // The same brokers, for a consumer beside a producer: what only producers know is ignored.
  ClientConf for_reading() const;
  ClientConf copy_of() const { return {*this, kind_}; }
  ConfHandle copy() const { return ConfHandle(rd_kafka_conf_dup(conf_.get())); }

 private:
  ClientConf(const ClientConf& from, Kind kind);
  void set_properties(const streamhost::Config& config, std::span<const Refused> refused);
  void check_together() const;

  const Kind kind_;
  ConfHandle conf_;
  std::string brokers_;
  std::shared_ptr<const OAuth> oauth_;
  std::vector<std::string> given_;
};

// A client and what it says. Its opaque pointer is the ClientEvents. A consumer's errors and log
// lines are served by a thread of librdkafka's; a producer's errors by rd_kafka_poll, with its
// delivery reports. Tokens are served by librdkafka's thread in both.
class Client {
 public:
  // Throws config_error for properties that do not fit together. Connects to nothing.
  Client(const ClientConf& conf, std::shared_ptr<ClientEvents> events);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Lets it connect to the brokers; returns at once.
  void connect();

  rd_kafka_t* get() const { return client_.get(); }
  ClientEvents& events() const { return *callbacks_->events; }
  const std::string& brokers() const { return brokers_; }

  // What librdkafka's callbacks are given as `opaque`.
  struct Callbacks {
    std::shared_ptr<ClientEvents> events;
    std::shared_ptr<const OAuth> oauth;
  };

 private:
  const std::string brokers_;
  const Kind kind_;
  std::unique_ptr<Callbacks> callbacks_;
  bool tokens_ = false;  // SASL/OAUTHBEARER is in use
  ClientHandle client_;
};

}  // namespace kafka_plugin
