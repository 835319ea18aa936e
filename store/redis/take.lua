-- KEYS: the counters, as many as size, then marks and pardons. ARGV[1] goes on with a limit for each counter.
-- Returns 1 if let in, else 0; then for each counter its state, 1 if it would let the attempt in (else 0), the end of its
-- mark, and that mark's owner in 16 bytes.
local values = redis.call('MGET', unpack(KEYS))
local nobody = string.rep('\0', 16)

local allowed, counters = 1, {}
for i = 1, size do
	local c = {limit = limit(), marked = never, owner = nobody}
	local l = c.limit
	local s = parse(values[i], values[l.pardon])
	c.cut = stand(l, s)
	c.state = s
	local mark = values[l.mark]
	if mark then
		local till = struct.unpack('<d', mark)
		if now < till then
			c.marked, c.owner = till, string.sub(mark, 9, 24)
		end
	end
	c.fits = now >= s.till and (l.kind == 0 or s.held < math.max(1, l.free - s.n))
	if not c.fits and c.marked == never then
		allowed = 0
	end
	counters[i] = c
end

-- count is Limit.Next for a counter that lets the attempt in.
local function count(l, s)
	s.at = now
	if l.kind == 0 then
		s.till = math.max(s.till, now - l.remembers) + l.longest
		s.expires = s.till + l.remembers
		return
	end
	s.held = s.held + 1
	s.heldtill = now + heldfor
end

local answer = {struct.pack('<d', allowed)}
for i = 1, size do
	local c = counters[i]
	local s = c.state
	if allowed == 1 and c.fits then
		count(c.limit, s)
		keep(KEYS[i], c.limit, s)
	elseif c.cut then
		keep(KEYS[i], c.limit, s)
	end
	answer[i + 1] = struct.pack('<dddddddd', s.n, s.till, s.expires, s.at, s.held, s.heldtill, c.fits and 1 or 0, c.marked) .. c.owner
end
return table.concat(answer)
