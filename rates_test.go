package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func TestAllow(t *testing.T) {
	minute := []tollkeeper.Limit{tollkeeper.Rate(3, time.Minute)}
	hit := func(name, key, address string) tollkeeper.RateRequest {
		r := tollkeeper.RateRequest{Name: name, Key: key, Limits: minute}
		if address != "" {
			r.Client = from(address)
		}
		return r
	}
	story(t, func(w *world) {
		host := w.Auth.Host()
		for _, own := range []tollkeeper.RateRequest{hit("search", "", "192.0.2.1"), hit("search", "ann", "192.0.2.1"), hit("search", "192.0.2.1/32", "192.0.2.1"), hit("upload", "", "192.0.2.1"), hit("search", "", "2001:db8::1")} {
			for range 3 {
				w.ok(host.Allow(ctx, own))
			}
			err := host.Allow(ctx, own)
			if w.want(err, tollkeeper.ErrRateLimited); retryAfter(err) != 20*time.Second {
				t.Errorf("%+v: again after %v", own, retryAfter(err))
			}
		}
		w.want(host.Allow(ctx, hit("search", "", "2001:db8::ffff")), tollkeeper.ErrRateLimited) // the same /64
		w.want(host.Allow(ctx, hit("search", "ann", "192.0.2.9")), tollkeeper.ErrRateLimited)   // wherever she is
		w.Advance(20 * time.Second)
		w.ok(host.Allow(ctx, hit("search", "ann", "192.0.2.1")))
		w.want(host.Allow(ctx, hit("search", "ann", "192.0.2.1")), tollkeeper.ErrRateLimited)
	})
}

// Callers without an address do not starve each other as one network would.
func TestAllowIsGenerousWithoutAnAddress(t *testing.T) {
	story(t, func(w *world) {
		r := tollkeeper.RateRequest{Name: "search", Limits: []tollkeeper.Limit{tollkeeper.Rate(3, time.Minute)}}
		for range 300 {
			w.ok(w.Auth.Host().Allow(ctx, r))
		}
		w.want(w.Auth.Host().Allow(ctx, r), tollkeeper.ErrRateLimited)
	})
}

// Of several limits each holds, and what one refuses none counts.
func TestAllowHoldsEachLimit(t *testing.T) {
	story(t, func(w *world) {
		r := tollkeeper.RateRequest{Name: "search", Key: "ann", Limits: []tollkeeper.Limit{tollkeeper.Rate(2, time.Minute), tollkeeper.Rate(4, time.Hour)}}
		got := ""
		for range 8 {
			got += codeOf(w.Auth.Host().Allow(ctx, r)) + " "
			w.Advance(15 * time.Second)
		}
		if want := "ok ok ok rate_limited ok rate_limited rate_limited rate_limited "; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// As many at once as the limit says, and no more.
func TestAllowIsExactInARace(t *testing.T) {
	story(t, func(w *world) {
		errs := atOnce(50, func(int) error {
			return w.Auth.Host().Allow(ctx, tollkeeper.RateRequest{Name: "search", Client: home, Limits: []tollkeeper.Limit{tollkeeper.Rate(7, time.Hour)}})
		})
		if n := tally(errs); n["ok"] != 7 || n["rate_limited"] != 43 {
			t.Errorf("%v", n)
		}
	})
}

// However a host names its rates, they are none of the library's: sign-ins, mails and locks go on as before.
func TestAllowTouchesNothingOfTheLibrary(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for _, name := range []string{"rate", "mail", "lock", "account", "sign-in", "host", "mark", "pardon"} {
			for _, key := range []string{"", p.Email, "sign-in", home.Addr.String()} {
				r := tollkeeper.RateRequest{Name: name, Key: key, Client: home, Limits: []tollkeeper.Limit{tollkeeper.Rate(1, time.Hour)}}
				w.ok(w.Auth.Host().Allow(ctx, r))
				w.want(w.Auth.Host().Allow(ctx, r), tollkeeper.ErrRateLimited)
			}
		}
		w.ok(w.guess(p, password, home.Addr.String()))
		w.ok(w.requestCode(p))
	})
}

func TestAllowIsChecked(t *testing.T) {
	story(t, func(w *world) {
		good := []tollkeeper.Limit{tollkeeper.Rate(1, time.Minute)}
		lock := tollkeeper.Limit{Free: 5, Base: time.Second, Max: time.Minute, Window: time.Minute}
		mixed := good[0]
		mixed.Free = 1
		var many []tollkeeper.Limit
		for range 11 {
			many = append(many, good[0])
		}
		for name, c := range map[string]struct {
			r     tollkeeper.RateRequest
			field string
		}{
			"no name":              {tollkeeper.RateRequest{Limits: good}, "name"},
			"a name of two lines":  {tollkeeper.RateRequest{Name: "a\nb", Limits: good}, "name"},
			"a long name":          {tollkeeper.RateRequest{Name: strings.Repeat("x", 65), Limits: good}, "name"},
			"no limit":             {tollkeeper.RateRequest{Name: "a"}, "limits"},
			"a limit of nothing":   {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{{}}}, "limits"},
			"a limit of none":      {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{tollkeeper.Rate(0, time.Minute)}}, "limits"},
			"too fast a one":       {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{{Every: time.Microsecond, Burst: 1}}}, "limits"},
			"of uneven length":     {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{{Every: 1500 * time.Microsecond, Burst: 1}}}, "limits"},
			"of a century":         {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{{Every: 24 * time.Hour, Burst: 36500}}}, "limits"},
			"a lock":               {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{lock}}, "limits"},
			"a rate and a ceiling": {tollkeeper.RateRequest{Name: "a", Limits: []tollkeeper.Limit{mixed}}, "limits"},
			"eleven":               {tollkeeper.RateRequest{Name: "a", Limits: many}, "limits"},
		} {
			err := w.Auth.Host().Allow(ctx, c.r)
			if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Code != tollkeeper.ErrInvalidInput.Code || e.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.store.faults(failing("Take"), nil)
		w.want(w.Auth.Host().Allow(ctx, tollkeeper.RateRequest{Name: "a", Limits: good}), tollkeeper.ErrUnavailable)
	})
}

// No key of a host reaches the store as it is.
func TestAllowKeepsKeysToItself(t *testing.T) {
	story(t, func(w *world) {
		for i := range 3 {
			r := tollkeeper.RateRequest{Name: "search-route", Key: fmt.Sprint("ann@example.com", i), Limits: []tollkeeper.Limit{tollkeeper.Rate(1, time.Hour)}}
			w.ok(w.Auth.Host().Allow(ctx, r))
		}
		if w.store.saw("ann@example.com") || w.store.saw("search-route") {
			t.Error("what is counted is in the store")
		}
	})
}
