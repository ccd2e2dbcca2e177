#include "avro_c_value.h"

#include <cstdlib>
#include <cstring>

// Includes other headers within extern "C", so that they must have been there before.
#include <avro.h>

struct AvroCValue::Impl {
  avro_schema_t schema = nullptr;
  avro_value_iface_t* iface = nullptr;
  avro_value_t value{};
  std::string problem;
};

AvroCValue::AvroCValue(const std::string& schema, const std::string& bytes)
    : impl_(std::make_unique<Impl>()) {
  if (avro_schema_from_json_length(schema.data(), schema.size(), &impl_->schema) != 0) {
    impl_->problem = avro_strerror();
    return;
  }
  impl_->iface = avro_generic_class_from_schema(impl_->schema);
  avro_generic_value_new(impl_->iface, &impl_->value);
  avro_reader_t reader = avro_reader_memory(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (avro_value_read(reader, &impl_->value) != 0) impl_->problem = avro_strerror();
  avro_reader_free(reader);
}

AvroCValue::~AvroCValue() {
  if (impl_->iface != nullptr) {
    avro_value_decref(&impl_->value);
    avro_value_iface_decref(impl_->iface);
    avro_schema_decref(impl_->schema);
  }
}

std::string AvroCValue::problem() const { return impl_->problem; }

std::string AvroCValue::json() const {
  char* text = nullptr;
  if (avro_value_to_json(&impl_->value, 1, &text) != 0) return avro_strerror();
  const std::string result = text;
  std::free(text);
  return result;
}

std::string AvroCValue::bytes() const {
  std::string bytes(10'000, '\0');
  avro_writer_t writer = avro_writer_memory(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (avro_value_write(writer, &impl_->value) != 0) bytes = avro_strerror();
  bytes.resize(static_cast<size_t>(avro_writer_tell(writer)));
  avro_writer_free(writer);
  return bytes;
}
