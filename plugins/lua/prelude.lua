-- The Lua side of every step: what scripts find, and the loops that run a function over a batch.
--
-- Runs once per interpreter, before the script, with the whole library at hand; the script sees the
-- table `env` alone. The loops read records and call C++ by FFI, so that a loop and the function in
-- it are compiled as one. See call.h for what is shared with C++.
local P = ...

local ffi = require("ffi")
ffi.cdef [[
typedef struct sh_record {
  const uint8_t *key;
  const uint8_t *value;
  const void *headers;
  uint32_t key_len, value_len, header_count, flags;
  int64_t event_time_us;
  uint64_t key_hash, reserved;
} sh_record;
typedef struct sh_slot {
  void *owner;
  int32_t ref, reserved;
} sh_slot;
typedef struct sh_call {
  const sh_record *records;
  sh_slot **slots;
  uint32_t *chosen;
  void *owner;
  double base, num;
  const char *ptr;
  uint64_t len;
  uint32_t count, at, chosen_count, node;
} sh_call;
typedef struct sh_functions {
  int32_t (*member)(sh_call *, double, uint32_t, const char *, size_t);
  int32_t (*root)(sh_call *);
  int32_t (*text_number)(sh_call *);
  int32_t (*text_is)(sh_call *, const char *, size_t);
  int32_t (*put_text)(sh_call *, const char *, size_t);
  int32_t (*put_string)(sh_call *, const char *, size_t);
  int32_t (*put_number)(sh_call *, double);
  int32_t (*put_same)(sh_call *);
  int32_t (*put_absent)(sh_call *);
  int32_t (*put_key)(sh_call *, const char *, size_t);
  int32_t (*take_slot)(sh_call *);
  int32_t (*give_slot)(sh_call *, int32_t);
  int32_t (*log)(sh_call *, const char *, size_t);
} sh_functions;
]]

local C = ffi.cast("sh_call *", P.call)
local F = ffi.cast("const sh_functions *", P.functions)
local member, root, text_number, text_is = F.member, F.root, F.text_number, F.text_is
local put_text, put_string, put_number = F.put_text, F.put_string, F.put_number
local put_same, put_absent, put_key = F.put_same, F.put_absent, F.put_key
local take_slot, give_slot, log = F.take_slot, F.give_slot, F.log

local null, absent, lazy, list = P.null, P.absent, P.lazy, P.list
local fill, fields, revive = P.fill, P.fields, P.revive
local put_other, put_items, encode, decode = P.put_other, P.put_items, P.encode, P.decode
local limit = P.instruction_limit
local json, quoted, retain = P.json, P.quoted, P.retain
local states = P.states

local ffi_string, type, tonumber, tostring, error = ffi.string, type, tonumber, tostring, error
local setmetatable, getmetatable, rawequal, select = setmetatable, getmetatable, rawequal, select
local pcall, xpcall, pairs, next, gsub = pcall, xpcall, pairs, next, string.gsub
local concat, insert = table.concat, table.insert
local ABSENT, NO_TIME = 0xffffffff, -0x7fffffffffffffffLL - 1LL
local STALE, BAD = 8, 9

-- Counting. Every loop and every function of a script begins with a call of tick(): a hook would not
-- be called in compiled code.

local ticks = 0
local function tick()
  ticks = ticks + 1
  if ticks > limit then
    error("the script does not come to an end: more than " .. limit .. " loop rounds and calls " ..
      "for one record (instruction_limit)", 2)
  end
end

-- JSON. An object is a table without fields of its own that asks the document for each; it knows its
-- record, its place there, the objects and arrays it gave out, and, where states may keep it, the
-- text. It becomes a plain table when it is changed or walked through. An array is a plain table
-- from the beginning.

local function object(record, node, text)
  return setmetatable({ ["\0record"] = record, ["\0node"] = node, ["\0text"] = text, ["\0kids"] = false },
    lazy)
end

local function rare(t, name, kind)
  if kind == 3 then return true end
  if kind == 4 then return false end
  if kind == 5 then return null end
  if kind == STALE then
    revive(t)
    return t[name]
  end
  if kind == BAD then error("the value " .. ffi_string(C.ptr, C.len), 2) end
  local text = t["\0text"]
  if retain and not text then
    local r = C.records[C.at]
    text = ffi_string(r.value, r.value_len)
  end
  local kid
  if kind == 6 then
    kid = object(t["\0record"], C.node, text)
  else
    kid = fill(t["\0record"], C.node, text)
  end
  local kids = t["\0kids"]
  if not kids then
    kids = {}
    t["\0kids"] = kids
  end
  kids[name] = kid
  return kid
end

