// Adding plain numbers allocates nothing.
#include <cstdlib>
#include <new>

#include "aggregate_harness.h"

// Sanitizers bring an operator new of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS
#endif

#ifdef COUNTS_ALLOCATIONS
namespace {

size_t allocations = 0;

}  // namespace

__attribute__((noinline)) void* operator new(size_t size) {
  ++allocations;
  if (void* bytes = std::malloc(size == 0 ? 1 : size)) return bytes;
  throw std::bad_alloc();
}
// Inlined, they would look to the compiler like free() of what `new` gave.
__attribute__((noinline)) void operator delete(void* bytes) noexcept { std::free(bytes); }
__attribute__((noinline)) void operator delete(void* bytes, size_t) noexcept { std::free(bytes); }

namespace streamhost::agg {
namespace {

size_t allocations_of(const std::string& name, const AggregateHarness::Options& options,
                      const std::vector<std::string>& texts) {
  AggregateHarness h(name, options);
  const auto state = h.state();
  const std::vector<void*> states(texts.size(), state.get());
  std::vector<sh_record> records;
  for (const std::string& text : texts) {
    sh_record r{};
    r.value = to_bytes(text).ptr;
    r.value_len = static_cast<uint32_t>(text.size());
    records.push_back(r);
  }
  sh_error error{};
  error.struct_size = sizeof error;
  const auto add = [&] {
    const auto count = static_cast<uint32_t>(records.size());
    return h.table().add(h.self(), states.data(), records.data(), count, &error);
  };
  EXPECT_EQ(add(), SH_OK) << error.message;  // may make room for the tokens of JSON
  const size_t before = allocations;
  EXPECT_EQ(add(), SH_OK);
  return allocations - before;
}

TEST(Allocations, NumbersNeedNone) {
  const std::vector<std::string> numbers = {"1", "-2.5", "1234567890123", "1e3", "0.000001"};
  std::vector<std::string> objects;
  for (const std::string& n : numbers) objects.push_back("{\"id\":\"x\",\"price\":" + n + "}");
  for (const char* name : {"count", "sum", "min", "max", "mean", "stddev"}) {
    EXPECT_EQ(allocations_of(name, {}, numbers), 0u) << name;
    EXPECT_EQ(allocations_of(name, {{"of", {"/price"}}}, objects), 0u) << name;
  }
}

TEST(Allocations, ValuesThatWereSeenNeedNone) {
  const std::vector<std::string> texts = {"1", "\"a\"", "true", "12.50", "plain"};
  for (const char* name : {"first", "last", "distinct"}) {
    EXPECT_EQ(allocations_of(name, {}, texts), 0u) << name;
  }
  EXPECT_EQ(allocations_of("collect", {{"as", {"set"}}}, texts), 0u);
  EXPECT_EQ(allocations_of("frequent", {{"k", {"2"}}}, texts), 0u);
  EXPECT_EQ(allocations_of("quantile", {{"q", {"0.5"}}}, {"1", "2", "3"}), 0u);
}

}  // namespace
}  // namespace streamhost::agg

#else

TEST(Allocations, NumbersNeedNone) {
  GTEST_SKIP() << "NOT CHECKED: sanitizers bring an operator new of their own";
}

#endif
