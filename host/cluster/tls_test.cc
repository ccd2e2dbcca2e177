#include "cluster/tls.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "cluster/certificate_names.h"
#include "cluster/testing/certificates.h"
#include "support/process.h"

namespace streamhost::cluster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using streamhost::testing::TempDir;
using testing::Certificate;
using testing::make_ca;
using testing::make_certificate;
using testing::Wanted;
using Context = asio::ssl::context;
using Stream = asio::ssl::stream<tcp::socket>;

ClusterSettings settings_of(const Certificate& certificate, const Certificate& ca) {
  ClusterSettings settings;
  settings.tls_cert = certificate.cert;
  settings.tls_key = certificate.key;
  settings.tls_ca = ca.cert;
  return settings;
}

std::string error_of(const ClusterSettings& settings) {
  const auto tls = make_tls(settings);
  EXPECT_FALSE(tls);
  EXPECT_EQ(tls.status().code(), Code::kUsage);
  return tls.status().message();
}

// Two connected sockets.
std::pair<tcp::socket, tcp::socket> connected(asio::io_context& io) {
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  tcp::socket from(io), to(io);
  from.connect(acceptor.local_endpoint());
  acceptor.accept(to);
  return {std::move(from), std::move(to)};
}

// How it went for one of two.
struct Side {
  std::string problem;  // empty: it is secure
  std::string named;    // of the other's certificate, whether it is "h0" or "h1"
  std::string cipher;
};

// The caller and the one that is called, both at the same time. After its handshake the called one
// writes a byte, and the caller reads it, or the reason why there is none.
std::pair<Side, Side> shake(Context& caller, Context& called) {
  asio::io_context io;
  auto [from_socket, to_socket] = connected(io);
  Stream from(std::move(from_socket), caller), to(std::move(to_socket), called);
  std::pair<Side, Side> sides;
  char byte = 'x', read = 0;
  to.async_handshake(Stream::server, [&](const error_code& error) {
    if (error) {
      sides.second.problem = tls_problem(error, to.native_handle());
      to.lowest_layer().close();
      return;
    }
    sides.second.named = check_peer_name(to.native_handle(), "h1").message();
    asio::async_write(to, asio::buffer(&byte, 1), [](const error_code&, size_t) {});
  });
  from.async_handshake(Stream::client, [&](const error_code& error) {
    if (error) {
      sides.first.problem = tls_problem(error, from.native_handle());
      from.lowest_layer().close();
      return;
    }
    sides.first.named = check_peer_name(from.native_handle(), "h0").message();
    sides.first.cipher = SSL_get_version(from.native_handle());
    asio::async_read(from, asio::buffer(&read, 1), [&](const error_code& failure, size_t) {
      if (failure) sides.first.problem = tls_problem(failure, from.native_handle());
    });
  });
  io.run_for(std::chrono::seconds(20));
  return sides;
}

class Tls : public ::testing::Test {
 protected:
  // The files of a process on these hosts.
  ClusterSettings process(const std::string& name, const Wanted& wanted) {
    return settings_of(make_certificate(folder_.path(), name, ca_, wanted), ca_);
  }
  // A context that our own checks would not let through.
  std::shared_ptr<Context> unchecked(const Certificate& certificate, const Certificate& ca) {
    auto context = std::make_shared<Context>(Context::tls);
    context->use_certificate_chain_file(certificate.cert);
    context->use_private_key_file(certificate.key, Context::pem);
    context->load_verify_file(ca.cert);
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    return context;
  }
  std::shared_ptr<Context> good(const std::string& host) {
    auto tls = make_tls(process(host, {{host}}));
    EXPECT_TRUE(tls) << tls.status().message();
    return *tls;
  }

  const TempDir folder_;
  const Certificate ca_ = make_ca(folder_.path());
};

TEST_F(Tls, WithoutCertificatesThereIsNone) {
  const auto tls = make_tls({});
  ASSERT_TRUE(tls);
  EXPECT_EQ(*tls, nullptr);
}

TEST_F(Tls, TwoOfTheSameCaBelieveEachOther) {
  const auto caller = good("h1"), called = good("h0");
  const auto [from, to] = shake(*caller, *called);
  EXPECT_EQ(from.problem, "");
  EXPECT_EQ(to.problem, "");
  EXPECT_EQ(from.named, "");
  EXPECT_EQ(to.named, "");
  EXPECT_EQ(from.cipher, "TLSv1.3");
}

