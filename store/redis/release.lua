-- KEYS: counters to forget, as many as size, then counters to forgive, then the mark if there is one. ARGV[1] goes on
-- with the end of the mark, how many to forgive, and the free of each of those.
local till, forgive
till, forgive, next = struct.unpack('<dd', ARGV[1], next)

for i = 1, size do
	redis.call('DEL', KEYS[i])
end

-- Limit.Forgive. Those that never forgive, rates, are not sent.
for i = size + 1, size + forgive do
	local free
	free, next = struct.unpack('<d', ARGV[1], next)
	local n, held, expires = parse(redis.call('GET', KEYS[i]))
	if now < expires then
		n = math.max(0, n - 1)
		if n < free then
			held = never
		end
		keep(KEYS[i], n, held, expires)
	end
end

local mark = KEYS[size + forgive + 1]
if mark and now < till then
	local old = redis.call('GET', mark)
	if not old or struct.unpack('<d', old) < till then
		put(mark, struct.pack('<d', till), till)
	end
end
return ''
