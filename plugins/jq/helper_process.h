// The plugin's end: a process that runs one jq program, started when it is needed and anew when it
// has ended itself.
#pragma once

#include <sys/types.h>
#include <streamhost/sdk.hpp>

#include <optional>
#include <string>

#include "common/descriptor.h"
#include "protocol.h"

namespace streamhost::jq {

// Owned by one step on one worker. Made and destroyed [control], run [worker].
class HelperProcess {
 public:
  struct Settings {
    std::string name;    // of the program, for messages: "program", "price.jq"
    std::string source;  // of the program
    Mode mode = Mode::kMap;
    bool plain_text = false;
    uint64_t timeout_us = 1'000'000;
    uint64_t memory_limit = 256 << 20;
  };
  // What becomes of records; in their order. What it throws comes out of run().
  struct Taker {
    // Those of record `i`, laid out as in protocol.h.
    virtual void results(uint32_t i, uint32_t count, std::string_view bytes) = 0;
    virtual void bad(uint32_t i, std::string_view message) = 0;
    virtual void log(std::string_view line) = 0;
    virtual ~Taker() = default;
  };

  // Starts the process and has the program compiled. Throws config_error with what is wrong with
  // the program; unavailable when there can be no process.
  explicit HelperProcess(Settings settings);
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  // Runs the program on each record and returns when all are done. Blocks. A record that ends the
  // process is a bad one. Throws unavailable when the process ends for another reason, twice in
  // one place.
  void run(const sh_record* records, uint32_t count, Taker& taker);

  // The process right now; -1 when there is none.
  pid_t pid() const { return pid_; }

 private:
  struct Heard {
    Reply reply;
    std::string_view bytes;  // until the next hear()
  };

  void start();
  void spawn();
  // Ends the process, if there is one, and says how it ended.
  std::string stop();
  // Sends as many records as are good to send at once, at least one, and a large one by itself, for
  // it may be too large for the process. Returns their number, also when the process is gone: what
  // it said before it went can still be heard.
  uint32_t ask(const sh_record* records, uint32_t count);
  bool send_all(std::string_view bytes);
  // Nothing when the process is gone.
  std::optional<Heard> hear();
  bool hear_more(size_t needed);

  Settings settings_;
  plugin_common::Descriptor socket_;
  pid_t pid_ = -1;
  std::string asked_;
  // heard_[taken_ .. heard_size_) came and is not looked at.
  std::string heard_;
  size_t taken_ = 0, heard_size_ = 0;
};

}  // namespace streamhost::jq
