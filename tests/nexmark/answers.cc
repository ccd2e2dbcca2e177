#include "answers.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

namespace streamhost::nexmark_test {
namespace {

using Rows = std::vector<std::string>;

constexpr int64_t kSecond = 1'000'000;

std::string text(const std::string& value) { return value; }
std::string text(std::string_view value) { return std::string(value); }
std::string text(int64_t value) { return std::to_string(value); }
std::string text(double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.17g", value);
  return digits;
}

template <class First, class... Rest>
std::string row(const First& first, const Rest&... rest) {
  std::string line = text(first);
  ((line += '|', line += text(rest)), ...);
  return line;
}

int64_t floor_to(int64_t time, int64_t length) {
  const int64_t rest = time % length;
  return time - (rest < 0 ? rest + length : rest);
}

Rows all_bids(const Site& site) {
  Rows rows;
  for (const Bid& bid : site.bids) rows.push_back(bid.line);
  return rows;
}

Rows in_euros(const Site& site) {
  Rows rows;
  for (const Bid& bid : site.bids) {
    rows.push_back(row(bid.auction, bid.bidder, 0.908 * static_cast<double>(bid.price), bid.time_us,
                       field(bid.line, "extra")));
  }
  return rows;
}

Rows selection(const Site& site) {
  Rows rows;
  for (const Bid& bid : site.bids) {
    if (bid.auction % 123 == 0) rows.push_back(row(bid.auction, bid.price));
  }
  return rows;
}

Rows local_items(const Site& site) {
  std::map<int64_t, const Person*> local;
  for (const Person& person : site.persons) {
    if (person.state == "OR" || person.state == "ID" || person.state == "CA") {
      local[person.id] = &person;
    }
  }
  Rows rows;
  for (const Auction& auction : site.auctions) {
    const auto seller = local.find(auction.seller);
    if (auction.category != 10 || seller == local.end()) continue;
    const Person& person = *seller->second;
    rows.push_back(row(person.name, person.city, person.state, auction.id));
  }
  return rows;
}

// Each auction that was won, and the bid.
std::vector<std::pair<const Auction*, const Bid*>> winners(const Site& site) {
  std::map<int64_t, std::vector<const Bid*>> bids;
  for (const Bid& bid : site.bids) bids[bid.auction].push_back(&bid);
  std::vector<std::pair<const Auction*, const Bid*>> won;
  for (const Auction& auction : site.auctions) {
    std::vector<const Bid*>& offers = bids[auction.id];
    std::erase_if(offers, [&](const Bid* bid) {
      return bid->time_us < auction.time_us || bid->time_us > auction.expires_us;
    });
    if (offers.empty()) continue;
    std::sort(offers.begin(), offers.end(), [](const Bid* a, const Bid* b) {
      if (a->price != b->price) return a->price > b->price;
      return a->time_us != b->time_us ? a->time_us < b->time_us : a->line < b->line;
    });
    won.emplace_back(&auction, offers.front());
  }
  return won;
}

Rows mean_of_category(const Site& site) {
  std::map<int64_t, std::vector<int64_t>> prices;
  for (const auto& [auction, bid] : winners(site)) prices[auction->category].push_back(bid->price);
  Rows rows;
  for (const auto& [category, all] : prices) {
    int64_t sum = 0;
    for (const int64_t price : all) sum += price;
    rows.push_back(row(category, static_cast<double>(sum) / static_cast<double>(all.size())));
  }
  return rows;
}

Rows hot_items(const Site& site) {
  constexpr int64_t kLength = 10 * kSecond, kOffset = 2 * kSecond;
  std::map<int64_t, std::map<int64_t, int64_t>> counts;  // by close and auction
  for (const Bid& bid : site.bids) {
    for (int64_t open = floor_to(bid.time_us, kOffset); open + kLength > bid.time_us;
         open -= kOffset) {
      ++counts[open + kLength][bid.auction];
    }
  }
  Rows rows;
  for (const auto& [close, auctions] : counts) {
    int64_t most = 0;
    for (const auto& [auction, count] : auctions) most = std::max(most, count);
    for (const auto& [auction, count] : auctions) {
      if (count == most) rows.push_back(row(auction, count, close));
    }
  }
  return rows;
}

Rows highest_bids(const Site& site) {
  std::map<int64_t, std::vector<const Bid*>> windows;
  for (const Bid& bid : site.bids) windows[floor_to(bid.time_us, 10 * kSecond)].push_back(&bid);
  Rows rows;
  for (const auto& [open, bids] : windows) {
    int64_t highest = 0;
    for (const Bid* bid : bids) highest = std::max(highest, bid->price);
    for (const Bid* bid : bids) {
      if (bid->price != highest) continue;
      rows.push_back(row(bid->auction, bid->bidder, bid->price, bid->time_us));
    }
  }
  return rows;
}

Rows new_sellers(const Site& site) {
  std::set<std::pair<int64_t, int64_t>> sellers;  // with the window
  for (const Auction& auction : site.auctions) {
    sellers.emplace(auction.seller, floor_to(auction.time_us, 10 * kSecond));
  }
  Rows rows;
  for (const Person& person : site.persons) {
    const int64_t open = floor_to(person.time_us, 10 * kSecond);
    if (sellers.count({person.id, open}) != 0) rows.push_back(row(person.id, person.name, open));
  }
  return rows;
}

Rows winning_bids(const Site& site) {
  Rows rows;
  for (const auto& [auction, bid] : winners(site)) {
    const std::string& a = auction->line;
    rows.push_back(row(auction->id, field(a, "item_name"), field(a, "description"),
                       field(a, "initial_bid"), field(a, "reserve"), auction->time_us,
                       auction->expires_us, auction->seller, auction->category, field(a, "extra"),
                       bid->bidder, bid->price, bid->time_us, field(bid->line, "extra")));
  }
  return rows;
}

Rows sessions(const Site& site) {
  constexpr int64_t kGap = 10 * kSecond;
  std::map<int64_t, std::vector<int64_t>> bidders;
  for (const Bid& bid : site.bids) bidders[bid.bidder].push_back(bid.time_us);
  Rows rows;
  for (auto& [bidder, times] : bidders) {
    std::sort(times.begin(), times.end());
    for (size_t first = 0, next = 0; first < times.size(); first = next) {
      next = first + 1;
      while (next < times.size() && times[next] - times[next - 1] <= kGap) ++next;
      rows.push_back(row(bidder, static_cast<int64_t>(next - first), times[first],
                         times[next - 1] + kGap + 1));
    }
  }
  return rows;
}

Rows bids_of_bidders(const Site& site) {
  std::map<int64_t, int64_t> counts;
  for (const Bid& bid : site.bids) ++counts[bid.bidder];
  Rows rows;
  for (const auto& [bidder, count] : counts) rows.push_back(row(bidder, count));
  return rows;
}

const std::map<std::string, std::function<Rows(const Site&)>> kAnswers{
    {"q0", all_bids},         {"q1", in_euros},  {"q2", selection},       {"q3", local_items},
    {"q4", mean_of_category}, {"q5", hot_items}, {"q7", highest_bids},    {"q8", new_sellers},
    {"q9", winning_bids},     {"q11", sessions}, {"q12", bids_of_bidders}};

// A column of what a query writes: a field, and what it holds.
struct Column {
  const char* name;
  enum { kText, kTime, kNumber } kind = kText;
};

const std::map<std::string, std::vector<Column>> kColumns{
    {"q1",
     {{"auction"},
      {"bidder"},
      {"price", Column::kNumber},
      {"date_time", Column::kTime},
      {"extra"}}},
    {"q2", {{"auction"}, {"price"}}},
    {"q3", {{"name"}, {"city"}, {"state"}, {"id"}}},
    {"q4", {{"category"}, {"price", Column::kNumber}}},
    {"q5", {{"auction"}, {"num"}, {"close", Column::kTime}}},
    {"q7", {{"auction"}, {"bidder"}, {"price"}, {"date_time", Column::kTime}}},
    {"q8", {{"id"}, {"name"}, {"open", Column::kTime}}},
    {"q9",
     {{"id"},
      {"item_name"},
      {"description"},
      {"initial_bid"},
      {"reserve"},
      {"date_time", Column::kTime},
      {"expires", Column::kTime},
      {"seller"},
      {"category"},
      {"extra"},
      {"bidder"},
      {"price"},
      {"bid_date_time", Column::kTime},
      {"bid_extra"}}},
    {"q11", {{"bidder"}, {"value"}, {"open", Column::kTime}, {"close", Column::kTime}}},
    {"q12", {{"bidder"}, {"value"}}}};

std::string row_of(const std::vector<Column>& columns, std::string_view line) {
  std::string joined;
  for (const Column& column : columns) {
    if (!joined.empty()) joined += '|';
    const std::string_view value = field(line, column.name);
    if (value.empty() && std::string_view(column.name).find("extra") == std::string_view::npos) {
      joined += "(no " + std::string(column.name) + " in " + std::string(line) + ")";
    } else if (column.kind == Column::kTime) {
      joined += text(time_us(value));
    } else if (column.kind == Column::kNumber) {
      joined += text(std::stod(std::string(value)));
    } else {
      joined += value;
    }
  }
  return joined;
}

// The last line of each category, for the lines before are means of fewer auctions.
Rows last_of_each(const Rows& rows) {
  std::map<std::string, std::string> last;
  for (const std::string& row : rows) last[row.substr(0, row.find('|'))] = row;
  Rows result;
  for (const auto& [category, row] : last) result.push_back(row);
  return result;
}

// Which window a bid was counted in is a matter of the wall clock; how many there were is not.
Rows sum_of_each(const Rows& rows) {
  std::map<std::string, int64_t> sums;
  for (const std::string& row : rows) {
    const size_t bar = row.find('|');
    sums[row.substr(0, bar)] += std::stoll(row.substr(bar + 1));
  }
  Rows result;
  for (const auto& [bidder, sum] : sums) result.push_back(bidder + "|" + std::to_string(sum));
  return result;
}

}  // namespace

Rows answer(const std::string& query, const Site& site) {
  Rows rows = kAnswers.at(query)(site);
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows rows_of(const std::string& query, const std::string& output) {
  const auto columns = kColumns.find(query);
  Rows rows;
  for (size_t at = 0; at < output.size();) {
    const size_t end = std::min(output.find('\n', at), output.size());
    const std::string_view line = std::string_view(output).substr(at, end - at);
    rows.push_back(columns == kColumns.end() ? std::string(line) : row_of(columns->second, line));
    at = end + 1;
  }
  if (query == "q4") rows = last_of_each(rows);
  if (query == "q12") rows = sum_of_each(rows);
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace streamhost::nexmark_test
