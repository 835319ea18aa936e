package tollkeeper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

func setting(text string) func(json.RawMessage) (json.RawMessage, error) {
	return func(json.RawMessage) (json.RawMessage, error) { return json.RawMessage(text), nil }
}

func TestMetadata(t *testing.T) {
	story(t, func(w *world) {
		host, c := w.Auth.Host(), w.called("bea", "bea@example.com")
		x, err := host.UpdateMetadata(ctx, c.ID, setting(`{ "plan": "pro" }`))
		w.ok(err)
		if s, err := host.Account(ctx, c.ID); err != nil || string(s.Account.Metadata) != `{ "plan": "pro" }` || string(x.Metadata) != `{ "plan": "pro" }` {
			t.Errorf("%v: %s, returned %s", err, s.Account.Metadata, x.Metadata)
		}
		events := w.Events(tollkeeper.EventMetadataChanged)
		if len(events) != 1 || events[0].Account != c.ID || events[0].By != uuid.Nil {
			t.Errorf("told %+v", events)
		}
		_, err = host.UpdateMetadata(ctx, c.ID, setting(`{ "plan": "pro" }`))
		w.ok(err)
		if n := len(w.Events(tollkeeper.EventMetadataChanged)); n != 1 {
			t.Errorf("told of no change: %d events", n)
		}
		for _, empty := range []string{`{}`, ``} {
			_, err = host.UpdateMetadata(ctx, c.ID, setting(`{"n":1}`))
			w.ok(err)
			if x, err = host.UpdateMetadata(ctx, c.ID, setting(empty)); err != nil || len(x.Metadata) != 0 {
				t.Errorf("%v: %q leaves %s", err, empty, x.Metadata)
			}
		}
	})
}

func TestMetadataIsAnObjectOfAtMostFourKiB(t *testing.T) {
	fits := `{"a":"` + strings.Repeat("x", 4<<10-8) + `"}`
	story(t, func(w *world) {
		host, c := w.Auth.Host(), w.called("bea", "bea@example.com")
		_, err := host.UpdateMetadata(ctx, c.ID, setting(fits))
		w.ok(err)
		for _, text := range []string{`[]`, `null`, `1`, `{`, `{"a":1}x`, fits[:6] + "x" + fits[6:]} {
			_, err := host.UpdateMetadata(ctx, c.ID, setting(text))
			w.want(err, tollkeeper.ErrInvalidInput.WithField("metadata"))
			_, err = w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "new@example.com", Password: password, Metadata: json.RawMessage(text), Client: home})
			w.want(err, tollkeeper.ErrInvalidInput.WithField("metadata"))
			_, err = host.CreateAccount(ctx, tollkeeper.AccountSpec{Email: "new@example.com", Metadata: json.RawMessage(text)})
			w.want(err, tollkeeper.ErrInvalidInput.WithField("metadata"))
		}
		s, err := host.Account(ctx, c.ID)
		if err != nil || string(s.Account.Metadata) != fits {
			t.Errorf("%v: a refused one changed it", err)
		}
		_, err = host.UpdateMetadata(ctx, uuid.New(), setting(`{}`))
		w.want(err, tollkeeper.ErrNotFound)
		_, err = host.UpdateMetadata(ctx, s.Account.Parent, setting(`{"a":1}`))
		w.want(err, tollkeeper.ErrForbidden)
		mine := errors.New("mine")
		if _, err = host.UpdateMetadata(ctx, c.ID, func(json.RawMessage) (json.RawMessage, error) { return json.RawMessage(`{}`), mine }); err != mine {
			t.Errorf("got %v", err)
		}
	})
}

// An account starts with it on the host's word; an admin is not the host.
func TestMetadataFromTheStart(t *testing.T) {
	story(t, func(w *world) {
		x, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "a@example.com", Metadata: json.RawMessage(`{"n":1}`)})
		w.ok(err)
		if string(x.Metadata) != `{"n":1}` {
			t.Errorf("starts with %s", x.Metadata)
		}
		_, err = w.Auth.CreateAccount(ctx, w.firstAdmin().Identity, tollkeeper.AccountSpec{Email: "b@example.com", Metadata: json.RawMessage(`{"n":1}`)})
		w.want(err, tollkeeper.ErrForbidden.WithField("metadata"))
	})
}

// Whoever was first wins, and the other one decides again by what they left: no count is lost.
func TestMetadataIsComparedAndSwapped(t *testing.T) {
	story(t, func(w *world) {
		host, c := w.Auth.Host(), w.called("bea", "bea@example.com")
		var calls []string
		_, err := host.UpdateMetadata(ctx, c.ID, func(old json.RawMessage) (json.RawMessage, error) {
			if calls = append(calls, string(old)); len(calls) == 1 {
				_, err := host.UpdateMetadata(ctx, c.ID, setting(`{"by":"another"}`))
				w.ok(err)
			}
			return json.RawMessage(`{"by":"this"}`), nil
		})
		w.ok(err)
		if len(calls) != 2 || calls[1] != `{"by":"another"}` {
			t.Errorf("called with %q", calls)
		}
		_, err = host.UpdateMetadata(ctx, c.ID, func(json.RawMessage) (json.RawMessage, error) {
			_, err := host.UpdateMetadata(ctx, c.ID, setting(fmt.Sprintf(`{"n":%d}`, len(calls))))
			w.ok(err)
			calls = append(calls, "")
			return json.RawMessage(`{}`), nil
		})
		w.want(err, tollkeeper.ErrConflict)

		_, err = host.UpdateMetadata(ctx, c.ID, setting(``))
		w.ok(err)
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				for {
					_, err := host.UpdateMetadata(ctx, c.ID, func(old json.RawMessage) (json.RawMessage, error) {
						var v struct{ N int }
						if len(old) > 0 {
							if err := json.Unmarshal(old, &v); err != nil {
								return nil, err
							}
						}
						return fmt.Appendf(nil, `{"N":%d}`, v.N+1), nil
					})
					if !errors.Is(err, tollkeeper.ErrConflict) {
						if err != nil {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		all.Wait()
		if s, err := host.Account(ctx, c.ID); err != nil || string(s.Account.Metadata) != `{"N":12}` {
			t.Errorf("%v: %s", err, s.Account.Metadata)
		}
	})
}
