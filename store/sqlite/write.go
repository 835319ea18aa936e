package sqlite

import (
	"context"

	"github.com/tollkeeper/tollkeeper/internal/group"
)

// write runs a verb in a transaction and returns after the commit. When ctx ends before it ran, it did not happen.
func (s *Store) write(ctx context.Context, do work) error {
	_, err := s.lane.Do(ctx, do)
	return err
}

// answer is write for a verb with a result, which is zero after an error.
func answer[T any](ctx context.Context, s *Store, do func(*conn) (T, error)) (T, error) {
	var result, none T
	err := s.write(ctx, func(c *conn) (err error) {
		result, err = do(c)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// commit does a batch in one transaction. Verbs decide before they write, so one that is refused leaves nothing behind
// and the others go on. One that fails after it began to write spoils the batch: all is undone, and each runs alone.
func (s *Store) commit(ctx context.Context, batch []work) []group.Result[struct{}] {
	results := make([]group.Result[struct{}], len(batch))
	c, err := s.take(ctx, s.writer)
	if err == nil {
		defer s.writer.give(c)
		err = s.ready(c)
	}
	if err != nil {
		fail(results, err)
		return results
	}
	if !together(c, batch, results) {
		for i := range batch {
			together(c, batch[i:i+1], results[i:i+1])
		}
	}
	return results
}

// together returns false when the batch was undone and is to be tried one by one.
func together(c *conn, batch []work, results []group.Result[struct{}]) bool {
	if err := c.begin(beginWrite); err != nil {
		fail(results, err)
		return true
	}
	defer func() {
		if c.open {
			c.rollback()
		}
	}()
	changed := false
	for i, do := range batch {
		c.wrote = false
		err := do(c)
		if err != nil && c.wrote {
			results[i].Err = err
			return len(batch) == 1
		}
		results[i].Err = err
		changed = changed || c.wrote
	}
	if !changed {
		return true
	}
	if err := c.commit(); err != nil {
		fail(results, err)
	}
	return true
}

func fail(results []group.Result[struct{}], err error) {
	for i := range results {
		results[i].Err = err
	}
}
