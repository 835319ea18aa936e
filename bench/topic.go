package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Topic is a set of cases that are compared with each other.
type Topic struct {
	Name  string // of the table: markers in the document name it
	Needs Needs
	Drawn bool // the picture has bars of it
	Open  func(context.Context, Setup) (*Bench, error)
}

// Needs says which servers a topic cannot do without.
type Needs struct{ Postgres, Redis bool }

// Setup says where and how large.
type Setup struct {
	Postgres string // connection string of a server where databases may be made
	Redis    string // redis:// URL
	Dir      string // for files; on the disk that is to be measured
	Small    bool   // data of a size for tests: shows that the code runs, measures nothing
}

// size returns full, or small in tests.
func (s Setup) size(full, small int) int {
	if s.Small {
		return small
	}
	return full
}

// Bench is an open topic.
type Bench struct {
	Cases   []Case
	Targets []Target
	Cells   []Cell                 // for the table of all rivals and the picture; [Topic.Drawn] says that there are some
	Sizes   []string               // not nil: cases are named verb/size, and the table has a column for each size
	Check   func() (string, error) // what else is to be said after the passes; nil: nothing
	Quick   bool                   // many cases: each gets a fifth of the time
	Once    bool                   // one pass is enough: what takes long differs by less
	table   func(Results) string   // instead of the usual tables; nil: those
	closers []func()
}

// onClose adds what Close does, last first.
func (b *Bench) onClose(f func()) { b.closers = append(b.closers, f) }

// Close ends everything that [Topic.Open] began.
func (b *Bench) Close() {
	for _, f := range slices.Backward(b.closers) {
		f()
	}
	b.closers = nil
}

// open makes a Bench with fill, and closes it if that fails.
func open(fill func(*Bench) error) (*Bench, error) {
	b := new(Bench)
	if err := fill(b); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Topics lists all of them in the order of the document.
func Topics() []Topic {
	return []Topic{
		{Name: "authenticate", Drawn: true, Open: openAuthenticate},
		{Name: "hash", Open: openHash},
		{Name: "sign-in", Drawn: true, Open: openSignIn},
		{Name: "first-sight", Drawn: true, Open: openFirstSight},
		{Name: "stores", Needs: Needs{Postgres: true}, Open: openStores},
		{Name: "crowd", Open: openCrowd},
		{Name: "waiting", Open: openWaiting},
		{Name: "server", Open: openServing},
		{Name: "postgres", Needs: Needs{Postgres: true}, Open: openPostgres},
		{Name: "slow-disk", Needs: Needs{Postgres: true}, Open: openSlowDisk},
		{Name: "sqlite", Open: openSQLite},
		{Name: "log", Needs: Needs{Postgres: true}, Open: openLog},
		{Name: "redis", Needs: Needs{Redis: true}, Open: openRedis},
		{Name: "economy", Needs: Needs{Postgres: true}, Open: openEconomy},
		{Name: "growth-sqlite", Open: openGrowthSQLite},
		{Name: "growth-postgres", Needs: Needs{Postgres: true}, Open: openGrowthPostgres},
		{Name: "build", Open: openBuild},
	}
}

// ErrNoServer returns a topic whose server [Setup] does not name.
var ErrNoServer = errors.New("bench: no server")

// Start opens the topic.
func (t Topic) Start(ctx context.Context, s Setup) (*Bench, error) {
	if t.Needs.Postgres && s.Postgres == "" || t.Needs.Redis && s.Redis == "" {
		return nil, fmt.Errorf("%w for %s: set TOLLKEEPER_TEST_POSTGRES and TOLLKEEPER_TEST_REDIS, or use scripts/services run", ErrNoServer, t.Name)
	}
	b, err := t.Open(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", t.Name, err)
	}
	return b, nil
}

// Measure runs all cases in turn, so many passes of so long a case. Every pass begins with another case, so that none
// always follows the same neighbour.
func (b *Bench) Measure(passes int, each time.Duration) (Results, error) {
	r := Results{}
	if b.Quick {
		each /= 5
	}
	if b.Once {
		passes = 1
	}
	for pass := range passes {
		for i := range b.Cases {
			c := b.Cases[(i+pass*max(1, len(b.Cases)/max(1, passes)))%len(b.Cases)]
			s, err := c.Run(each)
			if err != nil {
				return nil, err
			}
			r[c.Name] = append(r[c.Name], s)
		}
	}
	return r, nil
}
