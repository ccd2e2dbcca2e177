// What an option of type component names, as one thing: a single aggregate, or several under names
// whose results make one JSON object.
//
//   aggregate = "agg.sum"                                            42
//   aggregate = { n = "agg.count", total = "agg.sum" }               {"n":3,"total":42}
//
// A step that folds keeps one state of state_size() bytes for each key, window or pane, and saves
// it as a head, which says whose states these are, and the states behind it:
//
//   void save(const State& state, sh::Writer& to) {
//     std::string text;
//     aggregates.save_head(text);
//     for (void* memory : state.panes) aggregates.save(memory, text);
//     to.write(text);
//   }
//   State restore(std::string_view saved, uint32_t) {
//     const sh::AggregateSet::Head head = aggregates.read_head(saved);      // takes it off `saved`
//     while (!saved.empty()) aggregates.restore(head, saved, new_memory());
//   }
#pragma once

#include <streamhost/sdk/use_aggregate.hpp>

namespace streamhost::inline v1 {

// Instances of aggregates, in the context of the step that uses them. Move-only; [worker], made and
// destroyed [control]. The step owns the memory of the states: state_size() bytes at a multiple of
// state_align().
class AggregateSet {
 public:
  // Which of the aggregates the saved states have, in their order, and in which versions.
  struct Head {
    struct Part {
      size_t member;
      uint32_t version;
    };
    std::vector<Part> parts;
  };

  // What `option` names; it has to be given. `config` must outlive this.
  AggregateSet(const Context& ctx, const Config& config, const char* option)
      : AggregateSet(ctx, config.components(option)) {}
  // A single use without a name, or uses with names.
  AggregateSet(const Context& ctx, const std::vector<Use>& uses) : ctx_(ctx) {
    if (uses.empty()) throw config_error("no aggregate is named");
    for (const Use& use : uses) {
      Member member{Aggregate(ctx, use), state_size_};
      const size_t align = std::max<size_t>(member.aggregate.state_align(), 1);
      member.offset = (state_size_ + align - 1) / align * align;
      state_size_ = member.offset + member.aggregate.state_size();
      state_align_ = std::max(state_align_, align);
      members_.push_back(std::move(member));
    }
    state_size_ = (state_size_ + state_align_ - 1) / state_align_ * state_align_;
    named_ = !uses.front().name.empty();
  }

  size_t state_size() const { return state_size_; }
  size_t state_align() const { return state_align_; }
  size_t size() const { return members_.size(); }
  const Aggregate& operator[](size_t i) const { return members_[i].aggregate; }

