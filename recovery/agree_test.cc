// What processes agree on, from what they say; there are no files here.
#include <gtest/gtest.h>

#include "recovery/shares.h"

namespace streamhost::recovery::testing {
namespace {

// Epochs 1 to `newest`, of one execution.
HeldPart part(uint32_t number, int64_t newest, int64_t execution = 1, int64_t horizon = 1) {
  HeldPart result;
  result.part = number;
  result.path = "/d/part-" + std::to_string(number);
  result.execution = execution;
  result.nonce = execution * 1000;
  result.horizon = horizon;
  for (int64_t epoch = 1; epoch <= newest; ++epoch) result.epochs.push_back({epoch, 1, 1000});
  return result;
}

HeldPart fresh(uint32_t number) {
  HeldPart result;
  result.part = number;
  result.path = "/d/part-" + std::to_string(number);
  return result;
}

Holding holding(uint32_t process, uint32_t parts, std::vector<HeldPart> held) {
  Holding result;
  result.directory = "/d";
  result.proposed_store = "store " + std::to_string(process);
  result.proposed_nonce = 100 + process;
  if (held.empty()) return result;
  result.store = "store";
  result.parts = parts;
  for (HeldPart& each : held) {
    if (each.place.machine.empty()) each.place = {"machine", process, each.part};
  }
  result.held = std::move(held);
  return result;
}

// "0 1 2+": the process of each part, and whether it makes it.
std::string dealt(const std::vector<Holding>& all) {
  const Result<Share> share = agree(all);
  if (!share) return share.failure().message;
  std::string text;
  for (const Share::Part& each : share->parts) {
    text += (text.empty() ? "" : " ") + std::to_string(each.process) + (each.make ? "+" : "");
  }
  return text;
}

void expect_refused(const std::vector<Holding>& all, const std::vector<std::string>& words) {
  const std::string message = dealt(all);
  for (const std::string& word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << word << "\n in: " << message;
  }
}

TEST(Agree, ANewStoreHasAPartForEachProcess) {
  const std::vector<Holding> all = {holding(0, 0, {}), holding(1, 0, {}), holding(2, 0, {})};
  EXPECT_EQ(dealt(all), "0+ 1+ 2+");
  const Result<Share> share = agree(all);
  EXPECT_EQ(share->processes, 3u);
  EXPECT_EQ(share->store, "store 0");
  EXPECT_EQ(share->resume_epoch, 0);
  EXPECT_EQ(share->execution, 1);
  EXPECT_EQ(share->nonce, 100);
}

TEST(Agree, ANewStoreHasAsManyPartsAsAreAskedFor) {
  std::vector<Holding> all = {holding(0, 0, {}), holding(1, 0, {})};
  for (Holding& each : all) each.partitions = 5;
  EXPECT_EQ(dealt(all), "0+ 1+ 0+ 1+ 0+");
  all[1].partitions = 4;
  expect_refused(all, {"process 1: /d: asked for 4 partitions, but process 0 for 5"});
}

TEST(Agree, WhatWasBeingMadeIsMadeToItsEnd) {
  EXPECT_EQ(dealt({holding(0, 0, {}), holding(1, 3, {fresh(1)})}), "0+ 1 0+");
  const Result<Share> share = agree({holding(0, 0, {}), holding(1, 3, {fresh(1)})});
  EXPECT_EQ(share->store, "store") << "not what anybody proposes";
}

TEST(Agree, WhatHasBegunButCommittedNothingIsMadeToItsEnd) {
  HeldPart begun = fresh(0);
  begun.execution = 3;
  const Result<Share> share = agree({holding(0, 2, {begun}), holding(1, 0, {})});
  ASSERT_TRUE(share) << share.failure().message;
  EXPECT_TRUE(share->parts[1].make);
  EXPECT_EQ(share->execution, 4);
}

TEST(Agree, EachPartGoesToAProcessThatHasIt) {
  EXPECT_EQ(dealt({holding(0, 3, {part(2, 5)}), holding(1, 3, {part(0, 5), part(1, 5)})}), "1 1 0");
  EXPECT_EQ(dealt({holding(0, 2, {part(0, 5), part(1, 5)}), holding(1, 0, {})}), "0 0");
}

TEST(Agree, PartsInASharedFolderAreSpreadEvenly) {
  std::vector<HeldPart> all;
  for (uint32_t number = 0; number < 5; ++number) {
    all.push_back(part(number, 5));
    all.back().place = {"machine", 1, number};
  }
  EXPECT_EQ(dealt({holding(0, 5, all), holding(1, 5, all)}), "0 1 0 1 0");
  EXPECT_EQ(dealt({holding(0, 5, all), holding(1, 5, all), holding(2, 5, all)}), "0 1 2 0 1");
  EXPECT_TRUE(agree({holding(0, 5, all), holding(1, 5, all)})->notes.empty());
}

TEST(Agree, PartsThatOnlyOneHasComeFirst) {
  // Part 0 is with both, part 1 with process 0 only.
  HeldPart both = part(0, 5);
  both.place = {"machine", 1, 0};
  EXPECT_EQ(dealt({holding(0, 2, {both, part(1, 5)}), holding(1, 2, {both})}), "1 0");
}

TEST(Agree, OfSeveralCopiesTheNewestCounts) {
  // By epoch, and by execution before that.
  EXPECT_EQ(dealt({holding(0, 1, {part(0, 5)}), holding(1, 1, {part(0, 6)})}), "1");
  EXPECT_EQ(dealt({holding(0, 1, {part(0, 5, 2)}), holding(1, 1, {part(0, 6, 1)})}), "0");
  const Result<Share> share = agree({holding(0, 1, {part(0, 5)}), holding(1, 1, {part(0, 6)})});
  EXPECT_EQ(share->resume_epoch, 6);
  ASSERT_EQ(share->notes.size(), 1u);
  EXPECT_EQ(share->notes[0],
            "process 0: /d/part-0: a copy that is not used; process 1: /d/part-0 is");
}

TEST(Agree, AnExecutionIsNewerThanThoseOfCopiesThatAreLeftAlone) {
  HeldPart old = part(0, 3, 4);
  EXPECT_EQ(agree({holding(0, 1, {part(0, 5, 7)}), holding(1, 1, {old})})->execution, 8);
}

TEST(Agree, CopiesThatHaveGoneDifferentWaysAreRefused) {
  HeldPart other = part(0, 5, 3);
  other.nonce = 1;
  expect_refused({holding(0, 1, {part(0, 5, 3)}), holding(1, 1, {other})},
                 {"process 1: /d/part-0: has gone another way than the copy process 0: /d/part-0",
                  "an execution 3 of its own", "take one of them away"});
}

TEST(Agree, TheNewestCommonEpochOfAllProcessesIsResumedFrom) {
  const Result<Share> share =
      agree({holding(0, 3, {part(0, 9, 1, 2), part(1, 8)}), holding(1, 3, {part(2, 9, 1, 3)})});
  ASSERT_TRUE(share) << share.failure().message;
  EXPECT_EQ(share->resume_epoch, 8);
  EXPECT_EQ(share->horizon, 3);
}

TEST(Agree, APartOnNoProcessIsRefused) {
  expect_refused({holding(0, 3, {part(0, 5)}), holding(1, 3, {part(2, 5)})},
                 {"part-1-of-3.sqlite: missing, one of the 3 files of the store, on every process",
                  "process 0 looked in /d, process 1 looked in /d", "put it back"});
  // Also one that has been begun, when it is known that something was committed.
  Holding marked = holding(0, 2, {fresh(0)});
  marked.marker = HeldMarker{"store", 2, 7, 7};
  expect_refused({marked, holding(1, 0, {})}, {"part-1-of-2.sqlite: missing"});
}

TEST(Agree, NoPartAnywhereIsRefusedWhenSomethingWasCommitted) {
  Holding marked = holding(1, 0, {});
  marked.marker = HeldMarker{"store", 2, 7, 7};
  expect_refused({holding(0, 0, {}), marked},
                 {"part-0-of-2.sqlite: missing, though epoch 7 was committed", "on every process"});
  marked.marker->epoch = 0;
  EXPECT_EQ(dealt({holding(0, 0, {}), marked}), "0+ 1+");
}

TEST(Agree, FilesOfSeveralStoresAreRefused) {
  Holding other = holding(1, 2, {part(1, 5)});
  other.store = "another";
  expect_refused({holding(0, 2, {part(0, 5)}), other},
                 {"process 1: /d/part-1: belongs to another store than process 0: /d/part-0"});
  expect_refused({holding(0, 2, {part(0, 5)}), holding(1, 3, {part(1, 5)})},
                 {"process 1: /d/part-1: is one of 3 files, but process 0: /d/part-0 is one of 2"});
}

TEST(Agree, AnotherNumberOfPartitionsIsRefused) {
  std::vector<Holding> all = {holding(0, 0, {}), holding(1, 1, {part(0, 5)})};
  for (Holding& each : all) each.partitions = 2;
  expect_refused(all, {"process 1: /d: the store has 1 partitions and cannot be opened with 2"});
}

TEST(Agree, FilesOfDifferentAgesAreRefused) {
  expect_refused({holding(0, 2, {part(0, 9, 1, 8)}), holding(1, 2, {part(1, 5)})},
                 {"process 1: /d/part-1: the files are of different ages: this one has epoch 5",
                  "but process 0: /d/part-0 cannot go back behind epoch 8"});
}

TEST(Agree, LessThanAnyProcessKnowsToBeCommittedIsRefused) {
  Holding marked = holding(1, 2, {part(1, 5)});
  marked.marker = HeldMarker{"store", 2, 7, 7};
  expect_refused({holding(0, 2, {part(0, 5)}), marked},
                 {"process 1: /d/part-1: epoch 7 was committed, but the store has epoch 5 only",
                  "delete /d/committed"});
  marked.marker->horizon = 5;
  EXPECT_EQ(dealt({holding(0, 2, {part(0, 5)}), marked}), "0 1");
  marked.marker->store = "another";
  expect_refused({holding(0, 2, {part(0, 5)}), marked},
                 {"process 1: /d/part-1: belongs to another store than the one in use here"});
}

TEST(Agree, AStoreAtWorkIsWhatIsWrongWithIt) {
  HeldPart behind = part(1, 5);
  behind.locked_by = 4711;
  expect_refused({holding(0, 2, {part(0, 9, 1, 8)}), holding(1, 2, {behind})},
                 {"process 1: /d: another job works on this store (process 4711); stop it"});
}

}  // namespace
}  // namespace streamhost::recovery::testing
