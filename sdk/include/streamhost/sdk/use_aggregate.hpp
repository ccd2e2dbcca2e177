// Aggregates of other plugins, put to work: what windows and folds are made of.
//
//   struct Fold {
//     Fold(const sh::Context& ctx, const sh::Config& config)
//         : aggregate(ctx, config.components("aggregate").at(0)) {}
//     ...                              // the memory of a state: state_size() bytes, state_align()
//     aggregate.init(state);
//     aggregate.add(states, records, count);
//     aggregate.finish(state, json);   // appends to a string
//     aggregate.drop(state);
//     ...
//     sh::Aggregate aggregate;
//   };
//
// The option: sh::option("aggregate", sh::Type::component, "what is computed").required().
// What an aggregate complains of is thrown as an Error with its id before the message.
#pragma once

#include <streamhost/sdk/context.hpp>

namespace streamhost::inline v1 {

// One instance of an aggregate, in the context of the step that uses it. The step owns the memory
// of the states: state_size() bytes at a multiple of state_align(). Move-only; [worker], made and
// destroyed [control].
class Aggregate {
 public:
  // Makes the instance. `use` is one of Config::components(); its config must outlive this.
  Aggregate(const Context& ctx, const Use& use)
      : ctx_(ctx),
        component_(use.component),
        table_(use.component->aggregate),
        name_(use.name),
        id_(use.id) {
    call([&](sh_error* error) {
      return component_->lifecycle->create(ctx.host(), ctx.raw(), component_, use.config.raw(),
                                           &self_, error);
    });
    made_ = true;
  }
  Aggregate(Aggregate&& other) noexcept
      : ctx_(other.ctx_),
        component_(other.component_),
        table_(other.table_),
        name_(other.name_),
        id_(other.id_),
        self_(other.self_),
        made_(std::exchange(other.made_, false)) {}
  Aggregate& operator=(Aggregate&&) = delete;
  ~Aggregate() {
    if (made_) component_->lifecycle->destroy(self_);
  }

  std::string_view name() const { return name_; }  // see Use
  std::string_view id() const { return id_; }
  size_t state_size() const { return table_->state_size; }
  size_t state_align() const { return table_->state_align; }
  // Of what save() writes. Keep it, and the id, with what is saved: restore() asks for the version,
  // and another aggregate cannot read it.
  uint32_t state_version() const { return table_->state_version; }
  // False: merge() must not be called, so the aggregate cannot serve in sessions.
  bool can_merge() const { return table_->merge != nullptr; }
  // Whether merge() leaves `from` as it was.
  bool merge_keeps() const { return (table_->flags & SH_AGGREGATE_MERGE_KEEPS) != 0; }

  // Makes an empty state, whatever was in the memory.
  void init(void* state) const {
    std::memset(state, 0, state_size());
    if (table_->init == nullptr) return;
    call([&](sh_error* error) { return table_->init(self_, state, error); });
  }
  // Adds record i to states[i]. `bad(i, message)` is called for each record that the aggregate
  // cannot take, and the others are added all the same.
  template <class Bad>
  void add(void* const* states, const sh_record* records, uint32_t count, Bad&& bad) const {
    for (uint32_t done = 0; done < count;) {
      sh_error error = fresh_error();
      const sh_status status =
          table_->add(self_, states + done, records + done, count - done, &error);
      if (status >= 0) return;
      const bool one = status == SH_E_DATA && (error.flags & SH_ERR_RECORD) != 0;
      if (!one || error.record >= count - done) fail(status, error);
      done += error.record;
      bad(done, message_of(error));
      ++done;
    }
  }
  // The same; bad records are rejected in the name of the step. Flush an Out that holds records
  // first: rejecting may run the steps downstream.
  void add(void* const* states, const sh_record* records, uint32_t count) const {
    add(states, records, count,
        [&](uint32_t i, std::string_view message) { ctx_.reject(records[i], message); });
  }
  // Adds `from` to `into`; `from` stays to be dropped.
  void merge(void* into, void* from) const {
    call([&](sh_error* error) { return table_->merge(self_, into, from, error); });
  }
  // The same of several, one after the other.
  void merge(void* into, void* const* from, size_t count) const {
    call([&](sh_error* error) {
      sh_status status = SH_OK;
      for (size_t i = 0; i < count && status >= 0; ++i) {
        status = table_->merge(self_, into, from[i], error);
      }
      return status;
    });
  }
  // Appends the result, JSON text, to `json`; the state stays usable.
  void finish(const void* state, std::string& json) const {
    sh_writer writer = writer_to(json);
    call([&](sh_error* error) { return table_->finish(self_, state, &writer, error); });
  }
  // Appends what restore() needs to `to`.
  void save(const void* state, std::string& to) const {
    if (table_->save == nullptr) {
      to.append(static_cast<const char*>(state), state_size());
      return;
    }
    sh_writer writer = writer_to(to);
    call([&](sh_error* error) { return table_->save(self_, state, &writer, error); });
  }
  // Makes a state, whatever was in the memory, from what save() of version `version` wrote.
  void restore(uint32_t version, std::string_view saved, void* state) const {
    if (version > state_version()) {
      throw state_error(std::string(id_) + ": the saved state has version " +
                        std::to_string(version) + ", this plugin knows " +
                        std::to_string(state_version()) + "; use a newer one");
    }
    std::memset(state, 0, state_size());
    if (table_->restore != nullptr) {
      call([&](sh_error* error) {
        return table_->restore(self_, version, to_bytes(saved), state, error);
      });
      return;
    }
    if (saved.size() != state_size()) {
      throw state_error(std::string(id_) + ": the saved state has " + std::to_string(saved.size()) +
                        " bytes in place of " + std::to_string(state_size()));
    }
    if (!saved.empty()) std::memcpy(state, saved.data(), saved.size());
  }
  // Frees what the state owns; its bytes are the caller's.
  void drop(void* state) const {
    if (table_->drop != nullptr) table_->drop(self_, state);
  }

 private:
  static sh_error fresh_error() {
    // Field by field: zeroing the text would cost more than most calls.
    sh_error error;
    error.struct_size = sizeof(sh_error);
    error.flags = error.record = 0;
    error.message[0] = 0;
    return error;
  }
  static std::string_view message_of(const sh_error& error) {
    const size_t size = strnlen(error.message, sizeof(error.message));
    return size == 0 ? std::string_view("it failed without saying why")
                     : std::string_view(error.message, size);
  }
  [[noreturn]] void fail(sh_status status, const sh_error& error) const {
    if (status == SH_E_STOPPED) throw detail::HostStatus{status};
    throw Error(status, std::string(id_) + ": " + std::string(message_of(error)));
  }
  template <class Body>
  void call(Body&& body) const {
    sh_error error = fresh_error();
    const sh_status status = body(&error);
    if (status < 0) fail(status, error);
  }

  Context ctx_;
  const sh_component* component_;
  const sh_aggregate* table_;
  std::string_view name_, id_;
  void* self_ = nullptr;
  bool made_ = false;
};

}  // namespace streamhost::inline v1
