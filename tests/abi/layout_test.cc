#include "abi/layout.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/process.h"

namespace streamhost::testing {
namespace {

std::string joined(const std::vector<std::string>& problems) {
  std::string text;
  for (const std::string& problem : problems) text += "  " + problem + "\n";
  return text;
}

TEST(AbiLayout, IsWhatPluginsWereBuiltFor) {
  const std::filesystem::path file =
      std::filesystem::path(ABI_SOURCE_DIR) / ("layout-" ABI_PLATFORM ".txt");
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "NOT CHECKED: there is no " << file << " for this architecture; make one with "
                 << ABI_LAYOUT_PROGRAM;
  }
  const Layout committed = parse_layout(read_file(file));
  const std::vector<std::string> problems = breaks(committed, abi_layout());
  EXPECT_TRUE(problems.empty())
      << "Plugins that exist would not work with these headers:\n"
      << joined(problems) << "Undo the change, or make it an append at the tail of a struct that "
      << "grows, raise SH_ABI_MINOR, and commit the new layout:\n  " << ABI_LAYOUT_PROGRAM << " > "
      << file.string();
  if (problems.empty() && has_grown(committed, abi_layout())) {
    std::cerr << "The ABI has grown. Commit its layout: " << ABI_LAYOUT_PROGRAM << " > "
              << file.string() << "\n";
  }
}

TEST(AbiLayout, ListsEveryFieldOfTheHeaders) { EXPECT_EQ(joined(unlisted(abi_layout())), ""); }

TEST(AbiLayout, ReadsBackWhatItWrites) {
  const std::string text = layout_text(abi_layout());
  EXPECT_EQ(layout_text(parse_layout(text)), text);
  EXPECT_THROW(parse_layout("nonsense 1 2"), std::runtime_error);
  EXPECT_THROW(parse_layout("struct sh_x growing"), std::runtime_error);
}

Layout example() {
  return parse_layout(
      "abi 1 0\n"
      "struct sh_item frozen 16 8\n"
      "  field 0 8 ptr void*\n"
      "  field 8 8 len unsigned long\n"
      "struct sh_table growing 16 8\n"
      "  field 0 4 struct_size unsigned int\n"
      "  field 4 4 flags unsigned int\n"
      "  field 8 8 run int (*)(void*)\n"
      "constant SH_OK 0\n");
}

TEST(AbiBreaks, AreNoneWithoutAChange) {
  EXPECT_EQ(joined(breaks(example(), example())), "");
  EXPECT_FALSE(has_grown(example(), example()));
}

TEST(AbiBreaks, AnAppendToAGrowingStructIsNone) {
  Layout grown = example();
  grown.structs[1].size = 24;
  grown.structs[1].fields.push_back({"stop", 16, 8, "void (*)(void*)"});
  grown.minor = 1;
  EXPECT_EQ(joined(breaks(example(), grown)), "");
  EXPECT_TRUE(has_grown(example(), grown));
  grown.minor = 0;
  EXPECT_NE(joined(breaks(example(), grown)).find("SH_ABI_MINOR is what it was"),
            std::string::npos);
}

TEST(AbiBreaks, AnAppendToAFrozenStructIsOne) {
  Layout grown = example();
  grown.structs[0].size = 24;
  grown.structs[0].fields.push_back({"more", 16, 8, "long"});
  grown.minor = 1;
  EXPECT_EQ(joined(breaks(example(), grown)),
            "  sh_item: it is frozen, and more was added to it\n");
}

TEST(AbiBreaks, AnInsertionIsReportedOnceAndWhereItIs) {
  Layout changed = example();
  changed.structs[1].fields.insert(changed.structs[1].fields.begin() + 2, {"first", 8, 8, "long"});
  changed.structs[1].fields[3].offset = 16;
  changed.structs[1].size = 24;
  EXPECT_EQ(joined(breaks(example(), changed)),
            "  sh_table: where there was \"8 8 run int (*)(void*)\" there is now \"8 8 first "
            "long\"\n");
}

TEST(AbiBreaks, AnotherSignatureIsOne) {
  Layout changed = example();
  changed.structs[1].fields[2].type = "int (*)(void*, int)";
  EXPECT_NE(joined(breaks(example(), changed)).find("int (*)(void*, int)"), std::string::npos);
}

TEST(AbiBreaks, SoAreThingsThatAreGoneAndOtherValues) {
  Layout changed = example();
  changed.structs.erase(changed.structs.begin());
  changed.constants[0].value = 1;
  EXPECT_EQ(joined(breaks(example(), changed)),
            "  sh_item is gone\n"
            "  the constant SH_OK was 0 and is 1\n");
}

TEST(AbiBreaks, AFieldInFormerPaddingIsOne) {
  Layout before = example();
  before.structs[1].size = 24;
  before.structs[1].fields.push_back({"count", 16, 4, "unsigned int"});
  Layout after = before;
  after.structs[1].fields.push_back({"extra", 20, 4, "unsigned int"});
  after.minor = 1;
  EXPECT_EQ(joined(breaks(before, after)),
            "  sh_table: the field extra lies in what was padding\n");
}

TEST(AbiUnlisted, FindsHolesThatAreNoPadding) {
  Layout layout = example();
  EXPECT_EQ(joined(unlisted(layout)), "");
  layout.structs[1].size = 32;
  EXPECT_EQ(joined(unlisted(layout)), "  sh_table: something is not listed at its end\n");
  layout.structs[1].size = 16;
  layout.structs[1].fields.erase(layout.structs[1].fields.begin());
  EXPECT_EQ(joined(unlisted(layout)), "  sh_table: something is not listed before flags\n");
}

}  // namespace
}  // namespace streamhost::testing
