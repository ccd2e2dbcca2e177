#include "schema.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "test_set.h"

namespace streamhost::protobuf {
namespace {

namespace pb = google::protobuf;

std::unique_ptr<Schema> schema_of(const DescriptorSet& set, const std::string& type) {
  return std::make_unique<Schema>(set, std::vector{&set.message(type)}, false);
}

TEST(Schemas, HoldWhatCanBeReachedFromTheirRoots) {
  const DescriptorSet set(kTestSet);
  const auto tree = schema_of(set, "test.Tree");
  EXPECT_NE(tree->find("test.Tree"), nullptr);
  EXPECT_NE(tree->find("test.Tree.Leaf"), nullptr);
  EXPECT_NE(tree->find("test.Numbers"), nullptr);
  EXPECT_EQ(tree->find("test.Tree.Leaf.Vein"), nullptr);
  EXPECT_EQ(tree->find("test.Known"), nullptr);
}

TEST(Schemas, HoldAllTypesWhereAnAnyCanBeMet) {
  const DescriptorSet set(kTestSet);
  const auto known = schema_of(set, "test.Known");
  EXPECT_NE(known->find("test.Tree.Leaf.Vein"), nullptr);
  EXPECT_NE(known->find("test.two.Old"), nullptr);
}

TEST(Schemas, FindFieldsByNumberAndByEitherName) {
  const DescriptorSet set(kTestSet);
  const auto schema = schema_of(set, "test.Tree");
  const Message& tree = *schema->find("test.Tree");
  const auto name_of = [&](uint32_t number) {
    const int32_t index = tree.find(number);
    return index < 0 ? "none" : tree.fields[static_cast<size_t>(index)].name;
  };
  EXPECT_EQ(name_of(1), "name");
  EXPECT_EQ(name_of(300), "many");
  EXPECT_EQ(name_of(70000), "maps");
  EXPECT_EQ(name_of(kMaxFieldNumber), "leaf");
  for (const uint32_t none : {0u, 11u, 255u, 256u, 299u, 301u, kMaxFieldNumber - 1}) {
    EXPECT_EQ(name_of(none), "none") << none;
  }
  const int32_t other = tree.find(10);
  for (const int32_t guess : {-1, 0, other, 1000}) {
    EXPECT_EQ(tree.find("@other", guess), other);
    EXPECT_EQ(tree.find("other_name", guess), other);
    EXPECT_EQ(tree.find("otherName", guess), -1);
  }
}

TEST(Schemas, TakeOnlyGooglesOwnTypesForWellKnown) {
  pb::FileDescriptorSet files;
  pb::FileDescriptorProto& file = *files.add_file();
  file.set_name("google/protobuf/timestamp.proto");
  file.set_package("google.protobuf");
  pb::DescriptorProto& message = *file.add_message_type();
  message.set_name("Timestamp");
  pb::FieldDescriptorProto& field = *message.add_field();
  field.set_name("millis");
  field.set_number(1);
  field.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type(pb::FieldDescriptorProto::TYPE_INT64);
  const TestSet written(files.SerializeAsString());
  const DescriptorSet set(written.path());
  const auto schema = schema_of(set, "google.protobuf.Timestamp");
  EXPECT_EQ(schema->find("google.protobuf.Timestamp")->well_known, WellKnown::kNone);
  const DescriptorSet real(kTestSet);
  EXPECT_EQ(
      schema_of(real, "google.protobuf.Timestamp")->find("google.protobuf.Timestamp")->well_known,
      WellKnown::kTimestamp);
}

}  // namespace
}  // namespace streamhost::protobuf
