package rules_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestSignInErrorsWinInOrder(t *testing.T) {
	type facts struct {
		n store.NewSession
		w rules.Signer
	}
	broken := facts{
		store.NewSession{Session: store.Session{Account: child, Epoch: 2}, Effects: store.Effects{Charge: required(parent, -1)}, Use: store.Use{Factor: other, Counter: 7}, Once: store.Once{Digest: store.Digest{1}}},
		rules.Signer{Holder: other, Status: store.StatusDisabled, Parent: store.StatusDisabled, Epoch: 1, Factor: &store.Factor{ID: other, Counter: 7}, Spent: true, Purse: rules.Purse{Taken: true}},
	}
	order[facts]{
		{store.Conflict{}, func(f *facts) { f.w.Holder = uuid.Nil }},
		{store.ErrNotFound, func(f *facts) { f.w.Found = true }},
		{store.ErrNotFound, func(f *facts) { f.w.Status = store.StatusActive }},
		{store.ErrNotFound, func(f *facts) { f.w.Parent = store.StatusActive }},
		{store.ErrNotFound, func(f *facts) { f.w.Epoch = 2 }},
		{store.Conflict{}, func(f *facts) { f.n.Use.Counter = 8 }},
		{store.ErrProofSpent, func(f *facts) { f.w.Spent = false }},
		{store.ErrInvalid, func(f *facts) { f.n.Charge.Price = 3 }},
		{store.ErrInsufficientCredits, func(f *facts) { f.w.Purse.Found = true }},
		{store.ErrInsufficientCredits, func(f *facts) { f.w.Purse.Balance.Credits = 3 }},
		{store.Conflict{}, func(f *facts) { f.w.Purse.Taken = false }},
	}.check(t, broken, func(f facts) error { _, err := rules.SignIn(f.n, f.w, now); return err })
}

func TestARepeatedSignInStandsWhateverBecameOfTheAccount(t *testing.T) {
	n := store.NewSession{Session: store.Session{Account: child}, Effects: store.Effects{Charge: required(parent, 3)}, Use: store.Use{Factor: other, Counter: 1}}
	got, err := rules.SignIn(n, rules.Signer{Holder: child, Spent: true, Purse: rules.Purse{Paid: true, Balance: store.Balance{Credits: 1}}}, now)
	wants(t, err, nil)
	if !got.Stands || got.Payment.Entry != nil || got.Payment.Receipt != (store.Receipt{Charged: true, Balance: store.Balance{Credits: 1}}) {
		t.Errorf("signed in %+v", got)
	}
}

func TestSignInPays(t *testing.T) {
	n := store.NewSession{Session: store.Session{Account: child}, Effects: store.Effects{Charge: required(parent, 3)}}
	got, err := rules.SignIn(n, rules.Signer{Found: true, Status: store.StatusActive, Purse: rich()}, now)
	wants(t, err, nil)
	want := store.LedgerEntry{ID: other, Owner: parent, Key: "key", Operation: store.OpSignIn, Amount: -3, Balance: 7, Subject: child, At: now}
	if *got.Payment.Entry != want || got.Factor != nil || got.Payment.Receipt.Balance.Credits != 7 {
		t.Errorf("signed in %+v, entry %+v", got, got.Payment.Entry)
	}
}

// living is a session that everything speaks for.
func living() (store.Session, rules.Standing) {
	x := store.Session{ID: other, Account: child, Epoch: 2, Generation: 5, RotatedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Minute), RefreshUntil: now.Add(time.Hour)}
	return x, rules.Standing{Epoch: 2, Status: store.StatusActive, Parent: store.StatusActive}
}

func TestLive(t *testing.T) {
	for name, spoil := range map[string]func(*store.Session, *rules.Standing){
		"ended":            func(_ *store.Session, w *rules.Standing) { w.Ended = true },
		"of another epoch": func(_ *store.Session, w *rules.Standing) { w.Epoch = 3 },
		"expired":          func(x *store.Session, _ *rules.Standing) { x.ExpiresAt, x.RefreshUntil = now, time.Time{} },
		"deleted":          func(_ *store.Session, w *rules.Standing) { w.Status = store.StatusDeleted },
		"parent deleted":   func(_ *store.Session, w *rules.Standing) { w.Parent = store.StatusDeleted },
	} {
		x, w := living()
		if !rules.Live(&x, w, now) || rules.Hold(child, &x, w, now) != nil {
			t.Fatal("the living is dead")
		}
		if spoil(&x, &w); rules.Live(&x, w, now) {
			t.Errorf("%s: live", name)
		}
		wants(t, rules.Hold(child, &x, w, now), store.ErrNotFound)
	}
	x, w := living()
	w.Status = store.StatusDisabled
	if x.ExpiresAt = now; !rules.Live(&x, w, now) {
		t.Error("dead while it can be refreshed; who may use it is another question")
	}
	wants(t, rules.Hold(parent, &x, w, now), store.ErrNotFound)
	wants(t, rules.Hold(child, nil, w, now), store.ErrNotFound)
}