TEST_F(Tls, AnotherHostsCertificateIsNoticed) {
  const auto caller = good("h2"), called = good("h3");
  const auto [from, to] = shake(*caller, *called);
  EXPECT_EQ(from.named, "its certificate names \"h3\", not \"h0\"");
  EXPECT_EQ(to.named, "its certificate names \"h2\", not \"h1\"");
}

TEST_F(Tls, NothingOlderIsSpoken) {
  const auto called = good("h0");
  const auto old = unchecked(make_certificate(folder_.path(), "old", ca_, {{"h1"}}), ca_);
  SSL_CTX_set_max_proto_version(old->native_handle(), TLS1_2_VERSION);
  const auto [from, to] = shake(*old, *called);
  EXPECT_EQ(to.problem, "it does not speak TLS 1.3");
  const auto [newer, older] = shake(*called, *old);
  EXPECT_EQ(newer.problem, "it does not speak TLS 1.3");
}

TEST_F(Tls, AnExpiredCertificateIsNoticedByBoth) {
  const auto good_one = good("h0");
  const auto expired =
      unchecked(make_certificate(folder_.path(), "expired", ca_, {{"h1"}, -7200, -3600}), ca_);
  const auto [from, to] = shake(*expired, *good_one);
  EXPECT_EQ(to.problem, "its certificate has expired");
  EXPECT_EQ(from.problem, "it says that our certificate has expired");
  const auto [caller, called] = shake(*good_one, *expired);
  EXPECT_EQ(caller.problem, "its certificate has expired");
  EXPECT_EQ(called.problem, "it says that our certificate has expired");
}

TEST_F(Tls, ACertificateThatIsNotValidYetIsNoticed) {
  const auto good_one = good("h0");
  const auto early =
      unchecked(make_certificate(folder_.path(), "early", ca_, {{"h1"}, 3600, 7200}), ca_);
  EXPECT_EQ(shake(*early, *good_one).second.problem,
            "its certificate is not valid yet: are the clocks of both machines right?");
}

TEST_F(Tls, ACertificateOfAnotherCaIsNoticedByBoth) {
  const auto good_one = good("h0");
  // By the same name, to make it harder; and by another one.
  std::filesystem::create_directory(folder_.path() / "b");
  for (const std::string name : {"ca", "other"}) {
    const Certificate foreign = make_ca(folder_.path() / "b", name);
    const auto stranger =
        unchecked(make_certificate(folder_.path() / "b", "h1", foreign, {{"h1"}}), ca_);
    const auto [from, to] = shake(*stranger, *good_one);
    EXPECT_EQ(to.problem, "its certificate is not signed by our ca");
    EXPECT_NE(from.problem, "");
    EXPECT_EQ(shake(*good_one, *stranger).first.problem, "its certificate is not signed by our ca");
    const auto believer = unchecked(make_certificate(folder_.path(), "h1", ca_, {{"h1"}}), foreign);
    EXPECT_EQ(shake(*good_one, *believer).first.problem,
              name == "ca" ? "it does not take our certificate: its log says why"
                           : "it says that our certificate is not signed by its ca");
  }
}

TEST_F(Tls, ACertificateThatSignsItselfIsNoticed) {
  const auto good_one = good("h0");
  const Certificate alone = make_ca(folder_.path(), "alone", {{"h1"}});
  EXPECT_EQ(shake(*unchecked(alone, ca_), *good_one).second.problem,
            "its certificate is not signed by our ca");
}

TEST_F(Tls, WhoShowsNoCertificateIsNotLetIn) {
  const auto called = good("h0");
  Context bare(Context::tls);
  bare.load_verify_file(ca_.cert);
  const auto [from, to] = shake(bare, *called);
  EXPECT_EQ(to.problem, "it shows no certificate");
  EXPECT_EQ(from.problem, "it asks for a certificate");
}

TEST_F(Tls, WhoeverDoesNotSpeakTlsIsFoundOut) {
  const auto tls = good("h0");
  const std::string http = "GET / HTTP/1.1\r\n\r\n";
  for (const std::string& said : {http, std::string(200, '\0'), std::string(200, 'x')}) {
    for (const auto role : {Stream::server, Stream::client}) {
      asio::io_context io;
      auto [from, to] = connected(io);
      Stream stream(std::move(to), *tls);
      asio::write(from, asio::buffer(said));
      std::string problem;
      stream.async_handshake(role, [&](const error_code& error) {
        problem = tls_problem(error, stream.native_handle());
      });
      io.run_for(std::chrono::seconds(20));
      EXPECT_EQ(problem, "it does not speak TLS");
    }
  }
}

