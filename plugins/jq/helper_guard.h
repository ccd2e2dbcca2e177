// The helper's end of the socket, and the limits under which it computes.
//
// libjq cannot be interrupted, aborts when memory is out, and overruns the stack when values are
// nested deep enough. So it runs in a process that may die: every way to die first says why, by
// signal handlers that write to the socket, and what was complete before is written, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol.h"

namespace streamhost::jq::guard {

// Closes what the process should not have, cuts it off from files, and sets handlers. Call once,
// before anything else. Standard input is the socket.
void begin();
// The limits from here on. Memory is counted beside what is in use now.
void limit(uint64_t memory_bytes, uint64_t timeout_us);

// Tells the clock that something new begins, for which there is as much time as `limit` said; with
// `patient` at least ten seconds.
void next_task(bool patient = false);

// Reads exactly `size` bytes; false at the end of the stream. What was sent is flushed before.
bool receive(void* to, size_t size);
// Sends a reply with its bytes; it may be held back until flush() or receive().
void send(Answer answer, uint32_t count, std::string_view bytes);
void flush();

// Sends kFault and ends the process. May be called from a signal handler.
[[noreturn]] void fault(std::string_view message);
// The same, of memory that is out.
[[noreturn]] void fault_of_memory();

}  // namespace streamhost::jq::guard
