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

// framing, json, bytes, logical, max_size, registry.
std::vector<Option> shared_options();

// json, bytes and logical.
Form form_of(const Config& config);

bool is_confluent(const Config& config);

// The text of a schema: of option `inline_option`, or in the file that `file_option` names. Empty
// when neither is given; throws config_error when both are.
std::optional<std::string> schema_text(const Config& config, const char* inline_option,
                                       const char* file_option);

// Parses it; what is wrong becomes a config_error that names the option.
std::shared_ptr<const Schema> parsed(const std::string& text, const char* option);

// The table `registry`. Throws config_error where the framing needs one and there is none, or the
// other way.
std::optional<HttpSettings> registry_of(const Config& config);

}  // namespace streamhost::avro
