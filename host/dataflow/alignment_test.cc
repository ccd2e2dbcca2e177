#include "dataflow/alignment.h"

#include <gtest/gtest.h>

#include "dataflow/build_for_test.h"

namespace streamhost {
namespace {

using testing::build_text;
using testing::Built;
using testing::table;

const std::string kTimed = "watermark = { wait = \"1s\" }\n";

std::string source(const std::string& id) {
  return "[source." + id + "]\nuse = \"t.in\"\npath = \"x\"\n";
}

class AlignmentGroups : public ::testing::Test {
 protected:
  // "a=b c=-" for sources a and b in one group and c in none.
  std::string groups(const std::string& text) {
    const Built built = build_text(text, components_);
    EXPECT_TRUE(built.dataflow) << built.text;
    std::string said;
    for (const Step& step : built.dataflow->steps) {
      if (!step.inputs.empty()) continue;
      if (!said.empty()) said += ' ';
      said += step.id + "=" + (step.alignment ? built.dataflow->steps[*step.alignment].id : "-");
    }
    return said;
  }
  testing::FakeComponents components_;
};

TEST_F(AlignmentGroups, SourcesWhoseTimesMeetAtAKeyBelongTogether) {
  EXPECT_EQ(groups(source("a") + kTimed + source("b") + kTimed + source("c") + kTimed +
                   table("operator.k", "t.count", "[\"a\", \"b\"]") +
                   table("operator.l", "t.count", "\"c\"") +
                   table("sink.out", "t.out", "[\"k\", \"l\"]")),
            "a=a b=a c=c");
}

TEST_F(AlignmentGroups, TheSourcesOfAStepThatMakesAWatermarkBelongTogether) {
  EXPECT_EQ(
      groups(source("a") + source("b") + table("operator.t", "t.map", "[\"a\", \"b\"]") + kTimed +
             table("operator.k", "t.count", "\"t\"") + table("sink.out", "t.out", "\"k\"")),
      "a=a b=a");
}

TEST_F(AlignmentGroups, GroupsThatShareASourceAreOne) {
  EXPECT_EQ(groups(source("a") + kTimed + source("b") + kTimed + source("c") + kTimed +
                   table("operator.k", "t.count", "[\"a\", \"b\"]") +
                   table("operator.l", "t.count", "[\"b\", \"c\"]") +
                   table("sink.out", "t.out", "[\"k\", \"l\"]")),
            "a=a b=a c=a");
}

TEST_F(AlignmentGroups, WhatHasNoEventTimeOrMeetsAtNoKeyIsLeftAlone) {
  EXPECT_EQ(groups(source("a") + source("b") + kTimed + table("operator.k", "t.count", "\"a\"") +
                   table("sink.out", "t.out", "[\"k\", \"b\"]")),
            "a=- b=-");
}

TEST_F(AlignmentGroups, AWatermarkCanSayNo) {
  const std::string no = "watermark = { wait = \"1s\", align = false }\n";
  EXPECT_EQ(groups(source("a") + kTimed + source("b") + no + source("c") + kTimed +
                   table("operator.k", "t.count", "[\"a\", \"b\", \"c\"]") +
                   table("sink.out", "t.out", "\"k\"")),
            "a=a b=- c=a");
}

}  // namespace
}  // namespace streamhost
