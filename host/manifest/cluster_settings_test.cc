// The table [cluster], and the variables that go with it.
#include <gtest/gtest.h>

#include "manifest/overrides.h"
#include "manifest/parse_for_test.h"

namespace streamhost {
namespace {

using Compression = ClusterSettings::Compression;
using testing::mistakes;

ClusterSettings cluster(std::string_view text, testing::Variables variables = {}) {
  testing::Parsed parsed = testing::parse(text, variables, "/jobs/job.toml");
  apply_overrides({}, testing::environment_of(std::move(variables)), parsed.document.settings,
                  parsed.diagnostics);
  EXPECT_EQ(parsed.text(), "");
  return parsed.document.settings.cluster;
}

TEST(ClusterSettings, HaveDefaults) {
  const ClusterSettings c = cluster("");
  EXPECT_EQ(c.tls_cert, "");
  EXPECT_EQ(c.token, "");
  EXPECT_FALSE(c.insecure);
  EXPECT_EQ(c.listen, "");
  EXPECT_EQ(c.compression, Compression::kNone);
  EXPECT_EQ(c.timeout_us, 10'000'000);
  EXPECT_EQ(c.wait_us, 300'000'000);
}

TEST(ClusterSettings, AreRead) {
  const ClusterSettings c = cluster(
      "[cluster]\ntls = { cert = \"me.pem\", key = \"/etc/me.key\", ca = \"../ca.pem\" }\n"
      "token = \"${T}\"\ninsecure = true\nlisten = \"0.0.0.0:2101\"\ncompression = \"zstd\"\n"
      "timeout = \"500ms\"\nwait = \"1m\"\n",
      {{"T", "0123456789abcdef"}});
  EXPECT_EQ(c.tls_cert, "/jobs/me.pem");
  EXPECT_EQ(c.tls_key, "/etc/me.key");
  EXPECT_EQ(c.tls_ca, "/ca.pem");
  EXPECT_EQ(c.token, "0123456789abcdef");
  EXPECT_TRUE(c.insecure);
  EXPECT_EQ(c.listen, "0.0.0.0:2101");
  EXPECT_EQ(c.compression, Compression::kZstd);
  EXPECT_EQ(c.timeout_us, 500'000);
  EXPECT_EQ(c.wait_us, 60'000'000);
  EXPECT_EQ(cluster("[cluster]\ncompression = \"lz4\"\n").compression, Compression::kLz4);
  EXPECT_TRUE(cluster("[cluster]\ninsecure = \"${I}\"\n", {{"I", "true"}}).insecure);
}

TEST(ClusterSettings, VariablesBeatTheFile) {
  const ClusterSettings c = cluster(
      "[cluster]\ntls = { cert = \"a\", key = \"b\", ca = \"c\" }\ninsecure = true\n"
      "compression = \"lz4\"\n",
      {{"STREAMHOST_CLUSTER_TLS", "me.pem,/me.key,ca.pem"},
       {"STREAMHOST_CLUSTER_TOKEN", "a secret of theirs"},
       {"STREAMHOST_CLUSTER_INSECURE", "false"},
       {"STREAMHOST_CLUSTER_LISTEN", "[::]:1"},
       {"STREAMHOST_CLUSTER_COMPRESSION", "none"},
       {"STREAMHOST_CLUSTER_TIMEOUT", "1s"},
       {"STREAMHOST_CLUSTER_WAIT", "1h"}});
  EXPECT_EQ(c.tls_cert, "me.pem");
  EXPECT_EQ(c.tls_key, "/me.key");
  EXPECT_EQ(c.tls_ca, "ca.pem");
  EXPECT_EQ(c.token, "a secret of theirs");
  EXPECT_FALSE(c.insecure);
  EXPECT_EQ(c.listen, "[::]:1");
  EXPECT_EQ(c.compression, Compression::kNone);
  EXPECT_EQ(c.timeout_us, 1'000'000);
  EXPECT_EQ(c.wait_us, 3'600'000'000);
  const ClusterSettings none =
      cluster("[cluster]\ntls = { cert = \"a\", key = \"b\", ca = \"c\" }\n",
              {{"STREAMHOST_CLUSTER_TLS", "none"}});
  EXPECT_EQ(none.tls_cert, "");
  EXPECT_EQ(none.tls_ca, "");
}

TEST(ClusterSettings, ThatAreWrongAreMistakesWithTheirPlaces) {
  EXPECT_EQ(
      mistakes("[cluster]\ntls = { cert = \"\", kee = \"k\", ca = 1 }\ntoken = 12\n"
               "insecure = \"yes\"\nlisten = \":1\"\ncompression = \"gzip\"\n"
               "timeout = \"99ms\"\nwait = \"999ms\"\ntimeuot = \"1s\"\n"),
      "job.toml:2:7: error: tls has no \"key\": name the file with its private key (PEM)\n"
      "job.toml:2:16: error: tls.cert: \"\" is not a file\n"
      "job.toml:2:20: error: unknown key \"kee\" in tls (did you mean \"key\"?)\n"
      "job.toml:2:36: error: tls.ca must be a string, not an integer\n"
      "job.toml:3:9: error: token must be a string, not an integer\n"
      "job.toml:4:12: error: insecure must be a boolean, not a string\n"
      "job.toml:5:10: error: listen: \":1\" is not an address: the host is missing, write "
      "HOST:PORT\n"
      "job.toml:6:15: error: compression: \"gzip\" is not \"none\", \"lz4\" or \"zstd\"\n"
      "job.toml:7:11: error: timeout: \"99ms\" is too short: at least \"100ms\"\n"
      "job.toml:8:8: error: wait: \"999ms\" is too short: at least \"1s\"\n"
      "job.toml:9:1: error: unknown key \"timeuot\" in [cluster] (did you mean \"timeout\"?)");
  EXPECT_EQ(mistakes("[cluster]\ntls = true\n"),
            "job.toml:2:7: error: tls must be a table, not a boolean");
}

TEST(ClusterSettings, AShortTokenIsAMistakeThatDoesNotSayIt) {
  const std::string text = mistakes("[cluster]\ntoken = \"sesame\"\n");
  EXPECT_EQ(text,
            "job.toml:2:9: error: token: it has 6 bytes, and must have at least 16; `openssl rand "
            "-hex 32` makes a good one");
  EXPECT_EQ(mistakes("[cluster]\ntoken = \"0123456789abcdef\"\n"), "");
}

TEST(ClusterSettings, VariablesThatAreWrongAreMistakes) {
  Settings settings;
  Diagnostics diagnostics;
  apply_overrides({},
                  testing::environment_of({{"STREAMHOST_CLUSTER_TLS", "a,b"},
                                           {"STREAMHOST_CLUSTER_TOKEN", "sesame"},
                                           {"STREAMHOST_CLUSTER_INSECURE", "1"}}),
                  settings, diagnostics);
  EXPECT_EQ(diagnostics.text(),
            "error: STREAMHOST_CLUSTER_TLS: \"a,b\" is not CERT,KEY,CA: three files, or \"none\"\n"
            "error: STREAMHOST_CLUSTER_TOKEN: it has 6 bytes, and must have at least 16; `openssl "
            "rand -hex 32` makes a good one\n"
            "error: STREAMHOST_CLUSTER_INSECURE: \"1\" is neither \"true\" nor \"false\"");
  for (const char* bad : {"a", ",b,c", "a,,c", "a,b,", "a,b,c,d", ","}) {
    Diagnostics more;
    apply_overrides({}, testing::environment_of({{"STREAMHOST_CLUSTER_TLS", bad}}), settings, more);
    EXPECT_TRUE(more.has_errors()) << bad;
  }
}

}  // namespace
}  // namespace streamhost