TEST_F(Tls, WhoeverHangsUpIsFoundOut) {
  const auto tls = good("h0");
  asio::io_context io;
  auto [from, to] = connected(io);
  Stream stream(std::move(to), *tls);
  from.close();
  std::string problem;
  stream.async_handshake(Stream::server, [&](const error_code& error) {
    problem = tls_problem(error, stream.native_handle());
  });
  io.run_for(std::chrono::seconds(20));
  EXPECT_EQ(problem, "it has closed the connection: does it speak TLS, too?");
}

TEST_F(Tls, FilesThatCannotBeReadAreNamed) {
  const ClusterSettings settings = process("h0", {{"h0"}});
  const std::string gone = folder_ / "gone.pem";
  ClusterSettings bad = settings;
  bad.tls_cert = gone;
  EXPECT_EQ(error_of(bad),
            "[cluster] tls.cert \"" + gone + "\" cannot be read: No such file or directory");
  bad = settings;
  bad.tls_key = gone;
  EXPECT_EQ(error_of(bad),
            "[cluster] tls.key \"" + gone + "\" cannot be read: No such file or directory");
  bad = settings;
  bad.tls_ca = folder_.path();
  EXPECT_EQ(error_of(bad),
            "[cluster] tls.ca \"" + folder_.path().string() + "\" cannot be read: Is a directory");
}

TEST_F(Tls, FilesThatHoldSomethingElseAreNamed) {
  const ClusterSettings settings = process("h0", {{"h0"}});
  const std::string text = folder_.write("text.pem", "hello\n");
  ClusterSettings bad = settings;
  bad.tls_cert = text;
  EXPECT_TRUE(error_of(bad).starts_with("[cluster] tls.cert \"" + text +
                                        "\" is not a certificate in PEM format: "));
  bad = settings;
  bad.tls_key = settings.tls_cert;
  EXPECT_TRUE(error_of(bad).starts_with("[cluster] tls.key \"" + settings.tls_cert.string() +
                                        "\" is not a private key in PEM format: "));
  bad = settings;
  bad.tls_ca = text;
  EXPECT_TRUE(error_of(bad).starts_with("[cluster] tls.ca \"" + text +
                                        "\" is not a certificate in PEM format: "));
}

TEST_F(Tls, AKeyOfAnotherCertificateIsNamed) {
  ClusterSettings settings = process("h0", {{"h0"}});
  settings.tls_key = process("h1", {{"h1"}}).tls_key;
  EXPECT_EQ(error_of(settings), "[cluster] tls.key \"" + settings.tls_key.string() +
                                    "\" does not belong to the certificate in \"" +
                                    settings.tls_cert.string() + "\"");
}

