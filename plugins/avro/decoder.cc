#include "decoder.h"

#include <bit>
#include <cstring>

#include "logical.h"

namespace streamhost::avro {
namespace {

static_assert(std::endian::native == std::endian::little, "Avro's floats are");

// Of items that take no bytes. Nothing else bounds how many an array may claim to have.
constexpr int64_t kMostEmptyItems = 1 << 20;

std::string described(const Node& type) {
  return type.is_named() ? std::string(name_of(type.type)) + ' ' + type.name : type.name;
}

}  // namespace

bool Decoder::decode(const Step& root, std::string_view bytes, Buffer& out, size_t base) {
  begin_ = at_ = reinterpret_cast<const uint8_t*>(bytes.data());
  end_ = begin_ + bytes.size();
  base_ = base;
  out_ = &out;
  if (!value(root, 0)) return false;
  if (at_ != end_) return fail(std::to_string(left()) + " more bytes are behind the value");
  return true;
}

bool Decoder::read_longer(int64_t* number) {
  uint64_t n = 0;
  const uint8_t* const from = at_;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) {
      at_ = from;
      return fail("the bytes end within a number");
    }
    const uint8_t byte = *at_++;
    if (shift == 63 && byte > 1) break;
    n |= uint64_t{byte & 127u} << shift;
    if (byte < 128) {
      *number = static_cast<int64_t>(n >> 1) ^ -static_cast<int64_t>(n & 1);
      return true;
    }
  }
  at_ = from;
  return fail("a number has more than 64 bits");
}

bool Decoder::length_beyond(int64_t size, const uint8_t* from, const char* what) {
  const size_t there = left();
  at_ = from;
  return fail("the length " + std::to_string(size) + " of " + what + " is not within the " +
              std::to_string(there) + " bytes that are left");
}

bool Decoder::cut_off(size_t size, const char* what) {
  return fail(std::string(what) + " of " + std::to_string(size) +
              " bytes is cut off: " + std::to_string(left()) + " are left");
}

bool Decoder::value(const Step& step, int depth) {
  if (step.kind != Step::Kind::kValue) return union_value(step, depth);
  std::string_view bytes;
  switch (step.writer->type) {
    case Type::kNull: out_->append("null"); return true;
    case Type::kBoolean: {
      if (at_ == end_) return fail("the bytes end where a boolean should be");
      if (*at_ > 1) return fail("a boolean is " + std::to_string(*at_) + ", not 0 or 1");
      out_->append(*at_++ != 0 ? "true" : "false");
      return true;
    }
    case Type::kInt:
    case Type::kLong: return integer(step);
    case Type::kFloat: {
      if (!read_fixed(sizeof(float), "a float", &bytes)) return false;
      float number;
      std::memcpy(&number, bytes.data(), sizeof number);
      if (step.reader->type == Type::kDouble) {
        put_real(static_cast<double>(number));
      } else {
        put_real(number);
      }
      return true;
    }
    case Type::kDouble: {
      if (!read_fixed(sizeof(double), "a double", &bytes)) return false;
      double number;
      std::memcpy(&number, bytes.data(), sizeof number);
      put_real(number);
      return true;
    }
    case Type::kBytes:
    case Type::kString: {
      const char* const what = step.writer->type == Type::kString ? "a string" : "bytes";
      if (!read_sized(what, &bytes)) return false;
      return step.reader->type == Type::kString ? put_string(bytes)
                                                : put_bytes(bytes, *step.reader);
    }
    case Type::kFixed:
      return read_fixed(step.writer->size, "a fixed", &bytes) && put_bytes(bytes, *step.reader);
    case Type::kEnum: {
      const uint8_t* const from = at_;
      int64_t index = 0;
      if (!read_long(&index)) return false;
      if (index < 0 || static_cast<uint64_t>(index) >= step.symbols.size()) {
        at_ = from;
        return fail("the " + described(*step.writer) + " has no symbol " + std::to_string(index));
      }
      const std::string& symbol = step.symbols[static_cast<size_t>(index)];
      if (symbol.empty()) {
        at_ = from;
        return fail("the symbol " + step.writer->symbols[static_cast<size_t>(index)] +
                    " is not in the reader's " + described(*step.reader) +
                    ", which has no default");
      }
      out_->append(symbol);
      return true;
    }
    case Type::kRecord: return record(step, depth + 1);
    case Type::kArray:
    case Type::kMap: return items(step, depth + 1);
    case Type::kUnion: break;
  }
  return fail("a union was not resolved");
}

bool Decoder::union_value(const Step& step, int depth) {
  if (step.kind == Step::Kind::kUnion) {
    const uint8_t* const from = at_;
    int64_t index = 0;
    if (!read_long(&index)) return false;
    if (index < 0 || static_cast<uint64_t>(index) >= step.branches.size()) {
      at_ = from;
      return fail("the union has no branch " + std::to_string(index));
    }
    return value(*step.branches[static_cast<size_t>(index)], depth);
  }
  if (step.kind == Step::Kind::kMismatch) {
    if (!step.before.empty()) return fail(step.before);
    return fail("what was written as " + described(*step.writer) + " cannot be read as " +
                described(*step.reader));
  }
  const bool wrapped = !step.before.empty();
  if (wrapped && depth >= kDeepestValue) return fail("values are nested too deeply");
  out_->append(step.before);
  if (!value(*step.branches[0], depth + wrapped)) return false;
  if (wrapped) out_->push('}');
  return true;
}

