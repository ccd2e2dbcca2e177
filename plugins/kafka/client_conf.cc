#include "client_conf.h"

#include <algorithm>
#include <cstring>

namespace kafka_plugin {

namespace sh = streamhost;

namespace {

Client::Callbacks& callbacks(void* opaque) { return *static_cast<Client::Callbacks*>(opaque); }

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // Lines may come while rd_kafka_new still runs; the opaque is set by then.
  if (void* opaque = rd_kafka_opaque(client)) {
    callbacks(opaque).events->log_line(level, facility, text);
  }
}

void on_error(rd_kafka_t* client, int code, const char* reason, void* opaque) {
  ClientEvents& events = *callbacks(opaque).events;
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512] = "";
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client, text, sizeof(text));
    events.error(fatal, text, true);
    return;
  }
  events.error(static_cast<rd_kafka_resp_err_t>(code), reason, false);
}

void on_token_refresh(rd_kafka_t* client, const char*, void* opaque) {
  Client::Callbacks& own = callbacks(opaque);
  char why[512] = "";
  try {
    const Token token = own.oauth->fetch();
    std::vector<const char*> extensions;
    for (const auto& [name, value] : own.oauth->extensions()) {
      extensions.push_back(name.c_str());
      extensions.push_back(value.c_str());
    }
    if (rd_kafka_oauthbearer_set_token(
            client, token.value.c_str(), token.expires_ms, token.principal.c_str(),
            extensions.data(), extensions.size(), why, sizeof(why)) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return;
    }
  } catch (const std::exception& e) {
    std::strncpy(why, e.what(), sizeof(why) - 1);
  }
  // librdkafka asks again after 10 s, and reports this by on_error.
  rd_kafka_oauthbearer_set_token_failure(client, why);
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

}  // namespace

void add_client_options(std::vector<sh::Option>& options) {
  using sh::option;
  using sh::Type;
  options.push_back(
      option("brokers", Type::list, "where to ask for the cluster: \"host:9092\", one or several")
          .required());
  options.push_back(option("properties", Type::map,
                           "properties of librdkafka, passed on: { \"security.protocol\" = "
                           "\"SASL_SSL\" }")
                        .secret());
  options.push_back(OAuth::option());
  options.push_back(
      option("client_id", Type::string, "the name that brokers see in their logs and quotas")
          .otherwise("streamhost"));
}

ClientConf::ClientConf(const sh::Config& config, Kind kind, std::span<const Refused> refused)
    : kind_(kind), conf_(rd_kafka_conf_new()), brokers_(joined(config.list("brokers"))) {
  if (brokers_.empty()) throw sh::config_error("`brokers` names no broker");
  set("client.id", config.str("client_id"));
  set_properties(config, refused);
  if (const auto table = config.table("oauth")) oauth_ = std::make_shared<const OAuth>(*table);
  check_together();
  // Idle connections are closed by brokers every ten minutes; that is nobody's concern.
  if (!is_given("log.connection.close")) set("log.connection.close", "false");
  // librdkafka's own 10 s are how long a job would stand still after its brokers are back.
  if (!is_given("reconnect.backoff.max.ms")) set("reconnect.backoff.max.ms", "2000");
}

void ClientConf::set_properties(const sh::Config& config, std::span<const Refused> refused) {
  for (const auto& [name, value] : config.map("properties")) {
    const std::string why_not = why_refused(name, kind_, refused);
    if (!why_not.empty()) throw sh::config_error("`properties`: " + why_not);
    char why[512] = "";
    switch (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), why, sizeof(why))) {
      case RD_KAFKA_CONF_OK: given_.push_back(name); break;
      case RD_KAFKA_CONF_UNKNOWN: {
        const std::string meant = nearest(name, known_properties(kind_));
        throw sh::config_error("`properties`: librdkafka " + std::string(rd_kafka_version_str()) +
                               " knows no property \"" + name + "\"" +
                               (meant.empty() ? "" : " (did you mean \"" + meant + "\"?)"));
      }
      default:
        throw sh::config_error(
            "`properties`: " +
            (is_secret(name) ? "the value of \"" + name + "\" is not accepted" : std::string(why)));
    }
  }
}