TEST_F(Tls, AKeyWithAPasswordIsNamedAndNobodyIsAsked) {
  const Certificate certificate = make_certificate(folder_.path(), "h0", ca_, {{"h0"}});
  std::FILE* const file = std::fopen(certificate.key.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  const unsigned char password[] = "secret";
  PEM_write_PrivateKey(file, certificate.pkey.get(), EVP_aes_256_cbc(), password, 6, nullptr,
                       nullptr);
  std::fclose(file);
  EXPECT_EQ(error_of(settings_of(certificate, ca_)),
            "[cluster] tls.key \"" + certificate.key.string() +
                "\" is protected by a password: nobody is there to type it, so store the key "
                "without one, readable for the user of the process only");
}

TEST_F(Tls, ACertificateThatOthersWouldNotTakeIsNamed) {
  const ClusterSettings expired = process("h0", {{"h0"}, -7200, -3600});
  EXPECT_EQ(error_of(expired),
            "[cluster] tls.cert \"" + expired.tls_cert.string() + "\" has expired");
  const ClusterSettings early = process("h0", {{"h0"}, 3600, 7200});
  EXPECT_EQ(error_of(early), "[cluster] tls.cert \"" + early.tls_cert.string() +
                                 "\" is not valid yet: are the clocks of both machines right?");
  ClusterSettings foreign = process("h0", {{"h0"}});
  foreign.tls_ca = make_ca(folder_.path(), "other").cert;
  EXPECT_EQ(error_of(foreign), "[cluster] tls.cert \"" + foreign.tls_cert.string() +
                                   "\" is not signed by our ca, \"" + foreign.tls_ca.string() +
                                   "\"");
  for (const std::string usage : {"serverAuth", "clientAuth"}) {
    Wanted wanted{{"h0"}};
    wanted.extended_key_usage = usage;
    const ClusterSettings half = process("h0", wanted);
    EXPECT_EQ(error_of(half),
              "[cluster] tls.cert \"" + half.tls_cert.string() +
                  "\" is not made for this: its extendedKeyUsage must name serverAuth and "
                  "clientAuth, or be absent");
  }
  Wanted any{{"h0"}};
  any.extended_key_usage = "";
  EXPECT_TRUE(make_tls(process("h0", any)));
}

TEST_F(Tls, AnExpiredCaIsNamed) {
  const Certificate old = make_ca(folder_.path(), "old", {{}, -7200, -3600});
  const Certificate certificate = make_certificate(folder_.path(), "h0", old, {{"h0"}});
  EXPECT_EQ(error_of(settings_of(certificate, old)),
            "[cluster] tls.ca \"" + old.cert.string() + "\" has expired");
}

TEST_F(Tls, OurOwnCertificateMustNameOurHost) {
  const ClusterSettings settings = process("h0", {{"h0", "10.0.0.7"}});
  const auto tls = make_tls(settings);
  ASSERT_TRUE(tls);
  EXPECT_TRUE(check_own_name(**tls, settings, "h0"));
  const Status status = check_own_name(**tls, settings, "h1");
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_EQ(status.message(), "[cluster] tls.cert \"" + settings.tls_cert.string() +
                                  "\" names \"h0\", \"10.0.0.7\", not \"h1\", which is the host "
                                  "in the address of this process");
}

TEST_F(Tls, NamesAreComparedAsTheyAreMeant) {
  const auto named = [&](const Wanted& wanted, const std::string& host) {
    return names(make_certificate(folder_.path(), "n", ca_, wanted).x509.get(), host);
  };
  EXPECT_TRUE(named({{"h0.example.org"}}, "H0.example.org"));
  EXPECT_FALSE(named({{"h0.example.org"}}, "h0"));
  EXPECT_FALSE(named({{"h0.example.org"}}, "h0.example.org.evil.org"));
  EXPECT_TRUE(named({{"*.example.org"}}, "h0.example.org"));
  EXPECT_FALSE(named({{"*.example.org"}}, "a.h0.example.org"));
  EXPECT_FALSE(named({{"h*.example.org"}}, "h0.example.org"));
  EXPECT_TRUE(named({{"10.0.0.7"}}, "10.0.0.7"));
  EXPECT_FALSE(named({{"10.0.0.7"}}, "10.0.0.8"));
  EXPECT_TRUE(named({{"fd00::7"}}, "[fd00::7]"));
  EXPECT_TRUE(named({{"fd00::7"}}, "fd00:0::7"));
  EXPECT_FALSE(named({{"fd00::7"}}, "[fd00::8]"));
  EXPECT_FALSE(named({{"h0"}}, ""));
  EXPECT_FALSE(named({{"h0"}}, std::string("h0\0.evil.org", 12)));
  Wanted common;
  common.common_name = "h0";
  EXPECT_TRUE(named(common, "h0"));
  common.hosts = {"h1"};
  EXPECT_FALSE(named(common, "h0"));
}

TEST_F(Tls, NamesAreListed) {
  const auto listed = [&](const Wanted& wanted) {
    return names_of(make_certificate(folder_.path(), "n", ca_, wanted).x509.get());
  };
  EXPECT_EQ(listed({{"h0", "10.0.0.7", "fd00::7"}}), "\"h0\", \"10.0.0.7\", \"fd00::7\"");
  EXPECT_EQ(listed({{"a", "b", "c", "d", "e", "f", "g"}}),
            "\"a\", \"b\", \"c\", \"d\", \"e\" and 2 more");
  Wanted evil;
  evil.common_name = "\x1b[2Jh0";
  EXPECT_EQ(listed(evil), "\"?[2Jh0\"");
}

}  // namespace
}  // namespace streamhost::cluster
