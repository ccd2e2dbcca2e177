#include "engine/agree.h"

#include "engine/messages.pb.h"

namespace streamhost {

Result<std::vector<std::string>> agree(cluster::Members* members, Result<std::string> brought) {
  if (members == nullptr) {
    if (!brought) return brought.status();
    return std::vector<std::string>{brought.take()};
  }
  engine::wire::Brought mine;
  mine.set_code(static_cast<uint32_t>(brought.status().code()));
  mine.set_body(brought ? *brought : brought.status().message());
  auto all = members->gather(mine.SerializeAsString());
  if (!brought) return brought.status();
  if (!all) return all.status();
  std::vector<std::string> bodies;
  for (uint32_t process = 0; process < all->size(); ++process) {
    engine::wire::Brought theirs;
    if (!theirs.ParseFromString((*all)[process]) ||
        theirs.code() > static_cast<uint32_t>(Code::kStopped)) {
      return Status::failed(members->name(process) + ": an agreement that cannot be understood");
    }
    if (theirs.code() != 0) {
      return Status(static_cast<Code>(theirs.code()),
                    members->name(process) + ": " + theirs.body());
    }
    bodies.push_back(std::move(*theirs.mutable_body()));
  }
  return bodies;
}

}  // namespace streamhost
