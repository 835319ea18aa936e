package model_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/model"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// broken is a store that breaks one promise.
type broken struct {
	store.Store
	change  func(*store.Change)
	session func(*store.NewSession)
	posting func(*store.Posting)
	reuse   bool // does not end a session whose refresh token comes back
}

func edit[T any](f func(*T), x T) T {
	if f != nil {
		f(&x)
	}
	return x
}

func (b broken) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	return b.Store.UpdateAccount(ctx, edit(b.change, c), now)
}

func (b broken) CreateSession(ctx context.Context, s store.NewSession, now time.Time) (store.Receipt, error) {
	return b.Store.CreateSession(ctx, edit(b.session, s), now)
}

func (b broken) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	return b.Store.ApplyCredit(ctx, edit(b.posting, p))
}

func (b broken) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if b.reuse {
		r.Grace = 1 << 50
	}
	return b.Store.RotateSession(ctx, r, now)
}

// TestWhatIsBrokenIsFoundAndTold: what a store or the library might forget to do goes wrong in a short story, which can
// be told again.
func TestWhatIsBrokenIsFoundAndTold(t *testing.T) {
	tests := map[string]broken{
		"sessions that outlive a password": {change: func(c *store.Change) { c.EndSessions = false }},
		"a change without its event":       {change: func(c *store.Change) { c.Events = nil }},
		"a link that serves twice":         {change: func(c *store.Change) { c.Proof, c.Void = store.Digest{}, nil }},
		"a sign-in that costs nothing":     {session: func(s *store.NewSession) { s.Charge = store.Charge{} }},
		"sessions without end":             {session: func(s *store.NewSession) { s.Most = 0 }},
		"a place that stays held":          {session: func(s *store.NewSession) { s.Release = store.Release{} }},
		"a payment that is made twice":     {posting: func(p *store.Posting) { p.Entry.Key = uuid.NewString() }},
		"refresh tokens that come back":    {reuse: true},
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(*testing.T) store.Store {
				b.Store = memory.New()
				return b
			}
			story, err := model.Find(t, 1, 20_000, open)
			if err == nil {
				t.Fatal("nothing is found")
			}
			text := strings.Trim(fmt.Sprint(story), "[]")
			t.Logf("%d steps: %s\n%v", len(story), text, err)
			if len(story) > 40 {
				t.Error("the story is long")
			}
			again, err := model.ParseSteps(text)
			if err != nil {
				t.Fatal(err)
			}
			if model.Tell(t, again, open) == nil {
				t.Error("told again, nothing is wrong")
			}
			if err := model.Tell(t, again, func(*testing.T) store.Store { return memory.New() }); err != nil {
				t.Errorf("on a store that keeps its promises: %v", err)
			}
		})
	}
}

func TestStepsAreReadAsTheyArePrinted(t *testing.T) {
	for _, text := range []string{
		"sign-in(1,2,3,4)", "sign-in(1,2,3,4)+1500", "restart(0,0,0,0)-60000!before2", "pass(19,0,65535,4)!mailer1",
	} {
		story, err := model.ParseSteps(" " + text + "\n" + text)
		if err != nil || len(story) != 2 || story[0] != story[1] || story[0].String() != text {
			t.Errorf("%s: %v, %v", text, story, err)
		}
	}
	for _, text := range []string{"sign-in", "sign-in(1,2,3)", "sign-in(1,2,3,4)5", "Sign in(1,2,3,4)", "sign-in(1,2,3,4)!", "sign-in(-1,2,3,4)"} {
		if story, err := model.ParseSteps(text); err == nil {
			t.Errorf("%q is read as %v", text, story)
		}
	}
}