func TestRotate(t *testing.T) {
	grace := rules.Rotated{}
	for _, c := range []struct {
		name  string
		shown int
		spoil func(*store.Session, *rules.Standing)
		want  rules.Rotated
		err   error
	}{
		{name: "the current one", shown: 5, want: rules.Rotated{Moved: true}},
		{name: "the one before, within the grace", shown: 4, want: grace},
		{name: "the one before, after the grace", shown: 4, spoil: func(x *store.Session, _ *rules.Standing) { x.RotatedAt = now.Add(-2 * time.Minute) }, want: rules.Rotated{Reuse: true}, err: store.Conflict{}},
		{name: "an older one", shown: 3, want: rules.Rotated{Reuse: true}, err: store.Conflict{}},
		{name: "one that was never given", shown: 6, want: rules.Rotated{Reuse: true}, err: store.Conflict{}},
		{name: "an older one of a disabled account", shown: 3, spoil: func(_ *store.Session, w *rules.Standing) { w.Status = store.StatusDisabled }, err: store.ErrNotFound},
		{name: "below a disabled parent", shown: 5, spoil: func(_ *store.Session, w *rules.Standing) { w.Parent = store.StatusDisabled }, err: store.ErrNotFound},
		{name: "past its refresh", shown: 5, spoil: func(x *store.Session, _ *rules.Standing) { x.RefreshUntil = now }, err: store.ErrNotFound},
		{name: "an old one again", shown: 3, spoil: func(_ *store.Session, w *rules.Standing) { w.Ended, w.Reused = true, true }, err: store.Conflict{}},
		{name: "the current one after reuse", shown: 5, spoil: func(_ *store.Session, w *rules.Standing) { w.Ended, w.Reused = true, true }, err: store.ErrNotFound},
		{name: "an old one of a revoked session", shown: 3, spoil: func(_ *store.Session, w *rules.Standing) { w.Ended = true }, err: store.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, w := living()
			if c.spoil != nil {
				c.spoil(&x, &w)
			}
			r := store.Rotation{Session: x.ID, Generation: c.shown, ExpiresAt: now.Add(2 * time.Hour), RefreshUntil: now.Add(3 * time.Hour), Grace: 2 * time.Minute}
			got, err := rules.Rotate(r, &x, w, now)
			wants(t, err, c.err)
			if got.Moved != c.want.Moved || got.Reuse != c.want.Reuse {
				t.Errorf("rotated %+v", got)
			}
			if got.Moved {
				x.Generation, x.RotatedAt, x.ExpiresAt, x.RefreshUntil = 6, now, r.ExpiresAt, r.RefreshUntil
			}
			if err == nil && got.Session != x {
				t.Errorf("session is %+v, want %+v", got.Session, x)
			}
		})
	}
	_, err := rules.Rotate(store.Rotation{}, nil, rules.Standing{}, now)
	wants(t, err, store.ErrNotFound)
}

func TestEndOf(t *testing.T) {
	x, _ := living()
	for _, c := range []struct{ ended, want time.Time }{
		{time.Time{}, x.RefreshUntil}, {now, now}, {x.RefreshUntil.Add(1), x.RefreshUntil},
	} {
		if got := rules.EndOf(&x, c.ended); !got.Equal(c.want) {
			t.Errorf("ended %v: %v, want %v", c.ended, got, c.want)
		}
	}
}

func TestKept(t *testing.T) {
	was := store.Account{ID: child, Epoch: 2}
	x, _ := living()
	if !rules.Kept(&was, &x, false) || rules.Kept(&was, &x, true) || rules.Kept(&was, nil, false) {
		t.Error("ended, or none, is kept")
	}
	x.Epoch = 1
	if rules.Kept(&was, &x, false) {
		t.Error("one of an earlier epoch is kept")
	}
}

func TestShown(t *testing.T) {
	x := &store.Session{ID: uuid.New()}
	root := &store.Account{ID: parent, Status: store.StatusDisabled, KeyMaster: "m1", KeyVersion: 2}
	a := &store.Account{ID: child, Parent: parent, Status: store.StatusActive, KeyMaster: "m0", EmailVerifiedAt: now, EmailProvenAt: now, Factors: store.HasPasskey}
	of := rules.Shown(x, a, root, &store.Organization{VerificationRequired: true, FactorRequired: true})
	if of.Session.ID != x.ID || of.Parent != parent || of.ParentStatus != store.StatusDisabled || of.KeyMaster != "m1" || of.KeyVersion != 2 ||
		!of.Verified || !of.Proven || !of.HasFactor || !of.MustVerify || !of.MustFactor {
		t.Errorf("a child's session shows %+v", of)
	}
	own := rules.Shown(x, root, nil, nil)
	if own.ParentStatus != store.StatusActive || own.Status != store.StatusDisabled || own.KeyMaster != "m1" || own.Verified || own.Proven || own.HasFactor ||
		own.MustVerify || own.MustFactor {
		t.Errorf("a root account's session shows %+v", own)
	}
}

func TestASessionIsKeptByItsOwnAccount(t *testing.T) {
	was := &store.Account{ID: child, Epoch: 3}
	for name, c := range map[string]struct {
		x     *store.Session
		ended bool
		want  bool
	}{
		"its own": {&store.Session{Account: child, Epoch: 3}, false, true}, "none": {nil, false, false},
		"another's": {&store.Session{Account: other, Epoch: 3}, false, false}, "of before": {&store.Session{Account: child, Epoch: 2}, false, false},
		"one that ended": {&store.Session{Account: child, Epoch: 3}, true, false},
	} {
		if rules.Kept(was, c.x, c.ended) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}
