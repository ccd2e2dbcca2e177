#include "cluster/fingerprint.h"

#include <gtest/gtest.h>

namespace streamhost::cluster {
namespace {

const Fingerprint kJob = {
    {"[operator.words] lowercase", "true"},
    {"[operator.words] use", "text.split"},
    {"[sink.out] path", "counts.tsv"},
    {"[sink.out] use", "file.lines"},
    {"plugin text", "0.1.0"},
};

Fingerprint with(Fingerprint changed, const std::string& name, const std::string& value) {
  changed[name] = value;
  return changed;
}
Fingerprint without(Fingerprint changed, const std::string& name) {
  std::erase_if(changed, [&](const auto& each) { return each.first.starts_with(name); });
  return changed;
}

TEST(Fingerprint, IsEqualOnlyToItself) {
  EXPECT_EQ(digest(kJob).size(), 32u);
  EXPECT_EQ(digest(kJob), digest(Fingerprint(kJob)));
  EXPECT_NE(digest(kJob), digest(with(kJob, "plugin text", "0.1.1")));
  EXPECT_NE(digest(kJob), digest(without(kJob, "plugin text")));
  // Names and values do not run together.
  EXPECT_NE(digest({{"a", "bc"}}), digest({{"ab", "c"}}));
  EXPECT_NE(digest({{"a", "b"}, {"c", "d"}}), digest({{"a", "bcd"}}));
}

TEST(Differences, OfTheSameAreNone) { EXPECT_EQ(differences(kJob, kJob), ""); }

TEST(Differences, NameWhatIsThereAndWhatIsHere) {
  EXPECT_EQ(differences(kJob, with(kJob, "[operator.words] lowercase", "false")),
            "[operator.words] lowercase is \"false\" there and \"true\" here");
  EXPECT_EQ(differences(kJob, with(kJob, "plugin text", "0.2.0")),
            "plugin text is \"0.2.0\" there and \"0.1.0\" here");
}

TEST(Differences, NameWhatIsMissing) {
  EXPECT_EQ(differences(kJob, without(kJob, "[operator.words] lowercase")),
            "[operator.words] lowercase is missing there");
  EXPECT_EQ(differences(without(kJob, "[operator.words] lowercase"), kJob),
            "[operator.words] lowercase is missing here");
  EXPECT_EQ(differences(kJob, without(kJob, "plugin")), "plugin text is missing there");
}

TEST(Differences, NameAStepThatIsMissingOnce) {
  EXPECT_EQ(differences(kJob, without(kJob, "[sink.out]")), "[sink.out] is missing there");
  EXPECT_EQ(differences(without(kJob, "[sink.out]"), kJob), "[sink.out] is missing here");
  // A step whose name begins with that of another is another.
  Fingerprint renamed = without(kJob, "[sink.out]");
  renamed["[sink.output] path"] = "counts.tsv";
  EXPECT_EQ(differences(kJob, renamed),
            "[sink.out] is missing there; [sink.output] is missing here");
}

TEST(Differences, StopAfterAFew) {
  Fingerprint other = kJob;
  for (auto& [name, value] : other) value += "x";
  other["z1"] = other["z2"] = "";
  const std::string text = differences(kJob, other);
  EXPECT_TRUE(text.ends_with("; plugin text is \"0.1.0x\" there and \"0.1.0\" here; and 2 more"))
      << text;
}

TEST(Differences, ShowLongTextsWhereTheyPart) {
  const std::string text(100, 'a');
  EXPECT_EQ(differences({{"p", text + "left" + text}}, {{"p", text + "right" + text}}),
            "p is \"..." + std::string(16, 'a') + "right" + std::string(27, 'a') +
                "...\" there and \"..." + std::string(16, 'a') + "left" + std::string(28, 'a') +
                "...\" here");
}

TEST(Fingerprint, IsShortenedWithoutLosingDifferences) {
  const std::string code(100'000, 'a');
  const Fingerprint one = shortened({{"[operator.a] code", code}, {"b", "short"}});
  const Fingerprint other = shortened({{"[operator.a] code", code + "b"}, {"b", "short"}});
  EXPECT_EQ(one.at("b"), "short");
  EXPECT_LT(one.at("[operator.a] code").size(), 256u);
  EXPECT_NE(one.at("[operator.a] code"), other.at("[operator.a] code"));
  EXPECT_NE(differences(one, other), "");
}

}  // namespace
}  // namespace streamhost::cluster
