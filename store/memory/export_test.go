package memory

// Secrets returns how many mailed secrets are kept.
func (s *Store) Secrets() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rows := range s.digests {
		n += len(rows)
	}
	return n
}
