// What windows should put out, worked out slowly: every window keeps its records, and everything is
// gone through at each step. The tests hold the plugin against it.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "spec.h"
#include "time_text.h"

namespace streamhost::window {

struct ModelOutput {
  std::vector<std::string> out, late, meta;

  bool operator==(const ModelOutput& o) const {
    return out == o.out && late == o.late && meta == o.meta;
  }
};

class Model {
 public:
  // `by_pane`: windows are merged of panes, so that values stand in the order of these.
  Model(const Spec& spec, bool by_pane, int64_t now)
      : spec_(spec), by_pane_(by_pane), now_(now), raw_now_(now) {}

  std::map<std::string, ModelOutput> output;

  void take(const std::string& name, int64_t given, const std::string& value) {
    Key& key = keys_[name];
    const int64_t watermark = watermark_of(key);
    const int64_t time = spec_.clock == Clock::kSystem ? now_ : given;
    if (watermark != kNoTime && time < watermark - spec_.lateness_us) {
      output[name].late.push_back(value);
      return;
    }
    if (spec_.ordered && time > watermark) {
      const auto at = std::upper_bound(key.waiting.begin(), key.waiting.end(), time,
                                       [](int64_t t, const Value& v) { return t < v.time; });
      key.waiting.insert(at, {time, value});
      change(key);
    } else {
      if (time < watermark) close(name, key);
      add(key, {time, value});
      if (time < watermark) {
        for (Window* w : windows_of(key, time)) {
          if (w->close <= watermark) put_out(name, *w, false);
        }
      }
    }
    if (spec_.clock == Clock::kKey && time - spec_.wait_us > watermark) {
      key.base = time - spec_.wait_us;
      key.seen = now_;
    }
    close(name, key);
  }
  // A batch is over.
  void settle() {
    std::erase_if(
        keys_, [](const auto& k) { return k.second.windows.empty() && k.second.waiting.empty(); });
  }
  void move_watermark(int64_t to) {
    watermark_ = to;
    for (auto& [name, key] : keys_) close(name, key);
    settle();
  }
  // The wall clock moves by one, or back by any amount.
  void pass_time(int64_t by) {
    raw_now_ += by;
    now_ = std::max(now_, raw_now_);
    for (auto& [name, key] : keys_) {
      close(name, key);
      if (key.windows.empty() && key.waiting.empty()) continue;
      if (key.early_at == kNever || key.early_at > raw_now_) continue;
      key.early_at = kNever;
      for (Window& w : key.windows) {
        if (w.changed && w.close > key.closed) put_out(name, w, true);
        w.changed = false;
      }
      if (!key.waiting.empty()) change(key);
    }
    settle();
  }
  void end() {
    ended_ = true;
    for (auto& [name, key] : keys_) close(name, key);
    settle();
  }
  size_t keys() const { return keys_.size(); }

 private:
  struct Value {
    int64_t time;
    std::string text;
  };
  struct Window {
    int64_t id, open, close;
    std::vector<Value> values;
    std::vector<int64_t> merged;
    bool changed = false;
  };
  struct Key {
    std::vector<Window> windows;  // by opening
    std::vector<Value> waiting;   // by time
    int64_t base = kNoTime, seen = 0;
    int64_t early_at = kNever;
    int64_t closed = kNoTime;  // windows up to here have been put out
  };

