// key_on, key_rm, redistribute: which worker a record goes to. They change descriptors only; the
// bytes of keys and values stay where they are.
#pragma once

#include <cstring>
#include <streamhost/sdk.hpp>

#include "common/edited.h"

namespace streamhost::core {

// Gives each record a key: its value, one of its headers, or a fixed text.
class KeyOn {
 public:
  KeyOn(const Context& ctx, const Config& config) : ctx_(ctx) {
    const std::string key = config.str("key");
    if (key == "value") return;
    const size_t colon = key.find(':');
    const std::string_view kind = std::string_view(key).substr(0, colon);
    if (colon != std::string::npos && (kind == "header" || kind == "constant")) {
      text_ = key.substr(colon + 1);
      from_ = kind == "header" ? From::kHeader : From::kConstant;
      if (from_ == From::kConstant || !text_.empty()) return;
    }
    throw config_error("key = \"" + key +
                       "\" is none of \"value\", \"header:NAME\", \"constant:TEXT\"");
  }

  void process(const Batch& in, Out& out) {
    switch (from_) {
      case From::kValue:
        plugin_common::put_out_edited(
            ctx_, in, out, "the record has no value that could be its key", [](sh_record& r) {
              r.key = r.value;
              r.key_len = r.value_len;
              r.key_hash = 0;
              return r.value_len != SH_ABSENT;
            });
        break;
      case From::kHeader:
        plugin_common::put_out_edited(
            ctx_, in, out, "the record has no header \"" + text_ + "\" that could be its key",
            [this](sh_record& r) {
              const auto value = Record(r).header(text_);
              if (!value) return false;
              set_key(r, to_bytes(*value).ptr, value->size());
              return true;
            });
        break;
      case From::kConstant: put_out_with_constant(in, out); break;
    }
  }

 private:
  enum class From { kValue, kHeader, kConstant };

  static void set_key(sh_record& r, const uint8_t* key, size_t length) {
    r.key = key;
    r.key_len = static_cast<uint32_t>(length);
    r.key_hash = 0;
  }
  // Records may not point into this object, so the text is copied once per batch.
  void put_out_with_constant(const Batch& in, const Out& out) {
    sh_span span{};
    const uint32_t count = in.size();
    detail::check(ctx_.host()->out_reserve(out.raw(), 0, count, text_.size(), &span));
    if (!text_.empty()) std::memcpy(span.bytes, text_.data(), text_.size());
    for (uint32_t i = 0; i < count; ++i) {
      span.records[i] = in.raw().records[i];
      set_key(span.records[i], span.bytes, text_.size());
    }
    detail::check(ctx_.host()->out_commit(out.raw(), 0, count, text_.size()));
  }

  Context ctx_;
  From from_ = From::kValue;
  std::string text_;
};

// Takes the key away.
class KeyRm {
 public:
  KeyRm(const Context& ctx, const Config&) : ctx_(ctx) {}

  void process(const Batch& in, Out& out) {
    plugin_common::put_out_edited(ctx_, in, out, {}, [](sh_record& r) {
      r.key = nullptr;
      r.key_len = SH_ABSENT;
      r.key_hash = 0;
      return true;
    });
  }

 private:
  Context ctx_;
};

// The host has spread the records already when they arrive here.
class Redistribute {
 public:
  void process(const Batch& in, Out& out) { out.forward(in); }
};

}  // namespace streamhost::core
