package passhash

// Prefixes are those of the table, in its order.
func Prefixes() (list []string) {
	for _, f := range formats {
		list = append(list, f.prefix)
	}
	return list
}
