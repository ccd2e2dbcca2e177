#include "emitter.h"

#include <charconv>

namespace streamhost::window {
namespace {

void append_integer(std::string& to, int64_t value) {
  char text[24];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

void Emitter::begin(Out& out, const Window& window) {
  out_ = &out;
  window_ = window;
  // Windows of many keys mostly close together.
  if (head_ != 0 && head_id_ == window.id && head_span_ == window.span) {
    text_.resize(head_);
    return;
  }
  text_ = "{\"window_id\":";
  append_integer(text_, window.id);
  text_ += ",\"open\":\"";
  time_text_.append(text_, window.span.open);
  text_ += "\",\"close\":\"";
  time_text_.append(text_, window.span.close);
  text_ += "\",";
  head_ = text_.size();
  head_id_ = window.id;
  head_span_ = window.span;
  text_.reserve(head_ + 64);
}

void Emitter::row() {
  text_ += window_.early ? ",\"early\":true}" : "}";
  out_->emit_at(window_.span.close - 1, window_.key, text_);
  text_.resize(head_);
}

void Emitter::end() {
  if (window_.early || !meta_) return;
  const size_t begin = meta_text_.size();
  meta_text_.append(text_, 0, head_);
  meta_text_ += "\"merged_ids\":[";
  if (window_.merged != nullptr) {
    for (size_t i = 0; i < window_.merged->size(); ++i) {
      if (i != 0) meta_text_ += ',';
      append_integer(meta_text_, (*window_.merged)[i]);
    }
  }
  meta_text_ += "]}";
  metas_.push_back({window_.key, window_.span.close - 1, meta_text_.size() - begin});
  if (meta_text_.size() >= kHeldBytes) flush(*out_);
}

void Emitter::flush(Out& out) {
  if (metas_.empty()) return;
  out.port(kMetaPort);
  size_t at = 0;
  for (const Meta& meta : metas_) {
    out.emit_at(meta.time_us, meta.key, std::string_view(meta_text_).substr(at, meta.size));
    at += meta.size;
  }
  out.port(kOutPort);
  metas_.clear();
  meta_text_.clear();
}

}  // namespace streamhost::window
