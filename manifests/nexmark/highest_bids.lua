-- The bids with the highest price, out of bids or out of what this has made of them: query 7.
local function merge(state, other)
  if other.price > state.price then return other end
  if other.price == state.price then
    for _, bid in ipairs(other.bids) do state.bids[#state.bids + 1] = bid end
  end
  return state
end

local function of_one(bid)
  local fields = {
    auction = bid.auction, bidder = bid.bidder, price = bid.price, date_time = bid.date_time,
  }
  return { price = bid.price, bids = { fields } }
end

return {
  init = function() return { price = -1, bids = {} } end,
  add = function(state, key, value)
    if value.price < state.price then return state end
    return merge(state, value.bids and value or of_one(value))
  end,
  merge = merge,
}
