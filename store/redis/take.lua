-- KEYS: the counters, as many as size, then the marks. ARGV[1] goes on with seven numbers for each counter: every, burst,
-- free, base, max, window, and which of KEYS is its mark (0: none).
-- Returns 1 if let in, else 0; then for each counter attempts, until, expires, 1 if it refused or 2 if it counted
-- (else 0), and the end of its mark.

-- attempt is Limit.Next for a counter that does not refuse.
local function attempt(every, burst, free, base, max, window, n, till, expires)
	if every > 0 then
		local room = (burst - 1) * every
		till = math.max(till, now - room) + every
		return 0, till, till + room
	end
	n = n + 1
	if base > 0 then
		local over = n - free
		if over < 0 then
			return n, never, now + window
		end
		local wait = max
		if over < 20 then
			wait = math.min(max, base * 2 ^ over)
		end
		return n, now + wait, now + wait + window
	end
	if n >= free then
		return n, now + window, now + window
	end
	if n == 1 then
		expires = now + window
	end
	return n, never, expires
end

local values = redis.call('MGET', unpack(KEYS))

-- ended returns the end of a live mark.
local function ended(mark)
	local value = mark > 0 and values[mark]
	local till = value and struct.unpack('<d', value) or never
	return now < till and till or never
end

local allowed, outcomes = 1, {}
for i = 1, size do
	local every, burst, free, base, max, window, mark
	every, burst, free, base, max, window, mark, next = struct.unpack('<ddddddd', ARGV[1], next)
	local n, till, expires = parse(values[i])
	local marked, flag = ended(mark), 0
	if now >= till then
		flag = 2
		n, till, expires = attempt(every, burst, free, base, max, window, n, till, expires)
	elseif marked == never then
		flag, allowed = 1, 0
	end
	outcomes[i] = {n, till, expires, flag, marked}
end

local answer = {struct.pack('<d', allowed)}
for i = 1, size do
	local o = outcomes[i]
	if o[4] == 2 and allowed == 1 then
		keep(KEYS[i], o[1], o[2], o[3])
	elseif o[4] == 2 then
		o[1], o[2], o[3] = parse(values[i])
		o[4] = 0
	end
	answer[i + 1] = struct.pack('<ddddd', unpack(o))
end
return table.concat(answer)
