#include "descriptor_set.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

#include "test_set.h"

namespace streamhost::protobuf {
namespace {

// What is wrong with a set, its path replaced by SET.
std::string complaint(const std::string& path, const std::string& message = "") {
  try {
    const DescriptorSet read(path);
    if (!message.empty()) read.message(message);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    std::string text = e.what();
    const size_t at = text.find(path);
    if (at != std::string::npos) text.replace(at, path.size(), "SET");
    return text;
  }
  return "no complaint";
}

std::string wrong(const std::string& bytes) { return complaint(TestSet(bytes).path()); }

std::string two_files(const std::string& first, const std::string& second) {
  namespace pb = google::protobuf;
  pb::FileDescriptorSet set;
  for (const std::string& text : {first, second}) {
    pb::FileDescriptorProto file;
    // "name: imports"
    file.set_name(text.substr(0, text.find(':')));
    if (text.find(": ") != std::string::npos) file.add_dependency(text.substr(text.find(": ") + 2));
    *set.add_file() = file;
  }
  return set.SerializeAsString();
}

TEST(DescriptorSets, GiveMessagesByTheirFullName) {
  const DescriptorSet set(kTestSet);
  EXPECT_EQ(set.message("test.Tree.Leaf").name(), "Leaf");
  EXPECT_EQ(set.main_file().name(), "three.proto");
  EXPECT_EQ(messages_of(set.main_file()).size(), 7u);  // without the entries of maps
}

TEST(DescriptorSets, SuggestTheNearestName) {
  EXPECT_EQ(
      complaint(kTestSet, "test.Numbrs"),
      "the descriptor set \"SET\" has no message \"test.Numbrs\" (did you mean \"test.Numbers\"?)");
  EXPECT_EQ(
      complaint(kTestSet, "Leaf"),
      "the descriptor set \"SET\" has no message \"Leaf\" (did you mean \"test.Tree.Leaf\"?)");
  EXPECT_EQ(
      complaint(kTestSet, "test.Colour"),
      "the descriptor set \"SET\" has no message \"test.Colour\" (did you mean \"test.two.Old\"?)");
  EXPECT_EQ(complaint(kTestSet, "test.Maps.TextsEntry").substr(0, 40),
            "the descriptor set \"SET\" has no message ");
}

TEST(DescriptorSets, ThatAreNoneAreRefused) {
  const std::string hint =
      "; make it with protoc --include_imports --descriptor_set_out=FILE x.proto";
  EXPECT_EQ(wrong("syntax = \"proto3\";"), "\"SET\" is no descriptor set" + hint);
  EXPECT_EQ(wrong(""), "\"SET\" is no descriptor set" + hint);
  try {
    DescriptorSet("/nowhere/x.pb");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(),
                 "the descriptor set \"/nowhere/x.pb\" cannot be read: No such file or directory");
  }
}

TEST(DescriptorSets, MustHoldWhatTheyImport) {
  EXPECT_EQ(
      wrong(two_files("a.proto: c.proto", "b.proto")),
      "the descriptor set \"SET\" is wrong: a.proto imports c.proto, which the set does not hold; "
      "make it with protoc --include_imports --descriptor_set_out=FILE x.proto");
  EXPECT_EQ(wrong(two_files("a.proto: b.proto", "b.proto: a.proto")),
            "the descriptor set \"SET\" is wrong: a.proto imports itself");
}

TEST(DescriptorSets, FilesMayStandInAnyOrder) {
  EXPECT_EQ(wrong(two_files("a.proto: b.proto", "b.proto")), "no complaint");
  EXPECT_EQ(wrong(two_files("a.proto", "a.proto")), "no complaint");
}

TEST(DescriptorSets, WhatTheyGetWrongIsNamed) {
  google::protobuf::FileDescriptorSet set;
  google::protobuf::FileDescriptorProto& file = *set.add_file();
  file.set_name("x.proto");
  google::protobuf::FieldDescriptorProto& field = *file.add_message_type()->add_field();
  file.mutable_message_type(0)->set_name("M");
  field.set_name("a");
  field.set_number(1);
  field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type_name("Nothing");
  EXPECT_EQ(wrong(set.SerializeAsString()),
            "the descriptor set \"SET\" is wrong: x.proto: M.a: \"Nothing\" is not defined.");
}

}  // namespace
}  // namespace streamhost::protobuf
