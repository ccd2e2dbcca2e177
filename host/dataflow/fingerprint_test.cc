#include "dataflow/fingerprint.h"

#include <gtest/gtest.h>

#include "base/json_text.h"
#include "dataflow/build_for_test.h"

namespace streamhost {
namespace {

using testing::kSource;
using testing::table;
using testing::Variables;
using Fingerprint = std::map<std::string, std::string>;

class FingerprintTest : public ::testing::Test {
 protected:
  FingerprintTest() {
    components_.option(components_.add("t.db", Component::Kind::kSink), "password", SH_TYPE_STRING,
                       SH_OPTION_SECRET);
    sh_component* text = components_.add("t.text", Component::Kind::kOperator);
    components_.option(text, "text", SH_TYPE_ANY, 0);
    components_.option(text, "list", SH_TYPE_LIST, 0);
    components_.option(text, "map", SH_TYPE_MAP, 0);
    components_.option(components_.add("t.keyed", Component::Kind::kAggregate), "secret",
                       SH_TYPE_STRING, SH_OPTION_SECRET);
  }

  Fingerprint of(const std::string& text, Variables variables = {},
                 const std::string& path = "job.toml") {
    testing::Parsed parsed = testing::parse(text, std::move(variables), path);
    Result<Dataflow> flow = build(parsed.document, components_.lookup(), parsed.diagnostics);
    EXPECT_TRUE(flow) << parsed.text();
    return flow ? fingerprint(parsed.document, *flow) : Fingerprint();
  }
  // What an option of an operator, given like this, is in it.
  std::string option(const std::string& text, Variables variables = {},
                     const std::string& name = "text") {
    return of(kSource + table("operator.m", "t.text", "\"in\"") + name + " = " + text + "\n" +
                  kSink_,
              std::move(variables))
        .at("[operator.m] " + name);
  }