lazy.__index = function(t, name)
  if type(name) ~= "string" then return nil end
  local kids = t["\0kids"]
  if kids then
    local kid = kids[name]
    if kid ~= nil then return kid end
  end
  local kind = member(C, t["\0record"], t["\0node"], name, #name)
  if kind == 1 then return C.num end
  if kind == 2 then return ffi_string(C.ptr, C.len) end
  if kind == 0 then return nil end
  return rare(t, name, kind)
end

lazy.__newindex = function(t, name, value)
  fields(t)
  t[name] = value
end

lazy.__tostring = function(t) return encode(t) end
list.__tostring = lazy.__tostring

-- `keep`: the value itself may outlive its record.
local function from_json(r, i, keep)
  local len = r.value_len
  if len > 1 and r.value[0] == 123 then
    return object(C.base + i, 0, keep and ffi_string(r.value, len))
  end
  local kind = root(C)
  if kind == 1 then return C.num end
  if kind == 2 then return ffi_string(C.ptr, C.len) end
  if kind == 3 then return true end
  if kind == 4 then return false end
  if kind == 5 then return null end
  if kind == BAD then error("the value " .. ffi_string(C.ptr, C.len), 0) end
  local text = retain and ffi_string(r.value, len)
  if kind == 6 then return object(C.base + i, 0, text) end
  return fill(C.base + i, 0, text)
end

-- Puts out x in place of the value v; false when the call has to end.
local function put(x, v)
  local kind = type(x)
  if kind == "table" then
    if rawequal(x, v) and getmetatable(x) == lazy and x["\0kids"] == false then
      return put_same(C) ~= 0
    end
    return put_other(x)
  end
  if kind == "string" then
    if x == v and json == quoted then return put_same(C) ~= 0 end
    if quoted then return put_string(C, x, #x) ~= 0 end
    return put_text(C, x, #x) ~= 0
  end
  if x == v then return put_same(C) ~= 0 end
  if kind == "number" then return put_number(C, x) ~= 0 end
  if x == absent then return put_absent(C) ~= 0 end
  return put_other(x)
end

local function named(x)
  if x == nil then return "nil" end
  if x == null then return "null" end
  if x == absent then return "absent" end
  if type(x) == "boolean" then return tostring(x) end
  return "a " .. type(x)
end

-- The loops. Each starts at record `from`, notes in C.at which record is in hand, and returns when
-- the batch is done or the call has to end. C++ goes on behind a record that made one raise an error.

-- `script` is the script's function, or for a fold a table of them; the others say what it looks at, and
-- whether it may keep the value itself.
local function loop(kind, script, use_key, use_value, use_time, keep_value)
  local function value_of(r, i)
    if not use_value or r.value_len == ABSENT then return nil end
    if json then return from_json(r, i, keep_value) end
    return ffi_string(r.value, r.value_len)
  end

  local function key_of(r)
    if not use_key or r.key_len == ABSENT then return nil end
    return ffi_string(r.key, r.key_len)
  end

  local function time_of(r)
    if not use_time or r.event_time_us == NO_TIME then return nil end
    return tonumber(r.event_time_us)
  end

  local loops = {}

  function loops.map(script)
    return function(from)
      local records = C.records
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r = records[i]
        local v = value_of(r, i)
        local x = script(key_of(r), v, time_of(r))
        if x ~= nil and not put(x, v) then return end
      end
    end
  end

  local function put_array(x, what)
    -- An object would have length 0, and its fields would be lost without a word.
    if type(x) ~= "table" or getmetatable(x) == lazy then
      error("the " .. what .. " must be an array of values, not " .. named(x), 0)
    end
    return put_items(x, what)
  end

  function loops.flat_map(script)
    return function(from)
      local records = C.records
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r = records[i]
        local x = script(key_of(r), value_of(r, i), time_of(r))
        if x ~= nil and not put_array(x, "result") then return end
      end
    end
  end

  -- `chosen` becomes the list of records that pass.
  function loops.filter(script)
    return function(from)
      local records, chosen, passed = C.records, C.chosen, C.chosen_count
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r = records[i]
        local x = script(key_of(r), value_of(r, i), time_of(r))
        if x and x ~= null then
          chosen[passed] = i
          passed = passed + 1
          C.chosen_count = passed
        end
      end
    end
  end

  -- `chosen` becomes 1 for records that pass, 2 for others; it was 0.
  function loops.branch(script)
    return function(from)
      local records, chosen = C.records, C.chosen
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r = records[i]
        local x = script(key_of(r), value_of(r, i), time_of(r))
        if x and x ~= null then chosen[i] = 1 else chosen[i] = 2 end
      end
    end
  end

  function loops.key_on(script)
    return function(from)
      local records = C.records
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r = records[i]
        local x = script(key_of(r), value_of(r, i), time_of(r))
        if type(x) ~= "string" then
          if type(x) ~= "number" then
            error("the key must be a string or a number, not " .. named(x), 0)
          end
          if x ~= x or x == 1 / 0 or x == -1 / 0 then
            error("the key must be a string or a number, not " .. tostring(x), 0)
          end
          x = encode(x)
        end
        local status = put_key(C, x, #x)
        if status == 0 then return end
        if status == 2 then error("the key is not UTF-8", 0) end
      end
    end
  end

  -- Keyed steps.
  local function stateful(script, put_result)
    return function(from)
      local records, slots = C.records, C.slots
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r, slot = records[i], slots[i]
        local ref = slot.ref
        local state
        if ref ~= 0 then state = states[ref] end
        local v = value_of(r, i)
        local new, x = script(state, key_of(r), v, time_of(r))
        local going = x == nil or put_result(x, v)
        if new ~= nil then
          if ref == 0 then
            ref = take_slot(C)
            slot.owner = C.owner
            slot.ref = ref
          end
          states[ref] = new
        elseif ref ~= 0 then
          states[ref] = nil
          slot.ref = 0
          give_slot(C, ref)
        end
        if not going then return end
      end
    end
  end

  function loops.stateful_map(script) return stateful(script, put) end

  function loops.stateful_flat_map(script)
    return stateful(script, function(x) return put_array(x, "output") end)
  end

  -- Aggregates. `script.init` makes a state; without it the first value is one.
  function loops.fold(script)
    local init, add, reduce = script.init, script.add, script.reduce
    if reduce then add = function(state, _, value) return reduce(state, value) end end
    return function(from)
      local records, slots = C.records, C.slots
      for i = from, C.count - 1 do
        C.at = i
        ticks = 0
        local r, slot = records[i], slots[i]
        local ref = slot.ref
        local v = value_of(r, i)
        local state
        if ref ~= 0 then
          state = add(states[ref], key_of(r), v, time_of(r))
        elseif init then
          state = add(init(), key_of(r), v, time_of(r))
        else
          state = v
          if v == nil then error("the record has no value", 0) end
        end
        if state == nil then error("the new state must not be nil", 0) end
        if ref == 0 then
          ref = take_slot(C)
          slot.owner = C.owner
          slot.ref = ref
        end
        states[ref] = state
      end
    end
  end

  return loops[kind](script)
end

-- What scripts find.

local function plain(t)
  if type(t) == "table" and getmetatable(t) == lazy then fields(t) end
  return t
end

-- gsub() with a function runs on the C stack, which ends sooner than Lua's: recursion through it
-- would crash.
local depth = 0
local function leave(good, a, b)
  depth = depth - 1
  if not good then error(a, 0) end
  return a, b
end
string.gsub = function(s, pattern, replacement, n)
  local kind = type(replacement)
  if kind ~= "function" and (kind ~= "table" or getmetatable(replacement) == nil) then
    return gsub(s, pattern, replacement, n)
  end
  if depth >= 50 then error("string.gsub is called within itself too deeply", 2) end
  depth = depth + 1
  return leave(pcall(gsub, s, pattern, replacement, n))
end
string.dump = nil
getmetatable("").__metatable = false

local function array(t)
  if t == nil then t = {} end
  return setmetatable(plain(t), list)
end

local function print(...)
  local texts = {}
  for i = 1, select("#", ...) do texts[i] = tostring((select(i, ...))) end
  local text = concat(texts, "\t")
  log(C, text, #text)
end

local env = {
  _VERSION = _VERSION,
  assert = assert, error = error, pcall = pcall, xpcall = xpcall, select = select, type = type,
  tonumber = tonumber, tostring = tostring, unpack = unpack, rawequal = rawequal, ipairs = ipairs,
  setmetatable = function(t, mt) return setmetatable(plain(t), mt) end,
  print = print,
  pairs = function(t) return pairs(plain(t)) end,
  next = function(t, name) return next(plain(t), name) end,
  getmetatable = function(t)
    local mt = getmetatable(t)
    if mt == lazy or mt == list then return nil end
    return mt
  end,
  math = math, string = string, bit = bit,
  table = { concat = concat, insert = function(t, ...) return insert(plain(t), ...) end, remove = table.remove, sort = table.sort,
    maxn = table.maxn },
  os = { time = os.time, clock = os.clock, date = os.date, difftime = os.difftime },
  null = null, absent = absent, array = array,
  json = { encode = function(x) return encode(x) end, decode = function(text) return decode(text) end },
}
env._G = env

-- What an expression on plain text becomes where nothing needs the text as a string; see source.h.
local function is(text) return text_is(C, text, #text) ~= 0 end
local function number()
  if text_number(C) == 1 then return C.num end
  local r = C.records[C.at]
  if r.value_len == ABSENT then return nil end
  return tonumber(ffi_string(r.value, r.value_len))
end

require("jit").opt.start("maxtrace=4000", "maxmcode=2048")

return {
  env = env, tick = tick, is = is, number = number,
  begin = function() ticks = 0 end,
  loop = loop,
}
