// What C++ and the Lua code of a step share: one struct of plain fields, and functions that
// compiled Lua code calls as it calls its own. prelude.lua declares both once more, field by field.
#pragma once

#include <streamhost/abi.h>

#include <cstddef>
#include <cstdint>

namespace streamhost::lua {

class Interpreter;

// What a JSON value is, or why there is none.
enum Kind : int32_t {
  kAbsent = 0,
  kNumber = 1,
  kString = 2,
  kTrue = 3,
  kFalse = 4,
  kNull = 5,
  kObject = 6,
  kArray = 7,
  kStale = 8,  // of a record that is not in hand any more
  kBad = 9     // the text is no JSON; `ptr` and `len` say why
};

// The state of one key, in memory of the host: a place in the table where the Lua side keeps the
// values. Gives its place back when it goes.
struct Slot {
  Slot() = default;
  Slot(Interpreter* o, int32_t r) : owner(o), ref(r) {}
  Slot(Slot&& other) noexcept : owner(other.owner), ref(other.ref) { other.ref = 0; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  Slot& operator=(Slot&&) = delete;
  ~Slot();

  Interpreter* owner = nullptr;  // set whenever `ref` is
  int32_t ref = 0;               // 0: no state
  int32_t reserved = 0;
};

// The running call, and the results of functions that have more than one.
struct Call {
  const sh_record* in = nullptr;
  Slot* const* slots = nullptr;  // one per record, of keyed steps
  uint32_t* chosen = nullptr;    // room for one number per record, see prelude.lua
  Interpreter* owner = nullptr;
  double base = 0;  // the number of record 0, counted from the interpreter's first record
  double num = 0;
  const char* ptr = nullptr;
  uint64_t len = 0;
  uint32_t count = 0;
  uint32_t at = 0;  // the record in hand
  uint32_t chosen_count = 0;
  uint32_t node = 0;
};

// All of them return a Kind, or for the put_ functions 1 when the record was put out and 0 when the
// call has to end. None of them calls into the same interpreter.
struct Functions {
  // A field of an object in the document of record number `record`.
  int32_t (*member)(Call*, double record, uint32_t node, const char* name, size_t size);
  // The whole value of the record in hand, read as JSON.
  int32_t (*root)(Call*);
  // The value of the record in hand, a plain text: as a number (kNumber, or kAbsent when it must be
  // looked at more closely), and whether it is this text.
  int32_t (*text_number)(Call*);
  int32_t (*text_is)(Call*, const char* text, size_t size);

  // Put out the record in hand: with another value, as it is, or under another key.
  int32_t (*put_text)(Call*, const char* text, size_t size);
  int32_t (*put_string)(Call*, const char* text, size_t size);  // as JSON
  int32_t (*put_number)(Call*, double number);
  int32_t (*put_same)(Call*);
  int32_t (*put_absent)(Call*);
  int32_t (*put_key)(Call*, const char* key, size_t size);  // 2: it is not UTF-8

  // A free place for the state of a key, and giving one back.
  int32_t (*take_slot)(Call*);
  int32_t (*give_slot)(Call*, int32_t ref);
  int32_t (*log)(Call*, const char* text, size_t size);
};

// prelude.lua declares these layouts.
static_assert(sizeof(sh_record) == 64 && offsetof(sh_record, key_len) == 24 &&
              offsetof(sh_record, event_time_us) == 40);
static_assert(sizeof(Slot) == 16 && offsetof(Slot, ref) == 8);
static_assert(sizeof(Call) == 80 && offsetof(Call, base) == 32 && offsetof(Call, count) == 64);

}  // namespace streamhost::lua
