#include "split.h"

#include "regex.h"

namespace streamhost::text {
namespace {

// True when the words of both records are alike in all but the value.
bool same_but_value(const sh_record& a, const sh_record& b) {
  return ((a.key_hash ^ b.key_hash) | static_cast<uint64_t>(a.event_time_us ^ b.event_time_us) |
          (a.reserved ^ b.reserved) |
          (reinterpret_cast<uintptr_t>(a.key) ^ reinterpret_cast<uintptr_t>(b.key)) |
          (reinterpret_cast<uintptr_t>(a.headers) ^ reinterpret_cast<uintptr_t>(b.headers)) |
          (a.key_len ^ b.key_len) | (a.header_count ^ b.header_count) | (a.flags ^ b.flags)) == 0;
}

// Lines of a file lie one behind the other in memory, a line feed between them, and make the same
// kind of word. Such a run is searched as one text, so that lines cost next to nothing.
// `end`: one past the last record of the run that begins at `first`. The size of its text.
size_t find_run(const Batch& in, uint32_t first, uint32_t& end) {
  constexpr size_t kLongEnough = 16384;
  const sh_record* records = in.raw().records;
  const uint8_t* begin = records[first].value;
  const uint8_t* stop = begin + records[first].value_len;
  for (end = first + 1; end < in.size(); ++end) {
    const sh_record& next = records[end];
    if (next.value != stop + 1 || next.value_len == SH_ABSENT || *stop != '\n' ||
        !same_but_value(records[first], next) || static_cast<size_t>(stop - begin) > kLongEnough) {
      break;
    }
    stop = next.value + next.value_len;
  }
  return static_cast<size_t>(stop - begin);
}

void lower(const uint8_t* from, size_t size, uint8_t* to) {
  for (size_t i = 0; i < size; ++i) to[i] = to_lower(from[i]);
}

}  // namespace

Split::Split(const Context& ctx, const Config& config)
    : ctx_(ctx), lowercase_(config.flag("lowercase")) {
  const auto separator = config.find("separator");
  const auto pattern = config.find("pattern");
  if (separator && pattern) {
    throw config_error(
        "options \"separator\" and \"pattern\" exclude each other: give one of them");
  }
  if (separator) {
    if (separator->empty()) throw config_error("option \"separator\" is empty");
    cutter_.emplace(std::string(*separator));
  } else if (pattern) {
    cutter_.emplace(compile("pattern", std::string(*pattern), config.integer("max_memory")));
  }
}

void Split::process(const Batch& in, Out& out) {
  Lot lot(ctx_.host(), out.raw());
  if (cutter_) {
    split_pieces(in, lot);
  } else if (lowercase_) {
    split_words<true>(in, lot);
  } else {
    split_words<false>(in, lot);
  }
  lot.commit();
}

template <bool Lower>
void Split::split_words(const Batch& in, Lot& lot) {
  uint32_t end = 0;
  for (uint32_t i = 0; i < in.size(); i = end) {
    const sh_record shell = in.raw().records[i];
    if (shell.value_len == SH_ABSENT) {
      end = i + 1;
      continue;
    }
    const size_t size = find_run(in, i, end);
    const uint8_t* text = shell.value;
    uint8_t* lowered = nullptr;
    if constexpr (Lower) {
      lowered = lot.bytes(size + WordFinder::kSlack);
      // The slack is kept too: it may be written after a commit has handed on what follows.
      lot.keep(size + WordFinder::kSlack);
    }
    const uint8_t* base = Lower ? lowered : text;
    finder_.find<Lower>(text, size, lowered, [&](const uint32_t* bounds, size_t count) {
      while (count > 0) {
        const size_t now = std::min(count, lot.room());
        sh_record* to = lot.next();
        for (size_t k = 0; k < now; ++k) {
          to[k] = shell;
          to[k].value = base + bounds[2 * k];
          to[k].value_len = bounds[2 * k + 1] - bounds[2 * k];
        }
        lot.filled(now);
        bounds += 2 * now;
        count -= now;
      }
    });
  }
}

void Split::split_pieces(const Batch& in, Lot& lot) {
  for (const Record r : in) {
    if (!r.has_value()) continue;
    const std::string_view text = r.value();
    const uint8_t* base = to_bytes(text).ptr;
    if (lowercase_) {
      uint8_t* lowered = lot.bytes(text.size());
      lower(base, text.size(), lowered);
      lot.keep(text.size());
      base = lowered;
    }
    sh_record piece = r.raw();
    for (const std::string_view part : cutter_->cut(text)) {
      piece.value = base + (part.data() - text.data());
      piece.value_len = static_cast<uint32_t>(part.size());
      lot.push(piece);
    }
  }
}

Component split() {
  return op<Split>("split")
      .summary("Cuts each value into words, or at separators; one record each")
      .options({option("lowercase", Type::boolean, "turn ASCII letters to lower case")
                    .otherwise("false"),
                option("separator", Type::string, "cut at this text; empty pieces are kept"),
                option("pattern", Type::string,
                       "cut where this RE2 expression matches; empty pieces are kept"),
                option("max_memory", Type::size, "what the expression may use of memory")
                    .otherwise("8MiB")
                    .at_least(4096)});
}

}  // namespace streamhost::text
