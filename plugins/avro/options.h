// Options that avro.decode and avro.encode share.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "form.h"
#include "http_client.h"
#include "schema.h"

namespace streamhost::avro {

// Not to be taken for Avro's types.
using OptionType = streamhost::Type;

// Confluent's: a zero, the schema's id with its big end first, the value.
inline constexpr size_t kFrameSize = 5;

// With Confluent's framing a value that is bytes, and nothing around them, stands there as it is:
// its length, which Avro would have in front, is left out.
inline bool is_bare(const Node& root) { return root.type == Type::kBytes; }

// framing, json, bytes, logical, max_size, registry.
std::vector<Option> shared_options();

// json, bytes and logical.
Form form_of(const Config& config);

bool is_confluent(const Config& config);

// A schema of the manifest.
struct GivenSchema {
  std::string text;
  std::shared_ptr<const Schema> schema;
};

// The schema in option `inline_option`, or in the file that `file_option` names; empty when neither
// is given. Throws config_error, which names the option, when both are, or for what is wrong with
// it.
std::optional<GivenSchema> schema_of(const Config& config, const char* inline_option,
                                     const char* file_option);

// The table `registry`. Throws config_error where the framing needs one and there is none, or the
// other way.
std::optional<HttpSettings> registry_of(const Config& config);

}  // namespace streamhost::avro
