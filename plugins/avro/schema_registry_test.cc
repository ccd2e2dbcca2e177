#include "schema_registry.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <streamhost/sdk/error.hpp>

#include "test_registry.h"

namespace streamhost::avro {
namespace {

using Mode = TestRegistry::Mode;
using Words = std::vector<std::string>;

HttpSettings settings(Words urls, int64_t timeout_us = 5'000'000) {
  HttpSettings s;
  s.urls = std::move(urls);
  s.timeout_us = timeout_us;
  return s;
}

// What asking for an id ends with.
struct Failure {
  sh_status status = SH_OK;
  bool retryable = false;
  std::string message;
  int64_t took_ms = 0;
};

Failure failure_of(HttpSettings s, int32_t id = 1) {
  const auto begin = std::chrono::steady_clock::now();
  Failure failure;
  try {
    SchemaRegistry(std::move(s)).by_id(id);
  } catch (const Error& e) {
    failure = {e.status(), (e.flags() & SH_ERR_RETRYABLE) != 0, e.what()};
  }
  failure.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
  return failure;
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A port where connections are taken and nothing is ever said; closed by close().
struct Silent {
  Silent() {
    fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd, 8), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Silent() { close(); }
  // How many there were since it was asked last.
  int connections() const {
    int count = 0;
    for (int one; (one = ::accept4(fd, nullptr, nullptr, 0)) >= 0; ++count) ::close(one);
    return count;
  }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int fd;
  std::string url;
};

TEST(SchemaRegistry, GivesTheSchemaOfAnId) {
  TestRegistry server;
  const int id = server.add("s", R"("string")");
  SchemaRegistry registry(settings({server.url() + "/"}));
  const RegisteredSchema schema = registry.by_id(id);
  EXPECT_EQ(schema.id, id);
  EXPECT_EQ(schema.type, "AVRO");
  EXPECT_EQ(schema.text, "\"string\"");
  EXPECT_TRUE(schema.references.empty());
}

TEST(SchemaRegistry, AnUnknownIdIsAMatterOfTheRecord) {
  TestRegistry server;
  const Failure failure = failure_of(settings({server.url()}), 77);
  EXPECT_EQ(failure.status, SH_E_DATA);
  EXPECT_EQ(failure.message, "unknown to the schema registry " + server.url() +
                                 " at /schemas/ids/77: Schema not found");
}

TEST(SchemaRegistry, FollowsReferencesEachOnceAndInTheirOrder) {
  TestRegistry server;
  server.add("a/b c", "A");
  server.add("b", "B", R"([{"name":"A","subject":"a/b c","version":1}])");
  server.add(
      "c", "C",
      R"([{"name":"A","subject":"a/b c","version":1},{"name":"B","subject":"b","version":1}])");
  const int id = server.add(
      "top", "T",
      R"([{"name":"C","subject":"c","version":1},{"name":"B","subject":"b","version":1}])");
  SchemaRegistry registry(settings({server.url()}));
  EXPECT_EQ(registry.by_id(id).references, (Words{"A", "B", "C"}));
  EXPECT_EQ(registry.latest("top").references, (Words{"A", "B", "C"}));
}

TEST(SchemaRegistry, ReferencesInACircleOrToNothingComeToAnEnd) {
  TestRegistry server;
  server.add("a", "A", R"([{"name":"B","subject":"b","version":1}])");
  const int id = server.add("b", "B", R"([{"name":"A","subject":"a","version":1}])");
  SchemaRegistry registry(settings({server.url()}));
  EXPECT_EQ(registry.by_id(id).references, (Words{"B", "A"}));
  const int lost = server.add("d", "D", R"([{"name":"X","subject":"x","version":3}])");
  const Failure failure = failure_of(settings({server.url()}), lost);
  EXPECT_EQ(failure.status, SH_E_DATA);
  EXPECT_TRUE(mentions(failure.message, "/subjects/x/versions/3: Subject not found."));
}

TEST(SchemaRegistry, LooksUpRegistersAndGivesTheLatest) {
  TestRegistry server;
  SchemaRegistry registry(settings({server.url()}));
  EXPECT_THROW(registry.look_up("t-value", "\"int\""), Error);
  const int32_t id = registry.add("t-value", "\"int\"");
  EXPECT_EQ(registry.add("t-value", "\"int\""), id);
  EXPECT_EQ(registry.look_up("t-value", "\"int\""), id);
  EXPECT_EQ(registry.latest("t-value").id, id);
  EXPECT_EQ(registry.latest("t-value").text, "\"int\"");
  try {
    registry.add("t-value", "\"string\"");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    EXPECT_TRUE(mentions(e.what(), "error 409: Schema being registered is incompatible"));
  }
}

TEST(SchemaRegistry, SendsItsCredentials) {
  TestRegistry server;
  server.add("s", "\"int\"");
  server.require("Basic dXNlcjpzZWNyZXQ=");
  HttpSettings s = settings({server.url()});
  s.username = "user";
  s.password = "secret";
  EXPECT_EQ(failure_of(s).status, SH_OK);
  s.password = "wrong";
  const Failure failure = failure_of(s);
  EXPECT_EQ(failure.status, SH_E_CONFIG);
  EXPECT_TRUE(mentions(failure.message, "refuses the credentials (status 401)"));
  EXPECT_FALSE(mentions(failure.message, "wrong"));

  TestRegistry other;
  other.add("s", "\"int\"");
  other.require("Bearer abc");
  HttpSettings t = settings({other.url()});
  t.token = "abc";
  EXPECT_EQ(failure_of(t).status, SH_OK);
}

TEST(SchemaRegistry, AsksTheNextWhenOneIsDownOrSilent) {
  TestRegistry server;
  server.add("s", "\"int\"");
  Silent down, silent;
  down.close();
  SchemaRegistry registry(settings({down.url, silent.url, server.url()}, 3'000'000));
  EXPECT_EQ(registry.by_id(1).text, "\"int\"");
  EXPECT_GE(silent.connections(), 1);
  // It stays with the one that answered.
  EXPECT_EQ(registry.by_id(1).text, "\"int\"");
  EXPECT_EQ(silent.connections(), 0);
}

TEST(SchemaRegistry, AServerThatIsBusyIsAskedAgain) {
  TestRegistry server;
  server.add("s", "\"int\"");
  server.mode(Mode::kBusyOnce);
  EXPECT_EQ(failure_of(settings({server.url()})).status, SH_OK);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(SchemaRegistry, WhatCannotBeReachedInTimeIsRetryable) {
  Silent down, silent;
  down.close();
  TestRegistry broken, hanging, dripping, huge;
  broken.mode(Mode::kBroken);
  hanging.mode(Mode::kHang);
  dripping.mode(Mode::kDrip);
  huge.mode(Mode::kHuge);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {down.url, "cannot connect"},
      {silent.url, "in time"},
      {broken.url(), "it answers with status 500"},
      {hanging.url(), "in time"},
      {dripping.url(), "no whole answer came in time"},
      {huge.url(), "the answer is too large"}};
  for (const auto& [url, reason] : cases) {
    const Failure failure =
        failure_of(settings({url}, reason == "the answer is too large" ? 3'000'000 : 400'000));
    EXPECT_EQ(failure.status, SH_E_UNAVAILABLE) << reason;
    EXPECT_TRUE(failure.retryable) << reason;
    EXPECT_TRUE(mentions(failure.message, reason)) << failure.message;
    EXPECT_TRUE(mentions(failure.message, url)) << failure.message;
    EXPECT_LT(failure.took_ms, 10'000) << reason;
  }
}

TEST(SchemaRegistry, WhatIsNoRegistryIsSaid) {
  TestRegistry server;
  server.mode(Mode::kGarbage);
  const Failure failure = failure_of(settings({server.url()}));
  EXPECT_EQ(failure.status, SH_E_CONFIG);
  EXPECT_TRUE(mentions(failure.message, "and what no schema registry says; check the url"));
  TestRegistry other;
  other.add("s", "\"int\"");
  EXPECT_EQ(failure_of(settings({other.url() + "/nothing/here"})).status, SH_E_CONFIG);
}

TEST(SchemaRegistry, UrlsAreChecked) {
  for (const char* bad : {"", "localhost:8081", "ftp://x", "http://", "http://x:port", "http://x:0",
                          "http://u:p@x:8081", "http://x:8081?a=b", "http://x:99999999999"}) {
    EXPECT_THROW(HttpClient(settings({bad})), Error) << bad;
  }
  for (const char* good :
       {"http://x", "https://x:8081", "http://x:8081/a/b/", "http://[::1]:8081"}) {
    EXPECT_NO_THROW(HttpClient(settings({good}))) << good;
  }
}

// A certificate authority and a certificate of it for 127.0.0.1, made by openssl.
class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/avro-tls-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    const std::string cd = "cd " + folder + " && ";
    const std::string make =
        cd +
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out "
        "ca.pem 2>log && "
        "openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout s.key -out s.csr 2>>log "
        "&& "
        "printf 'subjectAltName=IP:127.0.0.1' > ext && "
        "openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext "
        "-out s.pem 2>>log && "
        "printf 'subjectAltName=DNS:elsewhere.example' > ext && "
        "openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext "
        "-out other.pem 2>>log";
    ASSERT_EQ(std::system(make.c_str()), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string folder;
};

TEST_F(Tls, OnlyTrustedCertificatesForTheHostAreTaken) {
  TestRegistry server(folder + "/s.pem", folder + "/s.key");
  server.add("s", "\"int\"");
  HttpSettings s = settings({server.url()}, 2'000'000);
  const Failure untrusted = failure_of(s);
  EXPECT_EQ(untrusted.status, SH_E_UNAVAILABLE);
  EXPECT_TRUE(mentions(untrusted.message, "not trusted")) << untrusted.message;
  EXPECT_TRUE(server.requests().empty());
  s.ca_file = folder + "/ca.pem";
  EXPECT_EQ(failure_of(s).message, "");

  TestRegistry elsewhere(folder + "/other.pem", folder + "/s.key");
  s.urls = {elsewhere.url()};
  const Failure wrong = failure_of(s);
  EXPECT_EQ(wrong.status, SH_E_UNAVAILABLE);
  EXPECT_TRUE(mentions(wrong.message, "for another host")) << wrong.message;
}

TEST_F(Tls, CertificatesThatCannotBeUsedAreNamed) {
  TestRegistry server(folder + "/s.pem", folder + "/s.key");
  HttpSettings s = settings({server.url()}, 700'000);
  s.cert_file = folder + "/s.pem";
  s.key_file = folder + "/ca.key";
  const Failure failure = failure_of(s);
  EXPECT_EQ(failure.status, SH_E_CONFIG);
  EXPECT_TRUE(mentions(failure.message, "cannot be used")) << failure.message;
}

}  // namespace
}  // namespace streamhost::avro
