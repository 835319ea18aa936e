package strictjson

// keys is the set of keys one object has shown. Declared fields are bits; the
// unknown ones are listed, and hashed once there are enough of them for a
// hostile body to make a search of the list slow.
type keys struct {
	fields uint64
	few    [8][]byte
	count  int
	many   map[string]struct{}
}

// mark notes declared field i and reports whether it is new.
func (k *keys) mark(i int) bool {
	bit := uint64(1) << i
	fresh := k.fields&bit == 0
	k.fields |= bit
	return fresh
}

// add notes an unknown key, which it keeps, and reports whether it is new.
func (k *keys) add(key []byte) bool {
	for _, old := range k.few[:k.count] {
		if string(old) == string(key) {
			return false
		}
	}
	if k.count < len(k.few) {
		k.few[k.count] = key
		k.count++
		return true
	}
	if _, old := k.many[string(key)]; old {
		return false
	}
	if k.many == nil {
		k.many = make(map[string]struct{})
	}
	k.many[string(key)] = struct{}{}
	return true
}
