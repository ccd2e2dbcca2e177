-- An aggregate: searches, clicks, and clicks per search.
--
-- A late event may show that two visits are one, whose states are then merged.
return {
  init = function() return { searches = 0, clicks = 0 } end,

  add = function(state, key, value)
    if value.event == "search" then state.searches = state.searches + 1 end
    if value.event == "click" then state.clicks = state.clicks + 1 end
    return state
  end,

  merge = function(state, other)
    return { searches = state.searches + other.searches, clicks = state.clicks + other.clicks }
  end,

  finish = function(state)
    local rate = state.searches > 0 and math.floor(state.clicks / state.searches * 100 + 0.5) / 100
    return { searches = state.searches, clicks = state.clicks, rate = rate or null }
  end,
}