void ClientConf::check_together() const {
  std::string mechanism = get("sasl.mechanisms");
  const std::string protocol = get("security.protocol");
  const bool sasl = protocol.find("sasl") != std::string::npos;
  const bool tokens = sasl && mechanism == "OAUTHBEARER";
  if (oauth_ && !tokens) {
    throw sh::config_error(
        "`oauth` is of use only with the properties \"security.protocol\" = \"SASL_SSL\" and "
        "\"sasl.mechanisms\" = \"OAUTHBEARER\"");
  }
  if (tokens && !oauth_ && get("enable.sasl.oauthbearer.unsecure.jwt") != "true") {
    throw sh::config_error(
        "OAUTHBEARER needs the option `oauth`, which says where tokens come from (or, in tests, "
        "the property \"enable.sasl.oauthbearer.unsecure.jwt\")");
  }
}

void ClientConf::set(const char* name, const std::string& value) {
  char why[512] = "";
  if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), why, sizeof(why)) != RD_KAFKA_CONF_OK) {
    throw sh::Error(SH_E_INTERNAL, std::string("librdkafka ") + rd_kafka_version_str() +
                                       " does not take " + name + ": " + why);
  }
}

bool ClientConf::is_given(std::string_view name) const {
  return std::find(given_.begin(), given_.end(), name) != given_.end();
}

std::string ClientConf::get(const char* name) const {
  size_t size = 0;
  if (rd_kafka_conf_get(conf_.get(), name, nullptr, &size) != RD_KAFKA_CONF_OK) return {};
  std::string value(size, '\0');
  rd_kafka_conf_get(conf_.get(), name, value.data(), &size);
  value.resize(std::strlen(value.c_str()));
  return value;
}

ClientConf::ClientConf(const ClientConf& from, Kind kind)
    : kind_(kind),
      conf_(from.copy()),
      brokers_(from.brokers_),
      oauth_(from.oauth_),
      given_(from.given_) {}

ClientConf ClientConf::for_reading() const {
  ClientConf conf(*this, Kind::consumer);
  conf.set("log_level", "3");  // not that the properties of producers are of no use here
  return conf;
}

Client::Client(const ClientConf& conf, std::shared_ptr<ClientEvents> events)
    : brokers_(conf.brokers()),
      kind_(conf.kind()),
      callbacks_(std::make_unique<Callbacks>(Callbacks{std::move(events), conf.oauth()})) {
  ConfHandle own = conf.copy();
  rd_kafka_conf_set_opaque(own.get(), callbacks_.get());
  rd_kafka_conf_set_log_cb(own.get(), on_log);
  rd_kafka_conf_set_error_cb(own.get(), on_error);
  if (conf.oauth()) rd_kafka_conf_set_oauthbearer_token_refresh_cb(own.get(), on_token_refresh);
  tokens_ = conf.oauth() != nullptr;
  callbacks_->events->name_brokers(brokers_);
  // A queue of their own, which connect() has librdkafka's background thread serve.
  if (tokens_) rd_kafka_conf_enable_sasl_queue(own.get(), 1);
  char why[512] = "";
  client_.reset(rd_kafka_new(conf.kind() == Kind::consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER,
                             own.get(), why, sizeof(why)));
  if (!client_) throw sh::config_error(std::string("librdkafka refuses its properties: ") + why);
  static_cast<void>(own.release());  // the client's now
}

Client::~Client() = default;

void Client::connect() {
  if (tokens_) {
    const ErrorHandle error(rd_kafka_sasl_background_callbacks_enable(client_.get()));
    if (error) {
      throw sh::config_error(std::string("OAUTHBEARER: ") + rd_kafka_error_string(error.get()));
    }
  }
  if (kind_ == Kind::consumer) {
    const QueueHandle main(rd_kafka_queue_get_main(client_.get()));
    const QueueHandle background(rd_kafka_queue_get_background(client_.get()));
    rd_kafka_queue_forward(main.get(), background.get());
  }
  if (rd_kafka_brokers_add(client_.get(), brokers_.c_str()) == 0) {
    throw sh::config_error("`brokers`: \"" + brokers_ +
                           "\" names no broker; write HOST or HOST:PORT");
  }
}

}  // namespace kafka_plugin
