#include "saved.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace streamhost::agg {
namespace {

std::string refusal(std::string_view bytes, void (*read)(Loading&)) {
  Loading from(bytes, "agg.test");
  try {
    read(from);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_STATE);
    return e.what();
  }
  return "";
}

TEST(Saved, ReadsBackWhatWasWritten) {
  const uint64_t numbers[] = {0, 1, 127, 128, 300, UINT64_MAX - 1, UINT64_MAX};
  const int64_t integers[] = {0, -1, 1, -64, 64, INT64_MIN, INT64_MAX};
  const double reals[] = {0, -0.0, 1.5, -1e300, std::numeric_limits<double>::denorm_min()};
  Saving to;
  for (const uint64_t n : numbers) to.number(n);
  for (const int64_t n : integers) to.integer(n);
  for (const double n : reals) to.real(n);
  to.text("");
  to.text("\"a\"");
  Loading from(to.bytes(), "agg.test");
  for (const uint64_t n : numbers) EXPECT_EQ(from.number(), n);
  for (const int64_t n : integers) EXPECT_EQ(from.integer(), n);
  for (const double n : reals) EXPECT_EQ(std::signbit(n), std::signbit(from.real()));
  EXPECT_EQ(from.text(), "");
  EXPECT_FALSE(from.at_end());
  EXPECT_EQ(from.json(), "\"a\"");
  from.done();
}

TEST(Saved, RefusesWhatItCannotHaveWritten) {
  EXPECT_EQ(refusal("", [](Loading& l) { l.byte(); }),
            "a saved state of agg.test cannot be used: it is cut short");
  EXPECT_NE(refusal("\x80", [](Loading& l) { l.number(); }), "");
  EXPECT_NE(refusal("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", [](Loading& l) { l.number(); }),
            "");
  EXPECT_NE(refusal("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", [](Loading& l) { l.number(); }),
            "");
  EXPECT_NE(refusal("\x05", [](Loading& l) { l.number(4, "things"); }), "");
  EXPECT_NE(refusal("\x05"
                    "abcd",
                    [](Loading& l) { l.text(); }),
            "");
  EXPECT_NE(refusal("\x02"
                    "ab",
                    [](Loading& l) { l.json(); }),
            "");
  EXPECT_NE(refusal(std::string_view("\0\0\0\0\0\0\xf0\x7f", 8), [](Loading& l) { l.finite(); }),
            "");
  EXPECT_NE(refusal("x", [](Loading& l) { l.done(); }), "");
}

}  // namespace
}  // namespace streamhost::agg