  // Throws unless states can be merged, and says what cannot; `who` needs it ("session windows").
  // Aggregates that decide by their options are asked by merging two empty states.
  void require_merge(std::string_view who) const {
    for (const Member& m : members_) {
      if (!m.aggregate.can_merge()) {
        throw config_error(std::string(who) + " merge states, which " +
                           std::string(m.aggregate.id()) + " cannot; choose another aggregate");
      }
    }
    Memory one(*this), other(*this);
    merge(one.state, other.state);
  }
  // Whether require_merge() would pass.
  bool can_merge() const {
    try {
      require_merge("");
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // Makes an empty state, whatever was in the memory.
  void init(void* state) const {
    make(state, [](const Member& m, void* at) { m.aggregate.init(at); });
  }
  // Adds record i to states[i]. `bad(i, message)` is called once for each record that one of the
  // aggregates cannot take, in the order of the records when there is one aggregate; the rest are
  // added all the same. Of several aggregates the others have taken it.
  template <class Bad>
  void add(void* const* states, const sh_record* records, uint32_t count, Bad&& bad) {
    if (members_.size() == 1) {
      members_[0].aggregate.add(states, records, count, bad);
      return;
    }
    at_.resize(count);
    told_.assign(count, false);
    for (const Member& m : members_) {
      for (uint32_t i = 0; i < count; ++i) at_[i] = part(states[i], m);
      m.aggregate.add(at_.data(), records, count, [&](uint32_t i, std::string_view message) {
        if (told_[i]) return;
        told_[i] = true;
        bad(i, m.of_name() + std::string(message));
      });
    }
  }
  // The same; bad records are rejected in the name of the step. Flush an Out that holds records
  // first: rejecting may run the steps downstream.
  void add(void* const* states, const sh_record* records, uint32_t count) {
    add(states, records, count,
        [&](uint32_t i, std::string_view message) { ctx_.reject(records[i], message); });
  }
  // Adds `from` to `into`; `from` stays to be dropped.
  void merge(void* into, void* from) const {
    for (const Member& m : members_) m.aggregate.merge(part(into, m), part(from, m));
  }
  // Whether merge() leaves `from` as it was.
  bool merge_keeps() const {
    return std::all_of(members_.begin(), members_.end(),
                       [](const Member& m) { return m.aggregate.merge_keeps(); });
  }
  // The same of up to 64, one after the other.
  void merge(void* into, void* const* from, size_t count) const {
    void* parts[64];
    for (const Member& m : members_) {
      for (size_t i = 0; i < count; ++i) parts[i] = part(from[i], m);
      m.aggregate.merge(part(into, m), parts, count);
    }
  }
  // Appends the result, JSON text; the state stays usable.
  void finish(const void* state, std::string& json) const {
    if (!named_) {
      members_[0].aggregate.finish(state, json);
      return;
    }
    char before = '{';
    for (const Member& m : members_) {
      json += before;
      before = ',';
      json += '"';
      append_escaped(m.aggregate.name(), json);
      json += "\":";
      m.aggregate.finish(part(const_cast<void*>(state), m), json);
    }
    json += '}';
  }
  // Frees what the state owns; its bytes are the caller's.
  void drop(void* state) const {
    for (const Member& m : members_) m.aggregate.drop(part(state, m));
  }

  // Appends what read_head() needs. Before the first state that is saved.
  void save_head(std::string& to) const {
    append_number(members_.size(), to);
    for (const Member& m : members_) {
      append_text(m.aggregate.name(), to);
      append_text(m.aggregate.id(), to);
      append_number(m.aggregate.state_version(), to);
    }
  }
  // Takes a head off the front of `saved`. Throws when other aggregates have saved it, or a newer
  // version.
  Head read_head(std::string_view& saved) const {
    Head head;
    const size_t count = take_number(saved);
    for (size_t i = 0; i < count; ++i) {
      const std::string_view name = take_text(saved), id = take_text(saved);
      const uint64_t version = take_number(saved);
      size_t m = 0;
      while (m < members_.size() && members_[m].aggregate.name() != name) ++m;
      if (m == members_.size() || members_[m].aggregate.id() != id || count != members_.size()) {
        throw state_error("the saved state is of the aggregates " + std::string(id) +
                          (name.empty() ? "" : " as \"" + std::string(name) + "\"") +
                          (count > 1 ? " and others" : "") +
                          ", and the manifest names other ones; name those again, or discard "
                          "the step's states with --drop-state");
      }
      head.parts.push_back({m, static_cast<uint32_t>(version)});
    }
    return head;
  }
  // Appends what restore() needs; it knows its own end.
  void save(const void* state, std::string& to) {
    for (const Member& m : members_) {
      saved_.clear();
      m.aggregate.save(part(const_cast<void*>(state), m), saved_);
      append_text(saved_, to);
    }
  }
  // Takes a state off the front of `saved` and makes it, whatever was in the memory.
  void restore(const Head& head, std::string_view& saved, void* state) const {
    size_t made = 0;
    try {
      for (const Head::Part& p : head.parts) {
        const Member& m = members_[p.member];
        m.aggregate.restore(p.version, take_text(saved), part(state, m));
        ++made;
      }
    } catch (...) {
      for (size_t i = 0; i < made; ++i) {
        const Member& m = members_[head.parts[i].member];
        m.aggregate.drop(part(state, m));
      }
      throw;
    }
  }

 private:
  struct Member {
    Aggregate aggregate;
    size_t offset;

    // "total: ", or nothing.
    std::string of_name() const {
      return aggregate.name().empty() ? "" : std::string(aggregate.name()) + ": ";
    }
  };
  // One state, for trying things.
  struct Memory {
    explicit Memory(const AggregateSet& of)
        : set(of),
          bytes(::operator new (std::max<size_t>(of.state_size_, 1),
                                std::align_val_t{of.state_align_})) {
      try {
        set.init(bytes);
      } catch (...) {
        ::operator delete (bytes, std::align_val_t{of.state_align_});
        throw;
      }
      state = bytes;
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() {
      set.drop(state);
      ::operator delete (bytes, std::align_val_t{set.state_align_});
    }
    const AggregateSet& set;
    void* bytes;
    void* state = nullptr;
  };

  static void* part(void* state, const Member& m) {
    return static_cast<std::byte*>(state) + m.offset;
  }
  // Makes all parts; when one fails the others are dropped again.
  template <class One>
  void make(void* state, One&& one) const {
    size_t made = 0;
    try {
      for (; made < members_.size(); ++made) one(members_[made], part(state, members_[made]));
    } catch (...) {
      while (made > 0) {
        --made;
        members_[made].aggregate.drop(part(state, members_[made]));
      }
      throw;
    }
  }
  static void append_escaped(std::string_view text, std::string& json) {
    for (const char c : text) {
      if (c == '"' || c == '\\') json += '\\';
      if (static_cast<unsigned char>(c) < 0x20) {
        constexpr const char* kHex = "0123456789abcdef";
        json += "\\u00";
        json += kHex[static_cast<unsigned char>(c) >> 4];
        json += kHex[static_cast<unsigned char>(c) & 15];
      } else {
        json += c;
      }
    }
  }
  // Base 128, lowest first.
  static void append_number(uint64_t number, std::string& to) {
    while (number >= 128) {
      to += static_cast<char>(number | 128);
      number >>= 7;
    }
    to += static_cast<char>(number);
  }
  static uint64_t take_number(std::string_view& from) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(from.front());
      from.remove_prefix(1);
      number |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return number;
    }
    throw state_error("the saved state of the aggregates is cut off");
  }
  static void append_text(std::string_view text, std::string& to) {
    append_number(text.size(), to);
    to += text;
  }
  static std::string_view take_text(std::string_view& from) {
    const uint64_t size = take_number(from);
    if (size > from.size()) throw state_error("the saved state of the aggregates is cut off");
    const std::string_view text = from.substr(0, size);
    from.remove_prefix(size);
    return text;
  }

  Context ctx_;
  std::vector<Member> members_;
  size_t state_size_ = 0, state_align_ = 1;
  bool named_ = false;
  // Of the call in hand.
  std::vector<void*> at_;
  std::vector<bool> told_;
  std::string saved_;
};

}  // namespace streamhost::inline v1
