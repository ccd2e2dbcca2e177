// Components described and built in C++: options, ports, and the tables the ABI wants.
#pragma once

#include <streamhost/sdk/out.hpp>

#include <initializer_list>

namespace streamhost::inline v1 {

enum class Type : int32_t {
  string = SH_TYPE_STRING,
  integer = SH_TYPE_INT,
  number = SH_TYPE_FLOAT,
  boolean = SH_TYPE_BOOL,
  duration = SH_TYPE_DURATION,
  size = SH_TYPE_SIZE,
  time = SH_TYPE_TIME,
  list = SH_TYPE_LIST,
  map = SH_TYPE_MAP,
  any = SH_TYPE_ANY,
  table = SH_TYPE_TABLE,
  component = SH_TYPE_COMPONENT
};

// One option of a component:
//   option("path", Type::string, "the file to read").required().path()
//   option("clock", Type::table, "what time it is").fields({option("wait", Type::duration, "…")})
//   option("aggregate", Type::component, "what is computed").named()
// Texts must live as long as the plugin (string literals).
class Option {
 public:
  Option(const char* name, Type type, const char* help) {
    raw_.struct_size = sizeof(sh_option);
    raw_.type = static_cast<int32_t>(type);
    raw_.name = name;
    raw_.help = help;
  }
  Option&& required() && { return flagged(SH_OPTION_REQUIRED); }
  Option&& secret() && { return flagged(SH_OPTION_SECRET); }
  Option&& deprecated() && { return flagged(SH_OPTION_DEPRECATED); }
  Option&& path() && { return flagged(SH_OPTION_PATH); }
  // As one would write it in a manifest, without quotes: "64KiB", "true".
  Option&& otherwise(const char* default_text) && {
    raw_.default_text = default_text;
    return std::move(*this);
  }
  Option&& choices(std::initializer_list<const char*> values) && {
    choices_ = values;
    return std::move(*this);
  }
  // Of a table: the options that it holds.
  Option&& fields(std::vector<Option> options) && {
    fields_ = std::move(options);
    return std::move(*this);
  }
  // Of a component: a table of names for any number of them is accepted as well as one.
  Option&& named() && { return flagged(SH_OPTION_NAMED); }
  Option&& at_least(double min) && {
    raw_.min = min;
    return flagged(SH_OPTION_HAS_MIN);
  }
  Option&& at_most(double max) && {
    raw_.max = max;
    return flagged(SH_OPTION_HAS_MAX);
  }

 private:
  friend class Component;
  Option&& flagged(uint32_t flag) {
    raw_.flags |= flag;
    return std::move(*this);
  }
  // Ties the parts together at their final address.
  const sh_option* finish() {
    raw_.choices = choices_.data();
    raw_.choice_count = static_cast<uint32_t>(choices_.size());
    for (Option& field : fields_) field_pointers_.push_back(field.finish());
    raw_.fields = field_pointers_.data();
    raw_.field_count = static_cast<uint32_t>(field_pointers_.size());
    return &raw_;
  }
  sh_option raw_{};
  std::vector<const char*> choices_;
  std::vector<Option> fields_;
  std::vector<const sh_option*> field_pointers_;
};

inline Option option(const char* name, Type type, const char* help) { return {name, type, help}; }

// A component being described. Made by op<T>(), keyed<T>(), source<T>(), sink<T>(), aggregate<T>()
// or a lambda helper; handed to SH_PLUGIN.
class Component {
 public:
  Component(const char* name, const sh_lifecycle* lifecycle) {
    raw_.struct_size = sizeof(sh_component);
    raw_.name = name;
    raw_.summary = "";
    raw_.lifecycle = lifecycle;
  }
  Component&& summary(const char* text) && {
    raw_.summary = text;
    return std::move(*this);
  }
  Component&& options(std::vector<Option> options) && {
    options_ = std::move(options);
    return std::move(*this);
  }
  // Named outputs; the first is the default.
  Component&& outputs(std::vector<sh_port> ports) && {
    outputs_ = std::move(ports);
    return std::move(*this);
  }
  Component&& inputs(std::vector<sh_port> ports) && {
    inputs_ = std::move(ports);
    return std::move(*this);
  }
  Component&& any_inputs() && {
    raw_.flags |= SH_COMPONENT_ANY_INPUTS;
    return std::move(*this);
  }
  // What the component's class finds in sh_component.data; kept for the life of the plugin.
  template <class T>
  Component&& data(T value) && {
    auto held = std::make_shared<const T>(std::move(value));
    raw_.data = held.get();
    data_ = std::move(held);
    return std::move(*this);
  }

  sh_component& raw() { return raw_; }
  // Ties the parts together at their final address. Called once by SH_PLUGIN.
  const sh_component* finish() {
    for (Option& o : options_) option_pointers_.push_back(o.finish());
    raw_.options = option_pointers_.data();
    raw_.option_count = static_cast<uint32_t>(option_pointers_.size());
    raw_.outputs = outputs_.data();
    raw_.output_count = static_cast<uint32_t>(outputs_.size());
    raw_.inputs = inputs_.data();
    raw_.input_count = static_cast<uint32_t>(inputs_.size());
    return &raw_;
  }

 private:
  sh_component raw_{};
  std::vector<Option> options_;
  std::vector<const sh_option*> option_pointers_;
  std::vector<sh_port> outputs_, inputs_;
  std::shared_ptr<const void> data_;
};

namespace detail {

// What `self` points at: the context every glue function needs, and the plugin author's object.
template <class T>
struct Held {
  Context ctx;
  T impl;

  static Held& of(void* self) { return *static_cast<Held*>(self); }
  Out out(sh_out* raw) const { return Out(ctx.host(), raw); }
  Writer writer(sh_writer* raw) const { return Writer(raw); }
};

template <class T>
Held<T>* make_held(const Context& ctx, const sh_component* component, const Config& config) {
  if constexpr (std::is_constructible_v<T, const Context&, const Config&, const sh_component*>) {
    return new Held<T>{ctx, T(ctx, config, component)};
  } else if constexpr (std::is_constructible_v<T, const Context&, const Config&>) {
    return new Held<T>{ctx, T(ctx, config)};
  } else {
    static_assert(std::is_default_constructible_v<T>,
                  "a component class is made from (const Context&, const Config&) or from nothing");
    return new Held<T>{ctx, T()};
  }
}

template <class T>
inline const sh_lifecycle lifecycle_of = {
    sizeof(sh_lifecycle), 0,
    [](const sh_host* host, sh_context* ctx, const sh_component* component, const sh_config* config,
       void** self, sh_error* error) {
      return guarded(error, [&] {
        *self = make_held<T>(Context(host, ctx), component, Config(host, config));
      });
    },
    [](void* self) { delete static_cast<Held<T>*>(self); }};

}  // namespace detail
}  // namespace streamhost::inline v1
