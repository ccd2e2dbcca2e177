#include "plugin/tables.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamhost {
namespace {

struct Fixture {
  sh_lifecycle lifecycle{sizeof(sh_lifecycle), 0, nullptr, nullptr};
  sh_operator op{sizeof(sh_operator), 0, nullptr, nullptr, nullptr};
  sh_option option{};
  const sh_option* options[1] = {&option};
  sh_component component{};
  const sh_component* components[1] = {&component};
  sh_plugin plugin{};

  Fixture() {
    option.struct_size = sizeof(sh_option);
    option.name = "size";
    component.struct_size = sizeof(sh_component);
    component.name = "thing";
    component.lifecycle = &lifecycle;
    component.op = &op;
    component.options = options;
    component.option_count = 1;
    plugin.magic = SH_MAGIC;
    plugin.struct_size = sizeof(sh_plugin);
    plugin.abi_major = SH_ABI_MAJOR;
    plugin.abi_minor = SH_ABI_MINOR;
    plugin.name = "acme";
    plugin.version = "1";
    plugin.license = "MIT";
    plugin.components = components;
    plugin.component_count = 1;
  }
};

TEST(CopyTables, MakesFullSizeCopiesThatPointAtEachOther) {
  Fixture f;
  ASSERT_TRUE(check_header(f.plugin));
  auto copy = copy_tables(f.plugin);
  ASSERT_TRUE(copy) << copy.status().message();
  const sh_component& c = *(*copy)->components[0];
  EXPECT_NE(&c, &f.component);
  EXPECT_NE(c.op, &f.op);
  EXPECT_EQ(c.op->struct_size, sizeof(sh_operator));
  EXPECT_NE(c.options[0], f.options[0]);
  EXPECT_EQ(c.options[0]->struct_size, sizeof(sh_option));
  EXPECT_EQ(c.name, f.component.name);
}

TEST(CopyTables, FillsInTextsThatMayBeLeftOut) {
  Fixture f;
  auto copy = copy_tables(f.plugin);
  ASSERT_TRUE(copy);
  EXPECT_STREQ((*copy)->summary, "");
  EXPECT_STREQ((*copy)->homepage, "");
  EXPECT_STREQ((*copy)->components[0]->summary, "");
  EXPECT_STREQ((*copy)->components[0]->options[0]->help, "");
}

TEST(CopyTables, RefusesTablesOfImpossibleSize) {
  Fixture f;
  f.op.struct_size = 4;
  EXPECT_NE(copy_tables(f.plugin).status().message().find(
                "component \"thing\", its sh_operator has struct_size 4"),
            std::string::npos);
  f.op.struct_size = sizeof(sh_operator) + 8;
  EXPECT_FALSE(copy_tables(f.plugin));
}

TEST(CopyTables, RefusesArraysThatAreNotThere) {
  Fixture f;
  f.component.option_count = 2'000'000'000;
  EXPECT_EQ(copy_tables(f.plugin).status().message(),
            "component \"thing\", options: 2000000000 are too many");
  f.component.option_count = 1;
  f.component.options = nullptr;
  EXPECT_EQ(copy_tables(f.plugin).status().message(),
            "component \"thing\", options: the array is null");
}

TEST(CheckTables, FindsEverythingAtOnce) {
  Fixture f;
  f.plugin.license = nullptr;
  f.component.name = nullptr;
  auto copy = copy_tables(f.plugin);
  ASSERT_TRUE(copy);
  EXPECT_EQ(check_tables(**copy, "acme"),
            (std::vector<std::string>{
                "it has no license",
                "component (no name): (no name) is not a name: a small letter, then small letters, "
                "digits and underscores",
                "component (no name): its lifecycle lacks the function \"create\"",
                "component (no name): its lifecycle lacks the function \"destroy\""}));
}

TEST(CheckTables, AStateThatOwnsSomethingMustBeSaved) {
  Fixture f;
  sh_aggregate aggregate{};
  aggregate.struct_size = sizeof(sh_aggregate);
  aggregate.state_align = 8;
  aggregate.drop = [](void*, void*) {};
  f.component.op = nullptr;
  f.component.aggregate = &aggregate;
  auto copy = copy_tables(f.plugin);
  ASSERT_TRUE(copy);
  std::string all;
  for (const std::string& problem : check_tables(**copy, "acme")) all += problem + "\n";
  EXPECT_NE(all.find("its aggregate lacks the function \"add\""), std::string::npos) << all;
  EXPECT_NE(all.find("\"drop\" but no \"save\" and \"restore\""), std::string::npos) << all;
}

TEST(IsName, TakesSmallLettersDigitsAndUnderscores) {
  EXPECT_TRUE(is_name("a"));
  EXPECT_TRUE(is_name("key_on2"));
  for (const char* bad : {"", "1a", "_a", "A", "a-b", "a.b", "a b", "ä"}) {
    EXPECT_FALSE(is_name(bad)) << bad;
  }
  EXPECT_FALSE(is_name(nullptr));
}

// An option of type table.
sh_option table_of(const sh_option* const* fields, uint32_t count) {
  sh_option table{};
  table.struct_size = sizeof(sh_option);
  table.type = SH_TYPE_TABLE;
  table.name = "table";
  table.fields = fields;
  table.field_count = count;
  return table;
}

TEST(CopyTables, CopiesTheFieldsOfTablesToFullSizeToo) {
  Fixture f;
  const sh_option* inner_fields[] = {&f.option};
  const sh_option inner = table_of(inner_fields, 1);
  const sh_option* outer_fields[] = {&f.option, &inner};
  const sh_option outer = table_of(outer_fields, 2);
  f.options[0] = &outer;
  auto copy = copy_tables(f.plugin);
  ASSERT_TRUE(copy) << copy.status().message();
  const sh_option& o = *(*copy)->components[0]->options[0];
  ASSERT_EQ(o.field_count, 2u);
  EXPECT_NE(o.fields[0], &f.option);
  EXPECT_STREQ(o.fields[0]->name, "size");
  EXPECT_STREQ(o.fields[0]->help, "");
  EXPECT_NE(o.fields[1], &inner);
  EXPECT_STREQ(o.fields[1]->fields[0]->name, "size");
  EXPECT_TRUE(check_tables(**copy, "acme").size() != 0);  // the fixture has no create
}

TEST(CopyTables, RefusesFieldsThatAreNotThere) {
  Fixture f;
  const sh_option* fields[] = {&f.option, nullptr};
  sh_option table = table_of(fields, 2);
  f.options[0] = &table;
  EXPECT_EQ(copy_tables(f.plugin).status().message(),
            "component \"thing\", option 1, field 2: the pointer is null");
  table.fields = nullptr;
  EXPECT_EQ(copy_tables(f.plugin).status().message(),
            "component \"thing\", option 1, fields: the array is null");
  table.fields = fields;
  f.option.struct_size = 3;
  EXPECT_EQ(copy_tables(f.plugin).status().message().rfind(
                "component \"thing\", option 1, field 1 has struct_size 3", 0),
            0u);
}

TEST(CopyTables, RefusesATableThatHoldsItself) {
  Fixture f;
  const sh_option* fields[] = {nullptr};
  const sh_option table = table_of(fields, 1);
  fields[0] = f.options[0] = &table;
  EXPECT_EQ(copy_tables(f.plugin).status().message(),
            "component \"thing\", option 1, field 1, field 1, field 1, field 1: tables are nested "
            "more than 4 deep");
}

TEST(CopyTables, RefusesMoreOptionsThanAnybodyHas) {
  Fixture f;
  const std::vector<const sh_option*> many(3000, &f.option);
  const sh_option table = table_of(many.data(), 3000);
  const sh_option* options[] = {&table, &table};
  f.component.options = options;
  f.component.option_count = 2;
  EXPECT_EQ(copy_tables(f.plugin).status().message(),
            "component \"thing\", option 2: more than 4096 options, with the fields of tables");
}

TEST(CheckTables, ChecksTheNamesOfFields) {
  Fixture f;
  sh_option bad = f.option, no_name = f.option;
  bad.name = "Size";
  no_name.name = nullptr;
  sh_option word = f.option;
  word.name = "from";  // a field may be called so
  const sh_option* fields[] = {&f.option, &f.option, &bad, &no_name, &word};
  const sh_option table = table_of(fields, 5);
  f.options[0] = &table;
  auto copy = copy_tables(f.plugin);
  ASSERT_TRUE(copy) << copy.status().message();
  std::string all;
  for (const std::string& problem : check_tables(**copy, "acme")) {
    if (problem.find("option") != std::string::npos) all += problem + "\n";
  }
  EXPECT_EQ(all,
            "component \"thing\": two options are called \"table.size\"\n"
            "component \"thing\": option \"table.Size\" is not a name: a small letter, then small "
            "letters, digits and underscores\n"
            "component \"thing\": option (no name) is not a name: a small letter, then small "
            "letters, digits and underscores\n");
}

}  // namespace
}  // namespace streamhost
