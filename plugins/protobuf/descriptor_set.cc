#include "descriptor_set.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <streamhost/sdk.hpp>

#include "common/descriptor.h"

namespace streamhost::protobuf {
namespace {

namespace pb = google::protobuf;

constexpr const char* kMakeOne =
    "make it with protoc --include_imports --descriptor_set_out=FILE x.proto";

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const int error = errno;
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    throw config_error("the descriptor set \"" + path +
                       "\" cannot be read: " + plugin_common::error_text(error));
  }
  return content;
}

// Keeps what the pool complains of; without it, it would be written to the log of libprotobuf.
struct Complaints : pb::DescriptorPool::ErrorCollector {
  void AddError(const std::string& file, const std::string& element, const pb::Message*,
                ErrorLocation, const std::string& message) override {
    if (first.empty()) first = file + ": " + element + ": " + message;
  }
  std::string first;
};

// Builds the files of a set in the order in which they need each other.
class Builder {
 public:
  Builder(const std::string& path, const pb::FileDescriptorSet& set, pb::DescriptorPool& pool)
      : path_(path), pool_(pool) {
    for (const pb::FileDescriptorProto& file : set.file()) protos_.emplace(file.name(), &file);
  }
  const pb::FileDescriptor* build(const std::string& name) {
    if (const pb::FileDescriptor* done = pool_.FindFileByName(name)) return done;
    const pb::FileDescriptorProto& proto = *protos_.at(name);
    if (++depth_ > protos_.size()) fail(name + " imports itself");
    for (const std::string& import : proto.dependency()) {
      if (!protos_.contains(import)) {
        fail(name + " imports " + import + ", which the set does not hold; " + kMakeOne);
      }
      build(import);
    }
    --depth_;
    Complaints complaints;
    const pb::FileDescriptor* file = pool_.BuildFileCollectingErrors(proto, &complaints);
    if (file == nullptr) fail(complaints.first);
    return file;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw config_error("the descriptor set \"" + path_ + "\" is wrong: " + what);
  }
  const std::string& path_;
  pb::DescriptorPool& pool_;
  std::map<std::string, const pb::FileDescriptorProto*> protos_;
  size_t depth_ = 0;
};

void add_with_nested(const pb::Descriptor& message, std::vector<const pb::Descriptor*>& to) {
  if (message.options().map_entry()) return;
  to.push_back(&message);
  for (int i = 0; i < message.nested_type_count(); ++i) {
    add_with_nested(*message.nested_type(i), to);
  }
}

// Insertions, deletions and exchanges of a character that make one of the other, cases ignored.
size_t distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; };
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t same = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, same});
    }
  }
  return row.back();
}

// The name of which the last part says the same comes first: the package is what people forget.
std::string nearest(std::string_view name, const std::vector<const pb::Descriptor*>& messages) {
  const auto last_part = [](std::string_view full) { return full.substr(full.rfind('.') + 1); };
  std::string best;
  size_t least = std::numeric_limits<size_t>::max();
  for (const pb::Descriptor* message : messages) {
    const size_t d = std::min(distance(name, message->full_name()),
                              distance(last_part(name), last_part(message->full_name())) * 2);
    if (d >= least) continue;
    least = d;
    best = message->full_name();
  }
  return best;
}

}  // namespace

DescriptorSet::DescriptorSet(const std::string& path)
    : path_(path), pool_(std::make_unique<pb::DescriptorPool>()) {
  const std::string content = content_of(path);
  pb::FileDescriptorSet set;
  const bool parsed = content.size() <= static_cast<size_t>(std::numeric_limits<int>::max()) &&
                      set.ParsePartialFromArray(content.data(), static_cast<int>(content.size()));
  if (!parsed || set.file().empty()) {
    throw config_error("\"" + path + "\" is no descriptor set; " + kMakeOne);
  }
  Builder builder(path, set, *pool_);
  for (const pb::FileDescriptorProto& file : set.file()) {
    files_.push_back(builder.build(file.name()));
  }
}

const pb::Descriptor& DescriptorSet::message(std::string_view full_name) const {
  const std::string name(full_name);
  const pb::Descriptor* found = pool_->FindMessageTypeByName(name);
  if (found != nullptr && !found->options().map_entry()) return *found;
  const std::vector<const pb::Descriptor*> all = messages();
  std::string text = "the descriptor set \"" + path_ + "\" has no message \"" + name + "\"";
  if (all.empty()) throw config_error(text + ", and no other either");
  throw config_error(text + " (did you mean \"" + nearest(name, all) + "\"?)");
}

std::vector<const pb::Descriptor*> DescriptorSet::messages() const {
  std::vector<const pb::Descriptor*> all;
  for (const pb::FileDescriptor* file : files_) {
    const auto some = messages_of(*file);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<const pb::Descriptor*> messages_of(const pb::FileDescriptor& file) {
  std::vector<const pb::Descriptor*> all;
  for (int i = 0; i < file.message_type_count(); ++i) add_with_nested(*file.message_type(i), all);
  return all;
}

MessagePath path_of(const pb::Descriptor& message) {
  MessagePath path;
  for (const pb::Descriptor* at = &message; at != nullptr; at = at->containing_type()) {
    path.insert(path.begin(), at->index());
  }
  return path;
}

}  // namespace streamhost::protobuf