bool Decoder::record(const Step& step, int depth) {
  if (depth > kDeepestValue) return fail("values are nested too deeply");
  for (const Step::Member& m : step.members) {
    if (m.step == nullptr) {
      if (!skip(*m.writer, depth)) return problem_.within_field(m.field->name);
      continue;
    }
    out_->append(m.before);
    if (!value(*m.step, depth)) return problem_.within_field(m.field->name);
  }
  out_->append(step.after);
  return true;
}

template <class Each>
bool Decoder::blocks(bool empty_items, Each&& each) {
  uint64_t index = 0;
  while (true) {
    const uint8_t* const from = at_;
    int64_t count = 0, size = 0;
    if (!read_long(&count)) return false;
    if (count == 0) return true;
    if (count < 0) {
      // Such a block says its size, for those who skip it.
      if (!read_long(&size)) return false;
      count = count == INT64_MIN ? INT64_MAX : -count;
      if (size < 0 || static_cast<uint64_t>(size) > left()) {
        at_ = from;
        return fail("the size " + std::to_string(size) +
                    " of a block is not within the bytes "
                    "that are left");
      }
    }
    const auto most = empty_items ? kMostEmptyItems : static_cast<int64_t>(left());
    if (count > most) {
      at_ = from;
      return fail("a block has " + std::to_string(count) + " items, which is more than the " +
                  std::to_string(most) +
                  (empty_items ? " without bytes that are accepted" : " bytes that are left"));
    }
    for (; count > 0; --count, ++index) {
      if (!each(index)) return false;
    }
    if (empty_items && index > static_cast<uint64_t>(kMostEmptyItems)) {
      return fail("there are too many items without bytes");
    }
  }
}

bool Decoder::items(const Step& step, int depth) {
  if (depth > kDeepestValue) return fail("values are nested too deeply");
  const Step& item = *step.branches[0];
  if (step.writer->type == Type::kArray) {
    out_->push('[');
    const bool read = blocks(item.writer->empty, [&](uint64_t i) {
      if (i != 0) out_->push(',');
      return value(item, depth) || problem_.within_item(i);
    });
    if (!read) return false;
    out_->push(']');
    return true;
  }
  out_->push('{');
  const bool read = blocks(false, [&](uint64_t i) {
    if (i != 0) out_->push(',');
    std::string_view name;
    if (!read_sized("a string", &name) || !put_string(name)) return problem_.within_item(i);
    out_->push(':');
    return value(item, depth) || problem_.within_field(name.substr(0, 60));
  });
  if (!read) return false;
  out_->push('}');
  return true;
}

bool Decoder::skip(const Node& type, int depth) {
  int64_t number = 0;
  std::string_view bytes;
  if (type.empty) return true;
  switch (type.type) {
    case Type::kNull: return true;
    case Type::kBoolean: return read_fixed(1, "a boolean", &bytes);
    case Type::kInt:
    case Type::kLong:
    case Type::kEnum: return read_long(&number);
    case Type::kFloat: return read_fixed(4, "a float", &bytes);
    case Type::kDouble: return read_fixed(8, "a double", &bytes);
    case Type::kBytes:
    case Type::kString: return read_sized(type.name.c_str(), &bytes);
    case Type::kFixed: return read_fixed(type.size, "a fixed", &bytes);
    case Type::kUnion: {
      const uint8_t* const from = at_;
      if (!read_long(&number)) return false;
      if (number < 0 || static_cast<uint64_t>(number) >= type.branches.size()) {
        at_ = from;
        return fail("the union has no branch " + std::to_string(number));
      }
      return skip(*type.branches[static_cast<size_t>(number)], depth);
    }
    case Type::kRecord:
      if (++depth > kDeepestValue) return fail("values are nested too deeply");
      for (const Field& f : type.fields) {
        if (!skip(*f.type, depth)) return problem_.within_field(f.name);
      }
      return true;
    case Type::kArray:
    case Type::kMap: break;
  }
  if (++depth > kDeepestValue) return fail("values are nested too deeply");
  const bool is_map = type.type == Type::kMap;
  return blocks(!is_map && type.branches[0]->empty, [&](uint64_t i) {
    if (is_map && !read_sized("a string", &bytes)) return false;
    return skip(*type.branches[0], depth) || problem_.within_item(i);
  });
}

bool Decoder::integer(const Step& step) {
  const uint8_t* const from = at_;
  int64_t number = 0;
  if (!read_long(&number)) return false;
  if (step.writer->type == Type::kInt && (number < INT32_MIN || number > INT32_MAX)) {
    at_ = from;
    return fail("an int is " + std::to_string(number) + ", which has more than 32 bits");
  }
  switch (step.reader->type) {
    case Type::kFloat: put_real(static_cast<float>(number)); return true;
    case Type::kDouble: put_real(static_cast<double>(number)); return true;
    default: break;
  }
  if (form_.logical && step.reader->logical != Logical::kNone) {
    char* const to = out_->room(kTimeRoom);
    if (char* const end = write_time(to + 1, step.reader->logical, number)) {
      *to = *end = '"';
      out_->keep_to(end + 1);
      return true;
    }
  }
  put_long(number);
  return true;
}

}  // namespace streamhost::avro
