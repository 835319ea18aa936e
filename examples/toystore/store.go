// Package toystore is a store for docs/STORE.md to walk through: accounts, sessions, credits and all the rest as JSON
// below ordered keys, in a database that has transactions and nothing else. It meets the whole contract of package
// store and decides nothing: each verb reads facts, asks a rule, and writes what the rule returns.
//
// It keeps everything in memory, reads a whole scope for a list, and is meant to be read and copied, not to be run.
package toystore

import (
	"context"

	"github.com/tollkeeper/tollkeeper/examples/toystore/kv"
	"github.com/tollkeeper/tollkeeper/store"
)

// Store meets [store.Store]. It is safe for concurrent use. Make it with [New].
type Store struct{ db kv.DB }

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return &Store{} }

// tx is a transaction of one verb. It keeps its first error, so that a verb need not ask after each step.
type tx struct {
	*kv.Tx
	err error
}

// update does a verb that writes. f may be run more than once, so that all its effects are in the transaction and in
// what it returns. Besides an error the result is zero.
func update[T any](ctx context.Context, s *Store, f func(*tx) (T, error)) (T, error) {
	return attempt(ctx, s.db.Update, f)
}

// view does a verb that only reads.
func view[T any](ctx context.Context, s *Store, f func(*tx) (T, error)) (T, error) {
	return attempt(ctx, s.db.View, f)
}

func attempt[T any](ctx context.Context, run func(context.Context, func(*kv.Tx) error) error, f func(*tx) (T, error)) (T, error) {
	var result, zero T
	err := run(ctx, func(k *kv.Tx) (err error) {
		t := &tx{Tx: k}
		result, err = f(t)
		if t.err != nil {
			return t.err // what f decided on was not all there
		}
		return err
	})
	if err != nil {
		return zero, err
	}
	return result, nil
}

// change does a verb that writes and returns nothing.
func (s *Store) change(ctx context.Context, f func(*tx) error) error {
	_, err := update(ctx, s, func(t *tx) (struct{}, error) { return struct{}{}, f(t) })
	return err
}
