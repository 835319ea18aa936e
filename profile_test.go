package tollkeeper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// rename gives the caller another username.
func (w *world) rename(by *tollkeeper.Identity, name string) error {
	return w.Auth.UpdateProfile(ctx, by, tollkeeper.ProfilePatch{Username: &name})
}

func TestUpdateProfile(t *testing.T) {
	text := func(s string) *string { return &s }
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.SignUpBelow(p, "b@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "Taken" })
		a := w.child(p, "a@example.com")
		for _, c := range []struct {
			name   string
			patch  tollkeeper.ProfilePatch
			want   error
			field  string
			stands [3]string // username, name, locale
			events string
		}{
			{"nothing", tollkeeper.ProfilePatch{}, nil, "", [3]string{}, "[]"},
			{"a username", tollkeeper.ProfilePatch{Username: text("Ada_1")}, nil, "", [3]string{"Ada_1"}, "[username_changed]"},
			{"the same once more", tollkeeper.ProfilePatch{Username: text("Ada_1")}, nil, "", [3]string{"Ada_1"}, "[]"},
			{"in other letters", tollkeeper.ProfilePatch{Username: text("ADA_1")}, nil, "", [3]string{"ADA_1"}, "[username_changed]"},
			{"a name", tollkeeper.ProfilePatch{Name: text("Ada L.")}, nil, "", [3]string{"ADA_1", "Ada L."}, "[profile_changed:name]"},
			{"a locale", tollkeeper.ProfilePatch{Locale: text("de-AT")}, nil, "", [3]string{"ADA_1", "Ada L.", "de-AT"}, "[profile_changed:locale]"},
			{"all at once", tollkeeper.ProfilePatch{Username: text("ada"), Name: text("Ada"), Locale: text("en")}, nil, "", [3]string{"ada", "Ada", "en"}, "[username_changed profile_changed:name locale]"},
			{"a taken username, and a name", tollkeeper.ProfilePatch{Username: text("TAKEN"), Name: text("Eve")}, tollkeeper.ErrUsernameTaken, "", [3]string{"ada", "Ada", "en"}, "[]"},
			{"no username", tollkeeper.ProfilePatch{Username: text("no spaces")}, tollkeeper.ErrInvalidUsername, "", [3]string{"ada", "Ada", "en"}, "[]"},
			{"too long a one", tollkeeper.ProfilePatch{Username: text(strings.Repeat("x", 31))}, tollkeeper.ErrInvalidUsername, "", [3]string{"ada", "Ada", "en"}, "[]"},
			{"no name", tollkeeper.ProfilePatch{Name: text("a\nb")}, tollkeeper.ErrInvalidInput, "name", [3]string{"ada", "Ada", "en"}, "[]"},
			{"no locale, and a name", tollkeeper.ProfilePatch{Name: text("Eve"), Locale: text("de_AT")}, tollkeeper.ErrInvalidInput, "locale", [3]string{"ada", "Ada", "en"}, "[]"},
			{"all taken away", tollkeeper.ProfilePatch{Username: text(""), Name: text(""), Locale: text("")}, nil, "", [3]string{}, "[username_changed profile_changed:name locale]"},
		} {
			before := len(w.Events())
			err := w.Auth.UpdateProfile(ctx, a.Identity, c.patch)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
			if e, ok := errors.AsType[*tollkeeper.Error](err); ok && c.field != "" && e.Field != c.field {
				t.Errorf("%s: field %q", c.name, e.Field)
			}
			s, err := w.Auth.Host().Account(ctx, a.ID)
			w.ok(err)
			if got := [3]string{s.Account.Username, s.Account.Name, s.Account.Locale}; got != c.stands {
				t.Errorf("%s: %q stands, want %q", c.name, got, c.stands)
			}
			var told []string
			for _, e := range w.Events()[before:] {
				told = append(told, strings.TrimSuffix(string(e.Name)+":"+e.Detail, ":"))
			}
			if got := fmt.Sprint(told); got != c.events {
				t.Errorf("%s: told %s, want %s", c.name, got, c.events)
			}
			if id := w.Identity(a.Token); id.Username != c.stands[0] || id.Name != c.stands[1] {
				t.Errorf("%s: the identity is of before: %q, %q", c.name, id.Username, id.Name)
			}
		}
	})
}

// Two changes at once lose nothing of each other.
func TestProfilesAreChangedAtOnce(t *testing.T) {
	story(t, func(w *world) {
		a := w.user("a@example.com")
		name, locale := "Ada", "de"
		patches := []tollkeeper.ProfilePatch{{Name: &name}, {Locale: &locale}}
		w.store.faults(together("UpdateAccount", 2), nil)
		for _, err := range atOnce(2, func(i int) error { return w.Auth.UpdateProfile(ctx, a.Identity, patches[i]) }) {
			w.ok(err)
		}
		s, err := w.Auth.Host().Account(ctx, a.ID)
		if w.ok(err); s.Account.Name != name || s.Account.Locale != locale {
			t.Errorf("%q, %q", s.Account.Name, s.Account.Locale)
		}
	})
}

func TestExportShowsTheOwnerHisDataAndNoSecret(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	child := k.Child(parent)
	for who, a := range map[string]authtest.Account{"parent": parent, "child": child} {
		d, err := k.Auth.Export(ctx, k.SignedIn(a))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if !strings.Contains(text, a.Email) || len(d.Sessions) != 1 || strings.Contains(text, "argon2") {
			t.Errorf("%s: %s", who, text)
		}
		if (d.Balance != nil) != (who == "parent") {
			t.Errorf("%s: balance %v: a child sees nothing of its parent's", who, d.Balance)
		}
	}
}

// A change of username tells that a name is taken, as sign-up does: as often as that, and no more.
func TestTakenUsernamesAreToldAtTheRateOfSignUps(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.SignUpBelow(p, "c@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Username = "taken" })
		c := w.child(p, "d@example.com")
		var errs []error
		for i := range 30 {
			errs = append(errs, w.rename(c.Identity, []string{"taken", fmt.Sprint("free", i)}[i%2]))
			name := fmt.Sprint("Name ", i)
			w.ok(w.Auth.UpdateProfile(ctx, c.Identity, tollkeeper.ProfilePatch{Name: &name})) // has no rate
		}
		if n := tally(errs); n["rate_limited"] != 20 || n["username_taken"] != 5 || n["ok"] != 5 {
			t.Errorf("%v", n)
		}
	})
}

// Who has no password deletes their account on a proof of the last ten minutes: a session that somebody left behind, or
// that is renewed for as long as it is used, is none.
func TestAnAccountWithoutPasswordIsDeletedOnAFreshProofOnly(t *testing.T) {
	for age, want := range map[time.Duration]error{
		0: nil, 10 * time.Minute: nil, 10*time.Minute + time.Millisecond: tollkeeper.ErrNotRecent, 23 * time.Hour: tollkeeper.ErrNotRecent,
	} {
		k, parent, _ := googleKit(t)
		res, err := google(k, parent, "ada")
		if err != nil {
			t.Fatal(err)
		}
		by := k.Identity(string(res.Token))
		k.Advance(age)
		if err := k.Auth.DeleteAccount(ctx, by, "", home); !errors.Is(err, want) {
			t.Errorf("after %v: %v", age, err)
		}
		if _, err := k.Auth.Authenticate(ctx, res.Token); (err == nil) != (want != nil) {
			t.Errorf("after %v the session answers %v", age, err)
		}
	}
}
