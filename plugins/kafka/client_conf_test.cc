#include "client_conf.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "common/test_host.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;
using plugin_common::TestHost;

struct Given {
  Given() {
    host.options["brokers"] = {"127.0.0.1:1"};
    host.options["client_id"] = {"test"};
  }
  std::string mistake(Kind kind = Kind::consumer) {
    try {
      const ClientConf conf(config(), kind);
      return "";
    } catch (const sh::Error& e) {
      EXPECT_EQ(e.status(), SH_E_CONFIG);
      return e.what();
    }
  }
  sh::Config config() { return host.config(); }
  TestHost host;
  std::map<std::string, std::string>& properties = host.options.entries("properties");
};

TEST(ClientConf, AnUnknownPropertyIsNamedWithTheOneThatWasMeant) {
  Given given;
  given.properties["fetch.wiat.max.ms"] = "10";
  const std::string mistake = given.mistake();
  EXPECT_NE(mistake.find("\"fetch.wiat.max.ms\""), std::string::npos) << mistake;
  EXPECT_NE(mistake.find("did you mean \"fetch.wait.max.ms\"?"), std::string::npos) << mistake;
}

TEST(ClientConf, WhatStreamhostDecidesIsRefusedWithTheOptionToUse) {
  Given given;
  given.properties["group.id"] = "g";
  EXPECT_EQ(given.mistake(),
            "`properties`: the property \"group.id\" cannot be set: use the option `group`");
}

TEST(ClientConf, APropertyOfTheOtherKindIsRefused) {
  Given given;
  given.properties["linger.ms"] = "5";
  EXPECT_NE(given.mistake(Kind::consumer).find("it is for producers"), std::string::npos);
  EXPECT_EQ(given.mistake(Kind::producer), "");
}

TEST(ClientConf, AWrongValueIsQuotedUnlessItIsASecret) {
  Given given;
  given.properties["fetch.wait.max.ms"] = "soon";
  EXPECT_NE(given.mistake().find("fetch.wait.max.ms"), std::string::npos);
  given.properties.clear();
  given.properties["ssl.key.pem"] = "hunter2";
  try {
    const ClientConf conf(given.config(), Kind::consumer);
    const Client client(conf, std::make_shared<ClientEvents>(given.host.context()));
  } catch (const sh::Error& e) {
    EXPECT_EQ(std::string(e.what()).find("hunter2"), std::string::npos) << e.what();
  }
  for (const std::string& line : given.host.logs) {
    EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
  }
}

TEST(ClientConf, NothingIsConnectedToUntilItIsAskedFor) {
  Given given;
  const ClientConf conf(given.config(), Kind::consumer);
  { const Client client(conf, std::make_shared<ClientEvents>(given.host.context())); }
  EXPECT_TRUE(given.host.logs.empty()) << given.host.logs.front();
}

TEST(ClientConf, PropertiesThatDoNotFitTogetherAreFoundWithoutABroker) {
  Given given;
  given.properties["ssl.ca.location"] = "/nowhere/ca.pem";
  given.properties["security.protocol"] = "SSL";
  const ClientConf conf(given.config(), Kind::consumer);
  EXPECT_THROW(Client(conf, std::make_shared<ClientEvents>(given.host.context())), sh::Error);
}

TEST(ClientConf, OAuthBearerNeedsASourceOfTokens) {
  Given given;
  given.properties["security.protocol"] = "SASL_PLAINTEXT";
  given.properties["sasl.mechanisms"] = "OAUTHBEARER";
  EXPECT_NE(given.mistake().find("needs the option `oauth`"), std::string::npos);
  given.properties["enable.sasl.oauthbearer.unsecure.jwt"] = "true";
  EXPECT_EQ(given.mistake(), "");
}

TEST(ClientConf, OAuthIsRefusedWhereNothingUsesIt) {
  Given given;
  given.host.options.table("oauth")["token_file"] = {"/tmp/token"};
  EXPECT_NE(given.mistake().find("`oauth` is of use only with"), std::string::npos);
}

TEST(ClientEvents, AMessageThatRepeatsIsWrittenOnce) {
  TestHost host;
  ClientEvents events(host.context());
  events.error(RD_KAFKA_RESP_ERR__TRANSPORT, "connect failed after 3 ms", false);
  events.error(RD_KAFKA_RESP_ERR__TRANSPORT, "connect failed after 17 ms", false);
  EXPECT_EQ(host.logs.size(), 1u);
  EXPECT_EQ(events.last_error(), "connect failed after 17 ms");
  EXPECT_FALSE(events.fatal());
  events.error(RD_KAFKA_RESP_ERR__FENCED, "fenced", true);
  EXPECT_EQ(events.fatal(), "fenced");
}

