-- The best bid and ask of one product, whenever they change.

-- A side of the book from a snapshot, [[price, size], …]: sizes by price.
local function side_of(levels)
  local side = {}
  for _, level in ipairs(levels) do side[level[1]] = tonumber(level[2]) end
  return side
end

-- The first price of a side by this order; nil when nothing is offered.
local function best_of(side, goes_before)
  local best
  for price in pairs(side) do
    local number = tonumber(price)
    if best == nil or goes_before(number, best) then best = number end
  end
  return best
end

local function greater(a, b) return a > b end
local function less(a, b) return a < b end

return function(book, product, tick)
  if tick.type == "snapshot" then
    book = { buy = side_of(tick.bids), sell = side_of(tick.asks) }
  else
    for _, change in ipairs(tick.changes) do
      local side, price, size = change[1], change[2], tonumber(change[3])
      book[side][price] = size > 0 and size or nil      -- a level of no size is gone
    end
  end
  local bid, ask = best_of(book.buy, greater), best_of(book.sell, less)
  if bid == book.bid and ask == book.ask then return book, nil end
  book.bid, book.ask = bid, ask
  local spread = bid and ask and math.floor((ask - bid) * 100 + 0.5) / 100
  return book, { bid = bid or null, ask = ask or null, spread = spread or null }
end
