#include "recovery/row_sorter.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "recovery/hash.h"

namespace streamhost::recovery {
namespace {

constexpr unsigned kDigit = 11;             // bits that one pass sorts by
constexpr size_t kRadixWorthIt = 512;       // rows
constexpr size_t kKept = size_t{64} << 10;  // entries of memory for the next epoch

// Few entries, with no memory of its own.
template <class It>
void insertion_sort(It begin, It end) {
  for (It place = begin + 1; place < end; ++place) {
    const auto entry = *place;
    It hole = place;
    for (; hole != begin && (hole - 1)->hash > entry.hash; --hole) *hole = *(hole - 1);
    *hole = entry;
  }
}

}  // namespace

RowSorter::RowSorter(std::vector<int64_t> steps, uint32_t files,
                     std::optional<std::vector<uint32_t>> here)
    : steps_(std::move(steps)), files_(files), places_(files, kElsewhere), blocks_(steps_.size()) {
  if (!here) {
    here.emplace(files);
    std::iota(here->begin(), here->end(), 0u);
  }
  for (const uint32_t file : *here) places_[file] = count_++;
}

void RowSorter::add(uint32_t step, RowBlock block) {
  bytes_ += block.bytes();
  blocks_[step].push_back(std::move(block));
}

void RowSorter::drain(const BeginRun& begin_run, const TakeRow& take_row, const EndRun& end_run) {
  std::vector<std::vector<Entry>> entries(count_);
  for (size_t step = 0; step < steps_.size(); ++step) {
    if (blocks_[step].empty()) continue;
    size_t rows = 0;
    for (const RowBlock& block : blocks_[step]) rows += block.rows();
    for (auto& of_file : entries) of_file.reserve(rows / files_ + rows / 16 + 16);
    for (const RowBlock& block : blocks_[step]) {
      const char* in = block.encoded().data();
      const char* const end = in + block.encoded().size();
      EncodedRow row;
      while (in != end) {
        const char* const begin = in;
        in = decode_row(in, end, row);
        const uint64_t hash = hash_of(row.key);
        const uint32_t file = files_ == 1 ? 0 : file_of(steps_[step], hash, files_);
        const uint32_t place = places_[file];
        if (place == kElsewhere) {
          astray_ = file;
          continue;
        }
        entries[place].push_back({hash, begin});
      }
    }
    for (uint32_t file = 0; file < count_; ++file) {
      if (entries[file].empty()) continue;
      sort(entries[file]);
      begin_run(file, steps_[step]);
      give(entries[file], take_row);
      end_run();
      entries[file].clear();
    }
    blocks_[step].clear();
  }
  bytes_ = 0;
  if (scratch_.capacity() > kKept) std::vector<Entry>().swap(scratch_);
}

// By hash, and rows of one hash as they came.
void RowSorter::sort(std::vector<Entry>& entries) {
  const auto by_hash = [](const Entry& a, const Entry& b) { return a.hash < b.hash; };
  if (entries.size() < kRadixWorthIt) {
    return std::stable_sort(entries.begin(), entries.end(), by_hash);
  }
  scratch_.resize(entries.size());
  for (const unsigned shift : {64 - 2 * kDigit, 64 - kDigit}) {
    std::array<size_t, size_t{1} << kDigit> places{};
    const auto digit = [shift](const Entry& entry) {
      return (entry.hash >> shift) & ((size_t{1} << kDigit) - 1);
    };
    for (const Entry& entry : entries) ++places[digit(entry)];
    size_t place = 0;
    for (size_t& count : places) place += std::exchange(count, place);
    for (const Entry& entry : entries) scratch_[places[digit(entry)]++] = entry;
    entries.swap(scratch_);
  }
  // What is alike in the first bits is seldom more than a few.
  constexpr unsigned kRest = 64 - 2 * kDigit;
  for (auto begin = entries.begin(); begin != entries.end();) {
    auto end = begin + 1;
    while (end != entries.end() && end->hash >> kRest == begin->hash >> kRest) ++end;
    if (end - begin > 16) {
      std::stable_sort(begin, end, by_hash);
    } else if (end - begin > 1) {
      insertion_sort(begin, end);
    }
    begin = end;
  }
}

void RowSorter::give(const std::vector<Entry>& entries, const TakeRow& take_row) {
  constexpr size_t kAhead = 12;  // rows lie anywhere in memory
  for (size_t i = 0; i < entries.size();) {
    if (i + kAhead < entries.size()) __builtin_prefetch(entries[i + kAhead].row);
    size_t end = i + 1;
    while (end < entries.size() && entries[end].hash == entries[i].hash) ++end;
    if (end == i + 1) {
      take_row(decode_own_row(entries[i].row));
    } else {
      // Rows of one key, nearly always: the last one counts.
      std::vector<EncodedRow> rows;
      for (size_t same = i; same < end; ++same) rows.push_back(decode_own_row(entries[same].row));
      std::stable_sort(rows.begin(), rows.end(),
                       [](const EncodedRow& a, const EncodedRow& b) { return a.key < b.key; });
      for (size_t row = 0; row < rows.size(); ++row) {
        if (row + 1 == rows.size() || rows[row].key != rows[row + 1].key) take_row(rows[row]);
      }
    }
    i = end;
  }
}

}  // namespace streamhost::recovery
