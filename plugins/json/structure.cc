#include "structure.h"

#include <simdjson.h>

#include <algorithm>
#include <new>

namespace streamhost::json {

struct Structure::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
  uint32_t nothing[kBehind] = {};
};

namespace {

constexpr size_t kSmallest = 65536;
// Of no consequence for the first stage.
constexpr size_t kDepth = 64;

}  // namespace

Structure::Structure() : parser_(std::make_unique<Parser>()) {
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(
          kSmallest, kDepth, parser_->stages) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
}

Structure::~Structure() = default;

const char* Structure::index(std::string_view text) {
  auto& stages = *parser_->stages;
  if (text.size() > stages.capacity()) {
    const auto error = stages.allocate(std::max(text.size(), 2 * stages.capacity()), kDepth);
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    if (error != simdjson::SUCCESS) return simdjson::error_message(error);
  }
  const auto error = stages.stage1(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                   simdjson::stage1_mode::regular);
  const auto size = static_cast<uint32_t>(text.size());
  if (error == simdjson::SUCCESS) {
    // simdjson has room for nine entries more than there are bytes.
    uint32_t* const tokens = stages.structural_indexes.get();
    tokens_ = tokens;
    count_ = stages.n_structural_indexes;
    std::fill_n(tokens + count_, kBehind, size);
    return nullptr;
  }
  std::fill_n(parser_->nothing, kBehind, size);
  tokens_ = parser_->nothing;
  count_ = 0;
  return error == simdjson::EMPTY ? nullptr : simdjson::error_message(error);
}

}  // namespace streamhost::json
