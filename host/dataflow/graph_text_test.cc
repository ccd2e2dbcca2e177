#include "dataflow/graph_text.h"

#include <gtest/gtest.h>

#include "dataflow/build_for_test.h"

namespace streamhost {
namespace {

using testing::kSource;
using testing::table;

class GraphText : public ::testing::Test {
 protected:
  std::string draw(GraphFormat format, const std::string& before = "") {
    const testing::Built built = testing::build_text(
        before + kSource + table("operator.b", "t.branch", "\"in\"") +
            table("operator.j", "t.join", "{ left = \"b.yes\", right = \"in\" }") +
            table("sink.end", "t.out", "[\"j\", \"b.errors\"]"),
        components_);
    EXPECT_EQ(built.text, "");
    return built.dataflow ? graph_text(*built.dataflow, format) : std::string();
  }
  testing::FakeComponents components_;
};

TEST_F(GraphText, Mermaid) {
  EXPECT_EQ(draw(GraphFormat::kMermaid),
            "flowchart LR\n"
            "  step_in([\"in<br/>t.in\"])\n"
            "  step_b[\"b<br/>t.branch\"]\n"
            "  step_j[[\"j<br/>t.join\"]]\n"
            "  step_end[(\"end<br/>t.out\")]\n"
            "  step_in --> step_b\n"
            "  step_b -->|\"yes to left\"| step_j\n"
            "  step_in -->|\"to right\"| step_j\n"
            "  step_j --> step_end\n"
            "  step_b -->|\"errors\"| step_end\n");
}

TEST_F(GraphText, Dot) {
  EXPECT_EQ(draw(GraphFormat::kDot),
            "digraph \"job\" {\n"
            "  rankdir=LR;\n"
            "  \"in\" [shape=ellipse, label=\"in\\nt.in\"];\n"
            "  \"b\" [shape=box, label=\"b\\nt.branch\"];\n"
            "  \"j\" [shape=box, peripheries=2, label=\"j\\nt.join\"];\n"
            "  \"end\" [shape=cylinder, label=\"end\\nt.out\"];\n"
            "  \"in\" -> \"b\";\n"
            "  \"b\" -> \"j\" [label=\"yes to left\"];\n"
            "  \"in\" -> \"j\" [label=\"to right\"];\n"
            "  \"j\" -> \"end\";\n"
            "  \"b\" -> \"end\" [label=\"errors\"];\n"
            "}\n");
}

TEST_F(GraphText, Json) {
  EXPECT_EQ(draw(GraphFormat::kJson),
            "{\n"
            "  \"name\": \"job\",\n"
            "  \"steps\": [\n"
            "    {\"id\": \"in\", \"kind\": \"source\", \"component\": \"t.in\", "
            "\"outputs\": [\"out\"], \"inputs\": []},\n"
            "    {\"id\": \"b\", \"kind\": \"operator\", \"component\": \"t.branch\", "
            "\"outputs\": [\"yes\", \"no\"], \"inputs\": [\"\"]},\n"
            "    {\"id\": \"j\", \"kind\": \"operator\", \"component\": \"t.join\", "
            "\"outputs\": [\"out\"], \"inputs\": [\"left\", \"right\"]},\n"
            "    {\"id\": \"end\", \"kind\": \"sink\", \"component\": \"t.out\", "
            "\"outputs\": [], \"inputs\": [\"\"]}\n"
            "  ],\n"
            "  \"edges\": [\n"
            "    {\"from\": \"in\", \"port\": \"out\", \"to\": \"b\", \"input\": \"\"},\n"
            "    {\"from\": \"b\", \"port\": \"yes\", \"to\": \"j\", \"input\": \"left\"},\n"
            "    {\"from\": \"in\", \"port\": \"out\", \"to\": \"j\", \"input\": \"right\"},\n"
            "    {\"from\": \"j\", \"port\": \"out\", \"to\": \"end\", \"input\": \"\"},\n"
            "    {\"from\": \"b\", \"port\": \"errors\", \"to\": \"end\", \"input\": \"\"}\n"
            "  ]\n"
            "}\n");
}

TEST_F(GraphText, NamesAreEscaped) {
  const std::string name = "name = '''a \"b\" \\\n'''\n";
  EXPECT_EQ(draw(GraphFormat::kJson, name).find("{\n  \"name\": \"a \\\"b\\\" \\\\\\n\",\n"), 0U);
  EXPECT_EQ(draw(GraphFormat::kDot, name).find("digraph \"a \\\"b\\\" \\\\ \" {\n"), 0U);
}

TEST_F(GraphText, FormatsHaveNames) {
  for (const std::string& name : graph_format_names()) EXPECT_TRUE(graph_format(name)) << name;
  EXPECT_EQ(graph_format("jsn").status().message(),
            "unknown format \"jsn\" (did you mean \"json\"?): the formats are mermaid, dot and "
            "json");
}

}  // namespace
}  // namespace streamhost
