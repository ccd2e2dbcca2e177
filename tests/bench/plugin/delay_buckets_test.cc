#include "delay_buckets.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(DelayBuckets, EveryDelayIsAtMostThreePercentAboveItsBucket) {
  size_t last = 0;
  for (int64_t delay = 0; delay < 5'000'000; delay += 1 + delay / 100) {
    const size_t bucket = DelayBuckets::bucket_of(delay);
    ASSERT_LT(bucket, DelayBuckets::kCount);
    EXPECT_GE(bucket, last);
    last = bucket;
    EXPECT_LE(DelayBuckets::delay_of(bucket), delay);
    EXPECT_LE(delay - DelayBuckets::delay_of(bucket), delay / 32);
  }
}

TEST(DelayBuckets, TheLeastDelayOfABucketIsInIt) {
  const size_t all = DelayBuckets::bucket_of(3'600'000'000) + 1;
  EXPECT_LE(all, DelayBuckets::kCount);
  for (size_t bucket = 0; bucket < all; ++bucket) {
    EXPECT_EQ(DelayBuckets::bucket_of(DelayBuckets::delay_of(bucket)), bucket);
  }
}

TEST(DelayBuckets, WhatIsTooShortOrTooLongCountsAtTheEnds) {
  EXPECT_EQ(DelayBuckets::bucket_of(-5), 0u);
  EXPECT_EQ(DelayBuckets::bucket_of(INT64_MAX), DelayBuckets::bucket_of(3'600'000'000));
}

TEST(DelayBuckets, PercentilesAreThoseOfTheCounts) {
  DelayBuckets buckets;
  EXPECT_EQ(buckets.percentile(0.5), 0);
  for (int64_t delay = 1; delay <= 50; ++delay) buckets.add(DelayBuckets::bucket_of(delay), 2);
  EXPECT_EQ(buckets.total(), 100u);
  EXPECT_EQ(buckets.percentile(0.5), 25);
  EXPECT_EQ(buckets.percentile(0.98), 49);
  EXPECT_EQ(buckets.percentile(1), 50);
}

}  // namespace
}  // namespace bench
