// A descriptor set: the file that `protoc --include_imports --descriptor_set_out=FILE` writes.
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::protobuf {

// The place of a message type in its file, as Confluent's framing writes it: the index of the
// message at the top, of the one within it, and so on. Never empty.
using MessagePath = std::vector<int32_t>;

// A pool of descriptors of its own, apart from those that are compiled into the process. [control]
class DescriptorSet {
 public:
  // Reads the file. Throws config_error when it cannot be read, is no descriptor set, or does not
  // hold all that it imports.
  explicit DescriptorSet(const std::string& path);
  DescriptorSet(const DescriptorSet&) = delete;
  DescriptorSet& operator=(const DescriptorSet&) = delete;

  // The message type with this full name; otherwise throws config_error with the nearest name.
  const google::protobuf::Descriptor& message(std::string_view full_name) const;
  // The last file of the set, which is the one that protoc was asked for.
  const google::protobuf::FileDescriptor& main_file() const { return *files_.back(); }
  // Every message type of every file, those within others too, but for the entries of maps.
  std::vector<const google::protobuf::Descriptor*> messages() const;
  const google::protobuf::DescriptorPool& pool() const { return *pool_; }

 private:
  std::string path_;
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::vector<const google::protobuf::FileDescriptor*> files_;  // as in the set
};

// The message types of one file, those within others too, but for the entries of maps.
std::vector<const google::protobuf::Descriptor*> messages_of(
    const google::protobuf::FileDescriptor& file);

MessagePath path_of(const google::protobuf::Descriptor& message);

}  // namespace streamhost::protobuf
