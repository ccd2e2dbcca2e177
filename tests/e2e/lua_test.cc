// The plugin lua through the real host.
#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost::testing {
namespace {

// Lines KEY=VALUE of standard input.
RunResult run_step(const std::string& use, const std::string& options, const std::string& input,
                   const std::string& script = "") {
  const TempDir folder;
  if (!script.empty()) folder.write("job.lua", script);
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"lua_test\"\n[source.in]\nuse = \"stdio.lines\"\n"
      "[operator.keyed]\nuse = \"text.key_value\"\nfrom = \"in\"\n[operator.step]\nuse = \"" +
          use + "\"\nfrom = \"keyed\"\n" + options +
          "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"step\"\nformat = \"{key}|{value}\"\n");
  RunOptions run;
  run.input = input;
  return streamhost({"--manifest", manifest, "-w", "2"}, run);
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kInput = "a=1\nb=2\na=3\n";

std::vector<std::string> lines_of(const RunResult& run) {
  EXPECT_EQ(run.status, 0) << run.err;
  return sorted_lines(run.out);
}
using Lines = std::vector<std::string>;

TEST(LuaInAJob, MapsFiltersAndKeepsState) {
  EXPECT_EQ(lines_of(run_step("lua.map", "expr = 'value * 2'", kInput)),
            (Lines{"a|2", "a|6", "b|4"}));
  EXPECT_EQ(lines_of(run_step("lua.filter", "expr = 'value > 1'", kInput)), (Lines{"a|3", "b|2"}));
  EXPECT_EQ(lines_of(run_step("lua.flat_map", "expr = '{value, key}'\noutput = 'text'", kInput)),
            (Lines{"a|1", "a|3", "a|a", "a|a", "b|2", "b|b"}));
  EXPECT_EQ(lines_of(run_step("lua.key_on", "expr = 'value % 2'", kInput)),
            (Lines{"0|2", "1|1", "1|3"}));
  EXPECT_EQ(lines_of(run_step("lua.stateful_map", "expr = '(state or 0) + value'", kInput)),
            (Lines{"a|1", "a|4", "b|2"}));
  EXPECT_EQ(lines_of(run_step("lua.stateful_flat_map",
                              "expr = 'value, state and {state, value} or nil'", kInput)),
            (Lines{"a|1", "a|3"}));
}

TEST(LuaInAJob, FoldsAndReducesToTheEnd) {
  EXPECT_EQ(lines_of(run_step("core.fold_final",
                              "aggregate = { use = 'lua.fold', init = '0', add = 'state + value', "
                              "merge = 'state + other' }",
                              kInput)),
            (Lines{"a|4", "b|2"}));
  // Nothing merges here: the host brings all records of a key together first.
  EXPECT_EQ(lines_of(run_step(
                "core.fold_final",
                "aggregate = { use = 'lua.fold', init = '{}', add = '{value, state}' }", kInput)),
            (Lines{"a|[3,[1,{}]]", "b|[2,{}]"}));
  EXPECT_EQ(lines_of(run_step("core.reduce_final",
                              "aggregate = { use = 'lua.reduce', expr = 'math.max(state, value)' }",
                              kInput)),
            (Lines{"a|3", "b|2"}));
  EXPECT_EQ(lines_of(run_step("core.fold_final",
                              "aggregate = { most = { use = 'lua.reduce', expr = 'math.max(state, "
                              "value)' }, n = 'agg.count' }",
                              kInput)),
            (Lines{"a|{\"most\":3,\"n\":2}", "b|{\"most\":2,\"n\":1}"}));
}

// Folds the field v of each key in windows.
RunResult run_windows(const std::string& window, const std::string& fold) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"lua_windows\"\n[source.in]\nuse = \"stdio.lines\"\n"
      "[operator.keyed]\nuse = \"json.extract\"\nfrom = \"in\"\nkey = \"/k\"\ntime = \"/t\"\n"
      "watermark = { wait = \"0s\", idle = \"30s\" }\n"
      "[operator.step]\nuse = \"window.fold\"\nfrom = \"keyed\"\nwindow = { " +
          window + " }\naggregate = { use = 'lua.fold', " + fold +
          " }\n[operator.values]\nuse = \"json.extract\"\nfrom = \"step\"\nvalue = \"/value\"\n" +
          "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"values\"\nformat = \"{key}|{value}\"\n");
  RunOptions run;
  run.input =
      "{\"k\":\"a\",\"t\":10,\"v\":1}\n{\"k\":\"a\",\"t\":20,\"v\":2}\n"
      "{\"k\":\"b\",\"t\":70,\"v\":5}\n{\"k\":\"a\",\"t\":75,\"v\":7}\n";
  return streamhost({"--manifest", manifest, "-w", "2"}, run);
}

TEST(LuaInAJob, FoldsWindows) {
  const std::string tumbling = "kind = 'tumbling', length = '1m', align_to = 1970-01-01T00:00:00Z";
  const std::string session = "kind = 'session', gap = '15s'";
  const std::string sum = "init = '0', add = 'state + value.v'";
  EXPECT_EQ(lines_of(run_windows(tumbling, sum)), (Lines{"a|3", "a|7", "b|5"}));
  EXPECT_EQ(lines_of(run_windows(session, sum + ", merge = 'state + other'")),
            (Lines{"a|3", "a|7", "b|5"}));
  // Sessions merge when a record bridges them, so this is no matter of luck.
  const RunResult refused = run_windows(session, sum);
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_TRUE(
      mentions(refused.err,
               "step \"step\" (window.fold): lua.fold: states have to be merged here, as in "
               "session windows, and the fold has no \"merge\": write one, such as"))
      << refused.err;
}

