-- What both scripts know of a counter. Times are milliseconds since 1970; the numbers of Lua are exact for them. Numbers
-- go in and out as packed doubles, little-endian, because reading and writing digits took most of the time of a script.
-- ARGV[1] starts with now, for how much longer than needed a key stays, and a size; what follows begins at next.
local never = -62135596800000 -- the zero time of Go
local now, slack, size, next = struct.unpack('<ddd', ARGV[1])

-- parse returns attempts, until and expires of a stored counter. Absent or expired is as if never used.
local function parse(value)
	if not value then
		return 0, never, never
	end
	if #value ~= 24 then
		error('not a counter of tollkeeper')
	end
	local n, till, expires = struct.unpack('<ddd', value)
	if now >= expires then
		return 0, never, never
	end
	return n, till, expires
end

-- put stores a value that is dead from expires on.
local function put(key, value, expires)
	redis.call('SET', key, value, 'PX', string.format('%.0f', math.max(expires - now, 0) + slack))
end

local function keep(key, n, till, expires)
	put(key, struct.pack('<ddd', n, till, expires), expires)
end
