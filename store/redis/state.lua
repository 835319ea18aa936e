-- What both scripts know of a counter. Times are milliseconds since 1970; the numbers of Lua are exact for them. Numbers
-- go in and out as packed doubles, little-endian, because reading and writing digits took most of the time of a script.
-- ARGV[1] starts with now, for how much longer than needed a key stays, how long a place is held, and a size; what
-- follows begins at next.
local never = -62135596800000 -- the zero time of Go
local now, slack, heldfor, size, next = struct.unpack('<dddd', ARGV[1])

-- A state has n, till, expires, at, held and heldtill, as store.State has. A limit has kind (0 rate, 1 lock, 2 ceiling),
-- free, base, and the longest wait and how long it remembers after that, as Limit.Longest tells.
local function unused()
	return {n = 0, till = never, expires = never, at = never, held = 0, heldtill = never}
end

-- limit reads the limit that comes next, and which of KEYS are its pardon and its mark (0: none).
local function limit()
	local l = {}
	l.kind, l.free, l.base, l.longest, l.remembers, l.pardon, l.mark, next = struct.unpack('<ddddddd', ARGV[1], next)
	return l
end

-- parse returns a stored counter as it was left, or what is as if never used. pardon is the value of its pardon.
local function parse(value, pardon)
	if not value then
		return unused()
	end
	if #value ~= 48 then
		error('not a counter of tollkeeper')
	end
	local s = {}
	s.n, s.till, s.expires, s.at, s.held, s.heldtill = struct.unpack('<dddddd', value)
	if pardon then
		local at, till = struct.unpack('<dd', pardon)
		if now < till and at <= now and s.at <= at then
			return unused()
		end
	end
	return s
end

-- expire drops failures that are forgotten by then.
local function expire(s, moment)
	if moment >= s.expires then
		s.n, s.till, s.expires = 0, never, never
		if s.held == 0 then
			s.at, s.heldtill = never, never
		end
	end
end

-- fail is Limit.fail.
local function fail(l, s, failures, moment)
	local first = s.n == 0
	s.n = s.n + failures
	s.till = never
	local over = s.n - l.free
	if l.kind == 1 then
		s.expires = moment + l.remembers
		if over >= 0 then
			local wait = l.longest
			if over < 20 then
				wait = math.min(l.longest, l.base * 2 ^ over)
			end
			s.till = moment + wait
			s.expires = s.till + l.remembers
		end
	elseif over >= 0 then
		s.till = moment + l.longest
		s.expires = s.till
	elseif first then
		s.expires = moment + l.longest
	end
end

-- stand is Limit.Stand. It returns whether Limit.Clamp cut something.
local function stand(l, s)
	local cut = false
	local function clamp(field, most)
		if s[field] > most then
			s[field] = most
			cut = true
		end
	end
	clamp('till', now + l.longest)
	clamp('expires', now + l.longest + l.remembers)
	clamp('heldtill', now + heldfor)
	clamp('at', now)
	if s.held > 0 and now >= s.heldtill then
		local held, moment = s.held, s.heldtill
		expire(s, moment)
		fail(l, s, held, moment)
		s.held, s.heldtill = 0, never
	end
	expire(s, now)
	return cut
end

-- put stores a value that is dead from expires on.
local function put(key, value, expires)
	redis.call('SET', key, value, 'PX', string.format('%.0f', math.max(expires - now, 0) + slack))
end

local function keep(key, l, s)
	local dead = s.expires
	if s.held > 0 then
		dead = math.max(dead, s.heldtill + l.longest + l.remembers)
	end
	put(key, struct.pack('<dddddd', s.n, s.till, s.expires, s.at, s.held, s.heldtill), dead)
end
