// Package model is the whole library as a state machine, over any store: random operations of a few people who collide,
// with faults of the store, of the mailer and of contexts, and a clock that goes, stands, and jumps both ways.
//
// Before each step the model says what it must lead to: success or which refusal, and which changes of which rows.
// After each it reads the rows, and fails where they differ, where a change has no event or an event no change, or
// where an invariant of SECURITY.md section 3 is broken. A story that fails is shortened while it still fails, and
// printed, so that it can be told again.
package model

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// storyLength is how many steps a story has: few people are known by then, and no book is long.
const storyLength = 250

// Check tells random stories of that many steps in all, each on a store of its own, and fails with the first that goes
// wrong. everything: all of the store is read after each step, and not only now and then.
//
// TOLLKEEPER_SEED repeats a run, TOLLKEEPER_OPS says how many steps there are at least, TOLLKEEPER_SOAK how long they
// go on, and TOLLKEEPER_STORY tells one story, as a failure prints it.
func Check(t *testing.T, steps int, everything bool, open func(t *testing.T) store.Store) {
	t.Helper()
	if text := os.Getenv("TOLLKEEPER_STORY"); text != "" {
		story, err := ParseSteps(text)
		if err == nil {
			err = Tell(t, story, open)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	seed := number("TOLLKEEPER_SEED", uint64(time.Now().UnixNano()))
	c := checker{t: t, open: open, everything: everything, stats: map[string]int{}, steps: int(number("TOLLKEEPER_OPS", uint64(steps)))}
	c.lasts, _ = time.ParseDuration(os.Getenv("TOLLKEEPER_SOAK"))
	t.Logf("TOLLKEEPER_SEED=%d TOLLKEEPER_OPS=%d", seed, c.steps)
	begin := time.Now()
	if story, err := c.find(seed); err != nil {
		t.Fatalf("%v\nthe story, of %d steps; tell it again:\nTOLLKEEPER_STORY='%s'", err, len(story), textOf(story))
	}
	t.Logf("%d steps in %v; %s", c.stats["steps"], time.Since(begin).Round(time.Millisecond), c.met())
	if missing := c.unmet(); c.steps >= enough && len(missing) > 0 {
		t.Errorf("never met: %s", strings.Join(missing, ", "))
	}
}

// Tell tells a story on a store of its own, and returns what was wrong with it.
func Tell(t *testing.T, story []Step, open func(t *testing.T) store.Store) error {
	t.Helper()
	c := checker{t: t, open: open, everything: true}
	_, err := c.tell(story)
	return err
}

// Find tells random stories of that many steps in all, and returns the first that goes wrong, shortened, with what is
// wrong with it.
func Find(t *testing.T, seed uint64, steps int, open func(t *testing.T) store.Store) (story []Step, err error) {
	t.Helper()
	c := checker{t: t, open: open, everything: true, stats: map[string]int{}, steps: steps}
	return c.find(seed)
}

func number(variable string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(variable), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// checker tells stories.
type checker struct {
	t          *testing.T
	open       func(t *testing.T) store.Store
	everything bool
	stats      map[string]int
	steps      int
	lasts      time.Duration
}

// find tells stories until one goes wrong.
func (c *checker) find(seed uint64) (story []Step, err error) {
	begin := time.Now()
	unmet := func() bool { return c.steps >= enough && c.stats["steps"] < 20*c.steps && len(c.unmet()) > 0 }
	for d := dice(seed); c.stats["steps"] < c.steps || time.Since(begin) < c.lasts || unmet(); {
		told := c.stats["steps"]
		if story, err = c.invent(&d); err != nil {
			return c.shortened(story, err)
		}
		if c.stats["steps"] == told {
			return nil, errors.New("no story is told: -run leaves them out")
		}
	}
	return nil, nil
}

// bubble runs a story from its first step to its last. next returns the step to do; false: there is none.
func (c *checker) bubble(stats map[string]int, next func(m *machine) (Step, bool)) (err error) {
	c.t.Run("story", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var m *machine
			if m, err = newMachine(c.open(t), stats, c.everything); err != nil {
				return
			}
			defer m.stop()
			for s, more := next(m); more && err == nil; s, more = next(m) {
				if err = m.do(s); err != nil {
					err = fmt.Errorf("%s: %w\nverbs: %v", s, err, m.store.done)
				}
			}
			if err == nil {
				err = m.end()
			}
		})
	})
	return err
}

// invent tells a new story, and returns it as it was told.
func (c *checker) invent(d *dice) (story []Step, err error) {
	err = c.bubble(c.stats, func(m *machine) (Step, bool) {
		if len(story) == storyLength {
			return Step{}, false
		}
		var last Step
		if len(story) > 0 {
			last = story[len(story)-1]
		}
		story = append(story, m.think(d, last))
		return story[len(story)-1], true
	})
	return story, err
}

// tell tells a story, and returns what was wrong with it.
func (c *checker) tell(story []Step) (told int, err error) {
	err = c.bubble(map[string]int{}, func(*machine) (Step, bool) {
		if told == len(story) {
			return Step{}, false
		}
		told++
		return story[told-1], true
	})
	return told, err
}

// met says how often each operation had which outcome.
func (c *checker) met() string {
	var all []string
	for key, n := range c.stats {
		all = append(all, fmt.Sprintf("%s %d", key, n))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// enough steps meet what a run must meet, many more what is rare: where all is refused, nothing is tested.
const (
	enough = 3_000
	many   = 100_000
)

// needed are refusals that a run must meet, besides the success of each operation and each kind of fault.
var needed = []string{
	"change-password: invalid_credentials", "change-password: weak_password", "charge: conflict", "confirm-email-change: link_used",
	"confirm-email-change: not_recent", "enrol-factor: unverified", "refresh: invalid_token", "reset-password: link_expired",
	"reset-password: link_used", "set-role: forbidden", "sign-in-with-code: invalid_credentials", "sign-in-with-code: rate_limited",
	"sign-in-with-token: disabled", "sign-in: invalid_credentials", "sign-in: locked", "sign-in: unavailable",
	"sign-in: unverified", "sign-up: email_taken", "sign-up: unknown_parent", "sign-up: username_taken", "unlock: forbidden",
	"verify-email: already_verified",
}

// rare are outcomes that only a long run must meet.
var rare = []string{
	"add-member: ok", "charge: insufficient_credits", "confirm-email-change: email_taken", "confirm-factor: invalid_code", "delete-account: last_admin",
	"new-recovery-codes: ok", "remove-factor: ok", "reset-factors: ok", "rotate-tenant-key: ok", "set-role: last_admin", "set-status: last_admin",
	"sign-in-with-factor: ok", "sign-in-with-factor: invalid_challenge", "sign-in-with-factor: invalid_code", "sign-in-with-token: parent_inactive",
	"sign-in: inactive", "sign-in: insufficient_credits", "sign-in: parent_inactive", "sign-up: insufficient_credits", "sign-up: parent_inactive",
}

// unmet lists what has not happened yet.
func (c *checker) unmet() (missing []string) {
	all := slices.Clone(needed)
	if c.steps >= many {
		all = append(all, rare...)
	}
	for _, name := range operationNames {
		if ok := name + ": ok"; !slices.Contains(rare, ok) {
			all = append(all, ok)
		}
	}
	for _, mode := range modes {
		all = append(all, "fault "+string(mode))
	}
	return slices.DeleteFunc(all, func(key string) bool { return c.stats[key] > 0 })
}