  int64_t watermark_of(const Key& key) const {
    if (ended_) return kNever;
    switch (spec_.clock) {
      case Clock::kStream: return watermark_;
      case Clock::kSystem: return now_;
      case Clock::kKey: break;
    }
    return key.base == kNoTime ? kNoTime : key.base + (now_ - key.seen);
  }
  void change(Key& key) {
    if (spec_.early_us != 0 && key.early_at == kNever) key.early_at = raw_now_ + spec_.early_us;
  }
  std::vector<Window*> windows_of(Key& key, int64_t time) {
    std::vector<Window*> found;
    for (Window& w : key.windows) {
      if (w.open <= time && time < w.close) found.push_back(&w);
    }
    return found;
  }
  void add(Key& key, const Value& value) {
    change(key);
    if (spec_.kind == Kind::kSession) {
      add_to_session(key, value);
      return;
    }
    // Every window that there could be, one by one.
    const int64_t around = (value.time - spec_.align_us) / spec_.offset_us;
    const int64_t width = spec_.length_us / spec_.offset_us + 2;
    for (int64_t id = around - width; id <= around + width; ++id) {
      const int64_t open = spec_.align_us + id * spec_.offset_us;
      if (value.time < open || value.time >= open + spec_.length_us) continue;
      auto at = std::find_if(key.windows.begin(), key.windows.end(),
                             [&](const Window& w) { return w.open >= open; });
      if (at == key.windows.end() || at->open != open) {
        at = key.windows.insert(at, Window{id, open, open + spec_.length_us, {}, {}});
      }
      at->values.push_back(value);
      at->changed = true;
    }
  }
  void add_to_session(Key& key, const Value& value) {
    Window joined{value.time, value.time, value.time + spec_.gap_us + 1, {}, {}};
    std::vector<Window> kept, met;
    for (Window& w : key.windows) {
      const int64_t last = w.close - spec_.gap_us - 1;
      const bool near = value.time >= w.open - spec_.gap_us && value.time <= last + spec_.gap_us;
      (near ? met : kept).push_back(std::move(w));
    }
    for (Window& w : met) {
      joined.open = std::min(joined.open, w.open);
      joined.close = std::max(joined.close, w.close);
      joined.values.insert(joined.values.end(), w.values.begin(), w.values.end());
    }
    if (!met.empty()) joined.id = met[0].id;
    if (!met.empty()) joined.merged = met[0].merged;
    if (met.size() == 2) {
      joined.merged.insert(joined.merged.end(), met[1].merged.begin(), met[1].merged.end());
      joined.merged.push_back(std::max(met[0].id, met[1].id));
      joined.id = std::min(met[0].id, met[1].id);
    }
    joined.values.push_back(value);
    joined.changed = true;
    kept.push_back(std::move(joined));
    std::sort(kept.begin(), kept.end(),
              [](const Window& a, const Window& b) { return a.open < b.open; });
    key.windows = std::move(kept);
  }
  void close(const std::string& name, Key& key) {
    const int64_t watermark = watermark_of(key);
    if (watermark == kNoTime) return;
    while (!key.waiting.empty() && key.waiting.front().time <= watermark) {
      const Value value = key.waiting.front();
      key.waiting.erase(key.waiting.begin());
      add(key, value);
    }
    for (Window& w : key.windows) {
      if (w.close > key.closed && w.close <= watermark) put_out(name, w, false);
    }
    key.closed = std::max(key.closed, watermark);
    std::erase_if(key.windows, [&](const Window& w) {
      return ended_ || (watermark == kNever) || w.close + spec_.lateness_us <= watermark;
    });
  }
  // Counts the openings and closings up to a time, which tells panes apart.
  int64_t pane_of(int64_t time) const {
    const auto down = [](int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
    return down(time - spec_.align_us, spec_.offset_us) +
           down(time - spec_.align_us - spec_.length_us, spec_.offset_us);
  }
  void put_out(const std::string& name, const Window& w, bool early) {
    std::string head = "{\"window_id\":" + std::to_string(w.id) + ",\"open\":\"";
    TimeText().append(head, w.open);
    head += "\",\"close\":\"";
    TimeText().append(head, w.close);
    head += "\",";
    std::vector<Value> values = w.values;
    if (by_pane_) {
      std::stable_sort(values.begin(), values.end(), [&](const Value& a, const Value& b) {
        return pane_of(a.time) < pane_of(b.time);
      });
    }
    std::string list;
    for (const Value& v : values) list += (list.empty() ? "" : ",") + v.text;
    output[name].out.push_back(head + "\"value\":[" + list + "]" +
                               (early ? ",\"early\":true}" : "}"));
    if (early) return;
    std::string ids;
    for (const int64_t id : w.merged) ids += (ids.empty() ? "" : ",") + std::to_string(id);
    output[name].meta.push_back(head + "\"merged_ids\":[" + ids + "]}");
  }

  const Spec spec_;
  const bool by_pane_;
  int64_t now_, raw_now_;
  int64_t watermark_ = kNoTime;
  bool ended_ = false;
  std::map<std::string, Key> keys_;
};

}  // namespace streamhost::window