  const std::string kSink_ = table("sink.out", "t.out", "\"in\"");
  testing::FakeComponents components_;
};

TEST_F(FingerprintTest, SaysWhatTheManifestSays) {
  EXPECT_EQ(of("name = \"n\"\n" + kSource + "limit = 3\n" +
               table("operator.c", "t.count", "\"in\"") + "ttl = \"60s\"\n" +
               table("operator.b", "t.branch", "\"in\"") + "watermark = { wait = \"5s\" }\n" +
               table("operator.j", "t.join", "{ left = \"b.no\", right = [\"c\", \"b.yes\"] }") +
               "combine = false\n" + table("sink.out", "t.out", "\"j\"") + "on_error = \"skip\"\n"),
            (Fingerprint{{"name", "n"},
                         {"steps", "in c b j out"},
                         {"[source.in] use", "t.in"},
                         {"[source.in] path", "x"},
                         {"[source.in] limit", "3"},
                         {"[operator.c] use", "t.count"},
                         {"[operator.c] from", "in"},
                         {"[operator.c] ttl", "1m"},
                         {"[operator.b] use", "t.branch"},
                         {"[operator.b] from", "in"},
                         {"[operator.b] watermark", "wait 5s"},
                         {"[operator.j] use", "t.join"},
                         {"[operator.j] from", "left = b.no, right = c, right = b.yes"},
                         {"[operator.j] combine", "false"},
                         {"[sink.out] use", "t.out"},
                         {"[sink.out] from", "j"},
                         {"[sink.out] on_error", "skip"},
                         {"[cluster] timeout", "10s"},
                         {"[run] epoch", "10s"},
                         {"[run] batch_size", "1024"},
                         {"recovery store", "no"}}));
}

TEST_F(FingerprintTest, WritesValuesOfEveryKind) {
  EXPECT_EQ(option("12"), "12");
  EXPECT_EQ(option("1.5"), "1.5");
  EXPECT_EQ(option("true"), "true");
  EXPECT_EQ(option("2024-05-01T10:00:00Z"), "2024-05-01T10:00:00Z");
  EXPECT_EQ(option("[1, \"a\"]", {}, "list"), "[1, \"a\"]");
  EXPECT_EQ(option("[]", {}, "list"), "[]");
  EXPECT_EQ(option("{ b = 1, a = \"x\" }", {}, "map"), "{ \"b\" = 1, \"a\" = \"x\" }");
  EXPECT_EQ(option("{}", {}, "map"), "{}");
  EXPECT_EQ(option("\"a b\""), "a b");
  // A text is not the number, or the list, that it looks like.
  EXPECT_EQ(option("\"12\""), "\"12\"");
  EXPECT_EQ(option("\"true\""), "\"true\"");
  EXPECT_EQ(option("\"[1]\""), "\"[1]\"");
  EXPECT_EQ(option("\"\""), "\"\"");
  EXPECT_EQ(option("\"a\\nb\""), "\"a\\nb\"");
}

TEST_F(FingerprintTest, ComparesWhatIsWrittenNotWhatTheEnvironmentPutsIn) {
  EXPECT_EQ(option("\"${HOST}/x\"", {{"HOST", "a"}}), option("\"${HOST}/x\"", {{"HOST", "b"}}));
  EXPECT_NE(option("\"${HOST}/x\"", {{"HOST", "a"}}), option("\"a/x\""));
  EXPECT_NE(option("\"${HOST:-a}/x\""), option("\"${HOST:-b}/x\""));
}

TEST_F(FingerprintTest, HasSecretsOnlyAsDigests) {
  const auto password = [&](const std::string& text, Variables variables = {}) {
    return of(kSource + table("sink.db", "t.db", "\"in\"") + "password = \"" + text + "\"\n",
              std::move(variables))
        .at("[sink.db] password");
  };
  const std::string sesame = password("sesame");
  EXPECT_EQ(sesame.size(), std::string("sha256:").size() + 16);
  EXPECT_EQ(sesame.rfind("sha256:", 0), 0U);
  EXPECT_EQ(password("sesame"), sesame);
  EXPECT_NE(password("sesamf"), sesame);
  EXPECT_EQ(password("${P}", {{"P", "a"}}), password("${P}", {{"P", "b"}}));
}

TEST_F(FingerprintTest, HasSecretsOfAggregatesOnlyAsDigests) {
  const auto window = [&](const std::string& options) {
    return of(kSource + table("operator.w", "t.window", "\"in\"") +
              "window = { kind = \"session\", bounds = { greatest = 3 } }\n" + options +
              table("sink.out", "t.out", "\"w\""));
  };
  const Fingerprint one = window("value = { use = \"t.keyed\", secret = \"sesame\" }\n");
  EXPECT_EQ(one.at("[operator.w] window"), "{ kind = \"session\", bounds = { greatest = 3 } }");
  EXPECT_EQ(one.at("[operator.w] value").rfind("{ use = \"t.keyed\", secret = sha256:", 0), 0U)
      << one.at("[operator.w] value");
  const Fingerprint several =
      window("more = { b = \"t.sum\", a = { use = \"t.keyed\", secret = \"sesame\" } }\n");
  EXPECT_EQ(several.at("[operator.w] more")
                .rfind("{ \"b\" = \"t.sum\", \"a\" = { use = \"t.keyed\", secret = sha256:", 0),
            0U)
      << several.at("[operator.w] more");
}

TEST_F(FingerprintTest, HasStringsFromFilesOnlyAsDigests) {
  Value value;
  value.string = "the secret";
  value.written = "${file:secret}";
  value.substituted = true;
  testing::Parsed parsed =
      testing::parse(kSource + table("operator.m", "t.text", "\"in\"") + "text = \"\"\n" + kSink_);
  for (StepSpec& step : parsed.document.steps) {
    for (auto& [name, option] : step.options) {
      if (name == "text") option = value;
    }
  }
  Result<Dataflow> flow = build(parsed.document, components_.lookup(), parsed.diagnostics);
  ASSERT_TRUE(flow) << parsed.text();
  const std::string text = fingerprint(parsed.document, *flow).at("[operator.m] text");
  EXPECT_EQ(text.rfind("sha256:", 0), 0U) << text;
}

TEST_F(FingerprintTest, LeavesOutWhatEachProcessHasOfItsOwn) {
  const std::string job = kSource + kSink_;
  EXPECT_EQ(of("name = \"n\"\n[run]\nworkers = 3\nmemory = \"2MiB\"\naddresses = [\"a:1\"]\n"
               "[recovery]\ndirectory = \"here\"\n[cluster]\nlisten = \"b:1\"\n" +
               job),
            of("name = \"n\"\n[recovery]\ndirectory = \"there\"\n" + job, {}, "/other/job2.toml"));
}

TEST_F(FingerprintTest, TellsApartWhatMustBeTheSame) {
  const std::string job = kSource + kSink_;
  const Fingerprint plain = of(job);
  EXPECT_NE(of("[run]\nepoch = \"1s\"\n" + job), plain);
  EXPECT_NE(of("[run]\nbatch_size = 7\n" + job), plain);
  EXPECT_NE(of("[recovery]\ndirectory = \"here\"\n" + job), plain);
  EXPECT_NE(of("name = \"other\"\n" + job), plain);
  EXPECT_NE(of(job + table("sink.more", "t.out", "\"in\"")), plain);
  // Order alone, too.
  const std::string a = table("sink.a", "t.out", "\"in\"");
  const std::string b = table("sink.b", "t.out", "\"in\"");
  EXPECT_NE(of(kSource + a + b), of(kSource + b + a));
}

TEST_F(FingerprintTest, LongValuesEndInADigest) {
  const std::string text(1000, 'x');
  const std::string is = option("\"" + text + "\"");
  EXPECT_EQ(is.rfind(text.substr(0, 80) + "… (1000 bytes, sha256:", 0), 0U) << is;
  EXPECT_NE(option("\"" + text + "y\""), is);
  // No letter is cut in two.
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "ä";
  const std::string cut = option("\"a" + umlauts + "\"");
  EXPECT_EQ(json_string(cut).find("\xEF\xBF\xBD"), std::string::npos);
}

size_t size_of(const Fingerprint& all) {
  size_t size = 0;
  for (const auto& [name, value] : all) size += name.size() + value.size() + 16;
  return size;
}

TEST_F(FingerprintTest, HoweverLargeTheManifestItStaysSmall) {
  const auto steps = [&](int count, const std::string& last) {
    std::string text = kSource + kSink_;
    for (int i = 0; i < count; ++i) {
      text += table("sink.s" + std::to_string(i), "t.out", "\"in\"");
    }
    return of(text + (last.empty() ? "" : "on_error = \"" + last + "\"\n"));
  };
  const Fingerprint some = steps(700, "skip");
  EXPECT_LE(size_of(some), kMaxFingerprint);
  EXPECT_NE(some.at("[sink.s699]"), steps(700, "").at("[sink.s699]"));
  EXPECT_EQ(some.at("[sink.s698]"), steps(700, "").at("[sink.s698]"));
  const Fingerprint many = steps(3000, "skip");
  EXPECT_LE(size_of(many), kMaxFingerprint);
  EXPECT_NE(many, steps(3000, ""));
  EXPECT_EQ(many, steps(3000, "skip"));
}

}  // namespace
}  // namespace streamhost