TEST(LuaInAJob, AMistakeIsFoundByCheck) {
  const auto refusal = [](const std::string& use, const std::string& options,
                          const std::string& script = "") {
    const RunResult run = run_step(use, options, kInput, script);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_TRUE(mentions(run.err, "step \"step\" (" + use + ")")) << run.err;
    return run.err;
  };
  EXPECT_TRUE(
      mentions(refusal("lua.map", "expr = 'value +'"), "expr:1: unexpected symbol near '<eof>'"));
  EXPECT_TRUE(mentions(refusal("lua.stateful_map", "script = 'job.lua'",
                               "local x = 1\nreturn function(state) return end end\n"),
                       "job.lua:2: "));
  EXPECT_TRUE(mentions(refusal("lua.map", "script = 'gone.lua'"), "gone.lua\" cannot be read"));
  EXPECT_TRUE(mentions(
      refusal("core.fold_final", "aggregate = { use = 'lua.fold', init = '0', add = 'state +' }"),
      "add:1: unexpected symbol near '<eof>'"));
}

// The message of a job that fails, which names step, script and line.
std::string failure(const std::string& use, const std::string& body) {
  const bool keeps = mentions(use, "stateful");
  const RunResult run = run_step(
      use, "script = 'job.lua'\nmemory_limit = '32MiB'\ninstruction_limit = 100000000", kInput,
      std::string("return function(") + (keeps ? "state, " : "") + "key, value)\n" + body +
          "\nend\n");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_TRUE(mentions(run.err, "step \"step\"")) << run.err;
  EXPECT_TRUE(mentions(run.err, "job.lua:")) << run.err;
  return run.err;
}

TEST(LuaInAJob, HostileScriptsFailTheJobWithAMessage) {
  const std::string memory =
      "the script needs more memory than the 32 MiB it may use (memory_limit)";
  for (const char* use : {"lua.map", "lua.filter", "lua.key_on", "lua.stateful_map"}) {
    EXPECT_TRUE(mentions(failure(use, "while true do end"),
                         "job.lua:2: the script does not come to an end: more than 100000000 loop "
                         "rounds and calls for one record (instruction_limit)"));
    EXPECT_TRUE(mentions(failure(use, "local function f() return 1 + f() end f()"),
                         "job.lua:2: stack overflow"));
    EXPECT_TRUE(mentions(failure(use, "return string.rep('x', 1e9)"), memory));
    EXPECT_TRUE(
        mentions(failure(use, "\n local t = {}\n while true do\n  t[#t + 1] = {1}\n end"), memory));
    EXPECT_TRUE(mentions(failure(use, "\nlocal x = nil\nreturn x.y"),
                         "job.lua:4: attempt to index local 'x' (a nil value)"));
  }
}

TEST(LuaInAJob, ValuesAndKeysThatAreNoneFailTheJob) {
  const auto message = [](const std::string& use, const std::string& expr) {
    const RunResult run = run_step(use, "expr = '" + expr + "'", kInput);
    EXPECT_EQ(run.status, 1) << run.err;
    EXPECT_TRUE(mentions(run.err, "step \"step\"")) << run.err;
    return run.err;
  };
  EXPECT_TRUE(mentions(message("lua.key_on", "{}"), "key")) << message("lua.key_on", "{}");
  EXPECT_TRUE(mentions(message("lua.key_on", "nil"), "key"));
  EXPECT_TRUE(mentions(message("lua.map", "{[{}] = 1}"),
                       "a table has a table as key, where JSON needs strings"));
  EXPECT_TRUE(mentions(message("lua.map", "print"), "a function cannot be written as JSON"));
}

TEST(LuaInAJob, AStateThatGrowsWithoutEndMeetsTheLimit) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(
name = "lua_grows"
[source.numbers]
use = "demo.sequence"
count = 2000000
keys = 3
[operator.hoard]
use = "lua.stateful_map"
from = "numbers"
memory_limit = "16MiB"
code = '''
return function(state, key, value)
  state = state or {}
  state[#state + 1] = ("x"):rep(500) .. #state
  return state, #state
end'''
[sink.out]
use = "file.lines"
from = "hoard"
path = "out.txt"
)");
  const RunResult run = streamhost({"--manifest", manifest, "-w", "2"});
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_TRUE(mentions(run.err, "step \"hoard\"")) << run.err;
  EXPECT_TRUE(
      mentions(run.err, "the script needs more memory than the 16 MiB it may use (memory_limit)"))
      << run.err;
}

TEST(LuaInAJob, AStateThatCannotBeSavedNamesWhatItIs) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(
name = "lua_unsaved"
[recovery]
directory = "store"
[source.numbers]
use = "demo.sequence"
count = 10
keys = 1
[operator.hoard]
use = "lua.stateful_map"
from = "numbers"
expr = "{a = {1, print}}, 1"
[sink.out]
use = "stdio.lines"
from = "hoard"
)");
  const RunResult run = streamhost({"--manifest", manifest, "-w", "1"});
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_TRUE(mentions(run.err, "the state cannot be saved: state.a[2] is a function")) << run.err;
  EXPECT_TRUE(mentions(run.err, "step \"hoard\"")) << run.err;
}

TEST(LuaInAJob, BadRecordsCanBeSkipped) {
  const RunResult run =
      run_step("lua.map",
               "expr = 'value < 3 and value or (function() while true do end end)()'\n"
               "instruction_limit = 10000\non_error = 'skip'",
               kInput);
  EXPECT_EQ(lines_of(run), (Lines{"a|1", "b|2"}));
}

}  // namespace
}  // namespace streamhost::testing