TEST(ClientEvents, AnOutageIsToldOnceAndItsEnd) {
  struct Counting : ClientEvents {
    using ClientEvents::ClientEvents;
    void on_error(rd_kafka_resp_err_t, std::string_view) override { ++errors; }
    void on_down() override { ++downs; }
    int errors = 0, downs = 0;
  };
  TestHost host;
  Counting events(host.context());
  events.answered();
  EXPECT_TRUE(host.logs.empty());
  events.error(RD_KAFKA_RESP_ERR__TRANSPORT, "refused", false);
  events.error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", false);
  events.error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", false);
  ASSERT_EQ(host.logs.size(), 2u);
  EXPECT_NE(host.logs[1].find("no broker can be reached: refused"), std::string::npos);
  EXPECT_TRUE(events.is_down());
  events.answered();
  EXPECT_FALSE(events.is_down());
  EXPECT_EQ(host.logs.size(), 3u);
  EXPECT_EQ(events.errors, 3);
  EXPECT_EQ(events.downs, 1);
}

// {"alg":"none"}.{"sub":"me","exp":4102444800}.
constexpr char kJwt[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSIsImV4cCI6NDEwMjQ0NDgwMH0.";

TEST(OAuth, ATokenSaysItselfUntilWhenItIsGood) {
  const Claims claims = claims_of(kJwt);
  EXPECT_EQ(claims.subject, "me");
  EXPECT_EQ(claims.expires_ms, 4102444800000);
  EXPECT_FALSE(claims_of("opaque").expires_ms);
  EXPECT_FALSE(claims_of("a.!!.c").expires_ms);
}

TEST(OAuth, AFileIsReadAgainForEachToken) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("token." + std::to_string(getpid()))).string();
  TestHost host;
  host.options.table("oauth")["token_file"] = {path};
  const OAuth oauth(*host.config().table("oauth"));
  std::ofstream(path) << kJwt << "\n";
  EXPECT_EQ(oauth.fetch().value, kJwt);
  std::ofstream(path) << "another\n";
  EXPECT_EQ(oauth.fetch().value, "another");
  std::filesystem::remove(path);
  EXPECT_THROW(oauth.fetch(), std::exception);
}

struct Endpoint {
  Endpoint() {
    server.Post("/token", [this](const httplib::Request& request, httplib::Response& response) {
      authorization = request.get_header_value("Authorization");
      body = request.body;
      ++asked;
      response.status = status;
      response.set_content(answer, "application/json");
    });
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~Endpoint() {
    server.stop();
    thread.join();
  }
  void fill(plugin_common::TestOptions& table) const {
    table["token_url"] = {"http://127.0.0.1:" + std::to_string(port) + "/token"};
    table["client_id"] = {"job"};
    table["client_secret"] = {"hunter2"};
    table["scope"] = {"kafka read"};
  }
  httplib::Server server;
  int port = 0;
  int status = 200;
  std::string answer = R"({"access_token":"abc","expires_in":3600})";
  std::string authorization, body;
  std::atomic<int> asked{0};
  std::thread thread;
};

TEST(OAuth, AnEndpointIsAskedWithClientCredentials) {
  Endpoint endpoint;
  TestHost host;
  endpoint.fill(host.options.table("oauth"));
  const OAuth oauth(*host.config().table("oauth"));
  const Token token = oauth.fetch();
  EXPECT_EQ(token.value, "abc");
  EXPECT_EQ(token.principal, "job");
  EXPECT_EQ(endpoint.authorization, "Basic am9iOmh1bnRlcjI=");
  EXPECT_EQ(endpoint.body, "grant_type=client_credentials&scope=kafka%20read");
}

TEST(OAuth, ARefusalIsToldWithoutTheSecret) {
  Endpoint endpoint;
  endpoint.status = 401;
  endpoint.answer = R"({"error":"invalid_client","error_description":"no such client"})";
  TestHost host;
  endpoint.fill(host.options.table("oauth"));
  try {
    OAuth(*host.config().table("oauth")).fetch();
    FAIL();
  } catch (const std::exception& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("invalid_client: no such client"), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  }
}

TEST(OAuth, AConnectedClientAsksForItsTokenByItself) {
  Endpoint endpoint;
  Given given;
  endpoint.fill(given.host.options.table("oauth"));
  given.properties["security.protocol"] = "SASL_PLAINTEXT";
  given.properties["sasl.mechanisms"] = "OAUTHBEARER";
  const ClientConf conf(given.config(), Kind::consumer);
  auto events = std::make_shared<ClientEvents>(given.host.context());
  Client client(conf, events);
  EXPECT_EQ(endpoint.asked, 0);
  client.connect();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (endpoint.asked == 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_GE(endpoint.asked, 1);
}

}  // namespace
}  // namespace kafka_plugin
