-- KEYS: the counters, as many as size, then marks, then pardons to grant, then pardons to look at.
-- ARGV[1] goes on with the end of the marks, how many there are, the end of the pardons, how many to grant, and for
-- each counter its limit and whether to fail, to forgive and to forget (1, else 0). ARGV[2] is their owner.
local marktill, marks, pardontill, pardons
marktill, marks, pardontill, pardons, next = struct.unpack('<dddd', ARGV[1], next)

for i = 1, size do
	local l = limit()
	local failed, forgive, forget
	failed, forgive, forget, next = struct.unpack('<ddd', ARGV[1], next)
	local value = redis.call('GET', KEYS[i])
	if value then
		local s = parse(value, l.pardon > 0 and redis.call('GET', KEYS[l.pardon]))
		stand(l, s)
		if failed == 1 and s.held > 0 then
			s.held = s.held - 1
			fail(l, s, 1, now)
			s.at = now
		elseif forgive == 1 and s.held > 0 then
			s.held = s.held - 1
		elseif forgive == 1 then
			s.n = math.max(0, s.n - 1)
			if s.n < l.free then
				s.till = never
			end
		end
		if s.held == 0 then
			s.heldtill = never
		end
		if forget == 1 then
			s.expires = never
		end
		expire(s, now)
		if s.held == 0 and s.expires == never then
			redis.call('DEL', KEYS[i])
		else
			keep(KEYS[i], l, s)
		end
	elseif forget == 1 then
		redis.call('DEL', KEYS[i]) -- changes nothing, but a server that cannot write says so (Store.Check)
	end
end

for i = 1, marks do
	local key = KEYS[size + i]
	local old = redis.call('GET', key)
	if now < marktill and (not old or string.sub(old, 9) ~= ARGV[2] or struct.unpack('<d', old) < marktill) then
		put(key, struct.pack('<d', marktill) .. ARGV[2], marktill)
	end
end

for i = 1, pardons do
	if now < pardontill then
		local key, till = KEYS[size + marks + i], pardontill
		local old = redis.call('GET', key)
		if old then
			local _, longer = struct.unpack('<dd', old)
			till = math.max(till, longer)
		end
		put(key, struct.pack('<dd', now, till), till)
	end
end
return ''
