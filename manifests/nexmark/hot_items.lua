-- The auctions with the greatest number of bids: query 5.
local function take(state, num, auction)
  if num > state.num then return { num = num, auctions = { auction } } end
  if num == state.num then state.auctions[#state.auctions + 1] = auction end
  return state
end

return {
  init = function() return { num = 0, auctions = {} } end,
  add = function(state, key, count) return take(state, count.num, count.auction) end,
  merge = function(state, other)
    for _, auction in ipairs(other.auctions) do state = take(state, other.num, auction) end
    return state
  end,
}
