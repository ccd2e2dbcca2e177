// Which states a snapshot saves, and with which content, against a slow model.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/state_table.h"

namespace streamhost {
namespace {

struct Model {
  std::map<std::string, int64_t> values;
  std::map<std::string, int64_t> touched;  // in the running epoch; the value does not matter
  std::map<std::string, int64_t> frozen;   // what is still to be saved, and as it was then
};

class Tracked {
 public:
  Tracked() {
    table.track([this](void* state) {
      ++early;
      return save(state);
    });
  }
  std::string key(const void* state) const {
    const sh_bytes k = table.key_of(state);
    return {reinterpret_cast<const char*>(k.ptr), k.len};
  }
  bool save(void* state) {
    const auto it = model.frozen.find(key(state));
    EXPECT_NE(it, model.frozen.end()) << key(state) << " was not to be saved";
    if (it == model.frozen.end()) return false;
    EXPECT_EQ(it->second, *static_cast<int64_t*>(state)) << "it was saved too late";
    model.frozen.erase(it);
    StateTable::set_stored(state);
    return true;
  }
  int64_t* find(const std::string& key) {
    sh_record r{};
    r.key = reinterpret_cast<const uint8_t*>(key.data());
    r.key_len = static_cast<uint32_t>(key.size());
    void* state = nullptr;
    EXPECT_EQ(table.find(&r, 1, &state, nullptr), StateTable::Found::kAll);
    return static_cast<int64_t*>(state);
  }

  StateTable table{sizeof(int64_t), alignof(int64_t)};
  Model model;
  uint64_t early = 0;
};

TEST(StateTracking, SavesWhatWasTouchedAsItWasAtTheBarrier) {
  Tracked t;
  std::mt19937 random(5);
  for (int i = 0; i < 300'000; ++i) {
    const std::string key = "key" + std::to_string(random() % 400);
    switch (random() % 20) {
      case 0: {  // the key is forgotten
        int64_t* state = t.find(key);
        if (!t.model.values.count(key)) *state = 0;
        const bool was_stored = StateTable::stored(state);
        ASSERT_TRUE(t.table.untouch(state));
        EXPECT_GE(StateTable::stored(state), was_stored);
        t.table.erase(state);
        t.model.values.erase(key);
        t.model.touched.erase(key);
        EXPECT_EQ(t.model.frozen.count(key), 0u) << "it must have been saved first";
        break;
      }
      case 1: {  // some of what is frozen is saved
        for (int n = 0; n < 30; ++n) {
          void* state = t.table.take_frozen();
          if (state == nullptr) break;
          ASSERT_TRUE(t.save(state));
        }
        break;
      }
      case 2: {  // a barrier, once all is saved
        if (random() % 10 != 0) break;
        while (void* state = t.table.take_frozen()) ASSERT_TRUE(t.save(state));
        ASSERT_TRUE(t.model.frozen.empty()) << "a touched state was not saved";
        ASSERT_FALSE(t.table.has_frozen());
        t.table.freeze();
        for (const auto& [touched, unused] : t.model.touched) {
          t.model.frozen[touched] = t.model.values[touched];
        }
        t.model.touched.clear();
        break;
      }
      default: {
        int64_t* state = t.find(key);
        EXPECT_EQ(*state, t.model.values[key]);
        *state = static_cast<int64_t>(random());
        t.model.values[key] = *state;
        t.model.touched[key] = 0;
      }
    }
    ASSERT_EQ(t.table.size(), t.model.values.size());
  }
  EXPECT_GT(t.early, 1000u) << "the test must have met states that are saved before their turn";
}

TEST(StateTracking, KeysThatComeAndGoLeaveNothingBehind) {
  Tracked t;
  for (int i = 0; i < 1'000'000; ++i) {
    int64_t* state = t.find("key" + std::to_string(i));
    ASSERT_TRUE(t.table.untouch(state));
    EXPECT_FALSE(StateTable::stored(state)) << "no snapshot has it, so none need forget it";
    t.table.erase(state);
  }
  t.table.freeze();
  EXPECT_EQ(t.table.take_frozen(), nullptr);
  EXPECT_LT(t.table.memory(), size_t{2} << 20);
}

}  // namespace
}  // namespace streamhost
