package token

// RememberedBytes returns how much is kept of tokens and keys.
func (c *Checker[T]) RememberedBytes() int { return c.known.Bytes() + c.tenants.Bytes() }
