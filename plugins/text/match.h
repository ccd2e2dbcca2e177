// text.match: passes the records whose value matches an expression, and takes out its groups.
#pragma once

#include <streamhost/sdk.hpp>

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

namespace streamhost::text {

class Match {
 public:
  Match(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);

 private:
  struct Named {
    int group;
    std::string prefix;  // "{" or "," and the name as JSON, with its colon
  };
  bool matches(std::string_view text, int groups);
  void pass_whole(const Batch& in, Out& out);
  void put_object(const sh_record& record, Out& out);
  void put_first_group(const sh_record& record, Out& out);

  std::unique_ptr<re2::RE2> pattern_;
  bool invert_;
  re2::RE2::Anchor anchor_;
  std::vector<Named> named_;
  std::vector<re2::StringPiece> groups_;  // of the last match; [0] is all of it
  std::vector<uint32_t> passed_;          // kept for its memory, as is text_
  std::string text_;
};

Component match();

}  // namespace streamhost::text
