#include "structure.h"

#include <simdjson.h>

#include <algorithm>
#include <new>

namespace streamhost::json {

struct Structure::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
  uint32_t nothing[2] = {0, 0};
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
  tokens_ = stages.structural_indexes.get();
  count_ = stages.n_structural_indexes;
  if (error == simdjson::SUCCESS) return nullptr;
  count_ = 0;
  tokens_ = parser_->nothing;
  if (error != simdjson::EMPTY) return simdjson::error_message(error);
  parser_->nothing[0] = parser_->nothing[1] = static_cast<uint32_t>(text.size());
  return nullptr;
}

}  // namespace streamhost::json
