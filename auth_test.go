package tollkeeper_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// actor is an account of the model, with what is known of it.
type actor struct {
	authtest.Account
	secret string // the password
	sure   bool   // false after a lost answer: the password may be an earlier one
	live   map[string]bool
	dead   []string // tokens that must never serve again
}

type model struct {
	*world
	r      *rand.Rand
	actors []*actor
	used   []func() error // secrets that were used up: none may succeed again
	n      int
}

// TestInvariants does random things with random faults and checks SECURITY.md section 3: I1 (the books), I2 (a debit for each
// charged sign-in), I3 (a used secret), I5 (ended sessions), I6 (an admin stays), I7 (unique emails), I8 (scopes).
// TOLLKEEPER_SEED repeats a run.
func TestInvariants(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("TOLLKEEPER_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	for i := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed+i), func(t *testing.T) {
			story(t, func(w *world) {
				m := &model{world: w, r: rand.New(rand.NewPCG(seed+i, 7))}
				for range 3 {
					m.join(nil)
				}
				for range 150 {
					m.step()
				}
			}, unlimited, func(c *tollkeeper.Config) { c.Credits.InitialCredits = 60 })
		})
	}
}

func (m *model) any() *actor { return m.actors[m.r.IntN(len(m.actors))] }

// step lets one verb in eight fail, before or after it is done, then checks everything.
func (m *model) step() {
	m.Helper()
	m.store.faults(m.fault(), m.fault())
	a := m.any()
	switch m.r.IntN(14) {
	case 0, 1:
		m.join(a)
	case 2, 3, 4, 5:
		m.enter(a)
	case 6:
		m.wrong(a)
	case 7:
		m.leave(a)
	case 8:
		m.change(a)
	case 9:
		m.recover(a)
	case 10:
		m.enterByCode(a)
	case 11:
		m.role(a)
	case 12:
		m.status(a)
	case 13:
		m.pay(a)
	}
	m.store.faults(nil, nil)
	synctest.Wait()
	m.Advance(time.Duration(m.r.IntN(90)) * time.Second)
	m.check()
}

func (m *model) fault() func(string) error {
	if m.r.IntN(8) != 0 {
		return nil
	}
	verbs := []string{"CreateSession", "UpdateAccount", "CreateAccount", "FindAccount", "ApplyCredit", "RevokeSession", "ConsumeSecret", "Take"}
	return failing(verbs[m.r.IntN(len(verbs))])
}

// join signs up a child of a parent's, or a parent.
func (m *model) join(of *actor) {
	m.n++
	r := tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("n%d@example.com", m.n%25), Password: password, Audience: tollkeeper.AudienceOrganization}
	key := ""
	if of != nil && of.Identity.IsParent() {
		key = of.PublicKey
		r.Scope = tollkeeper.UnderKey(key)
	}
	res, err := m.Auth.SignUp(ctx, r)
	if err != nil {
		return
	}
	id, err := m.Auth.Authenticate(ctx, res.Token)
	if err != nil {
		return
	}
	m.actors = append(m.actors, &actor{
		Account: authtest.Account{ID: id.Account, Parent: id.Parent, ParentKey: key, PublicKey: id.PublicKey, Email: r.Email, Identity: id},
		secret:  password, sure: true, live: map[string]bool{string(res.Token): true},
	})
}

func (m *model) enter(a *actor) {
	res, err := m.try(a.Account, a.secret)
	if err == nil {
		a.live[string(res.Token)] = true
	} else if errors.Is(err, tollkeeper.ErrInvalidCredentials) && a.sure {
		m.Errorf("%s: the right password was refused", a.Email)
	}
}

func (m *model) wrong(a *actor) {
	if _, err := m.try(a.Account, "wrong"); err == nil {
		m.Errorf("%s: a wrong password opened", a.Email)
	}
}

// end says that the tokens of a are dead, but one.
func (a *actor) end(keep string) {
	for token := range a.live {
		if token != keep {
			delete(a.live, token)
			a.dead = append(a.dead, token)
		}
	}
}

func (m *model) leave(a *actor) {
	for token := range a.live {
		id, err := m.Auth.Authenticate(ctx, tollkeeper.SecretText(token))
		if err == nil && m.Auth.SignOut(ctx, id) == nil {
			delete(a.live, token)
			a.dead = append(a.dead, token)
		}
		return
	}
}

func (m *model) change(a *actor) {
	for token := range a.live {
		id, err := m.Auth.Authenticate(ctx, tollkeeper.SecretText(token))
		if err != nil {
			return
		}
		m.n++
		next := fmt.Sprintf("horse number %d", m.n)
		switch err := m.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: tollkeeper.Password(a.secret), New: tollkeeper.Password(next)}); {
		case err == nil:
			a.secret, a.sure = next, true
			a.end(token)
		case errors.Is(err, tollkeeper.ErrUnavailable):
			a.sure = false
		}
		return
	}
}

func (m *model) recover(a *actor) {
	if m.requestReset(a.Account) != nil || len(m.Mails(a.Email, tollkeeper.MailReset)) == 0 {
		return
	}
	link := m.LastToken(a.Email, tollkeeper.MailReset) // of somebody with this address, not always of a
	m.n++
	next := fmt.Sprintf("horse number %d", m.n)
	if err := m.reset(link, next); err != nil {
		for _, x := range m.actors {
			x.sure = x.sure && x.Email != a.Email
		}
		return
	}
	m.used = append(m.used, func() error { return m.reset(link, "yet another horse") })
	for _, x := range m.actors {
		if _, err := m.try(x.Account, next); x.Email == a.Email && (err == nil || errors.Is(err, tollkeeper.ErrInactive) || errors.Is(err, tollkeeper.ErrParentInactive)) {
			x.secret, x.sure = next, true
			x.end("")
		} else if x.Email == a.Email {
			x.sure = false
		}
	}
}

func (m *model) enterByCode(a *actor) {
	if m.requestCode(a.Account) != nil || len(m.Mails(a.Email, tollkeeper.MailSignInCode)) == 0 {
		return
	}
	code := m.LastCode(a.Email)
	res, err := m.verify(a.Account, code)
	if a.sure = a.sure && err != nil && !errors.Is(err, tollkeeper.ErrUnavailable); err != nil {
		return
	}
	m.used = append(m.used, func() error { _, err := m.verify(a.Account, code); return err })
	a.live[string(res.Token)] = true
}

func (m *model) role(a *actor) {
	roles := []tollkeeper.Role{tollkeeper.RoleAdmin, tollkeeper.RoleAdmin, tollkeeper.RoleUser, tollkeeper.RoleGuest}
	by := m.any()
	_, _ = m.Auth.SetRole(ctx, by.Identity, tollkeeper.RoleChange{Email: a.Email, Role: roles[m.r.IntN(len(roles))]})
}

func (m *model) status(a *actor) {
	by := m.any()
	if m.Auth.SetStatus(ctx, by.Identity, a.ID, tollkeeper.StatusDisabled) == nil {
		a.end("")
	}
	if m.r.IntN(3) > 0 {
		_ = m.Auth.SetStatus(ctx, by.Identity, a.ID, tollkeeper.StatusActive)
	}
}

func (m *model) pay(a *actor) {
	key := fmt.Sprint(m.r.IntN(12))
	switch m.r.IntN(3) {
	case 0:
		_, _ = m.Auth.Host().Grant(ctx, a.ID, 20, key)
	case 1:
		_, _ = m.Auth.Host().Charge(ctx, a.ID, tollkeeper.OpSocial, key)
	case 2:
		_, _ = m.Auth.Host().Refund(ctx, a.ID, key)
	}
}

func (m *model) check() {
	m.Helper()
	emails := map[string]uuid.UUID{}
	for _, a := range m.actors {
		s, err := m.store.Store.FindAccount(ctx, store.Lookup{ID: a.ID})
		m.ok(err)
		scoped := s.Account.Parent.String() + s.Account.EmailKey
		if other, taken := emails[scoped]; taken && other != a.ID {
			m.Fatalf("I7: %s twice", a.Email)
		}
		emails[scoped] = a.ID
		if a.Identity.IsParent() {
			m.books(a)
			m.admins(a)
		}
		for _, token := range a.dead {
			if id, err := m.Auth.Authenticate(ctx, tollkeeper.SecretText(token)); err == nil {
				m.Fatalf("I5: a session of %s serves again: %v", a.Email, id.Session)
			}
		}
		for token := range a.live {
			if id, err := m.Auth.Authenticate(ctx, tollkeeper.SecretText(token)); err == nil && (id.Account != a.ID || id.Parent != s.Account.Parent) {
				m.Fatalf("I8: a token of %s speaks for %s", a.Email, id.Email)
			}
		}
	}
	for _, again := range m.used[max(0, len(m.used)-3):] {
		if again() == nil {
			m.Fatal("I3: a secret was used twice")
		}
	}
}

// books are I1 and I2.
func (m *model) books(a *actor) {
	m.Helper()
	b := m.Balance(a.Account)
	signIns := int64(0)
	for _, e := range m.Ledger(a.Account) {
		if e.Operation == tollkeeper.OpSignIn && e.Amount < 0 {
			signIns++
		}
	}
	if signIns != b.SignIns {
		m.Fatalf("I2: %d debits for %d sign-ins", signIns, b.SignIns)
	}
}

// admins is I6: once there is an active one, there always is.
func (m *model) admins(a *actor) {
	m.Helper()
	rows, err := m.store.Store.ListAccounts(ctx, a.ID, store.Page{Limit: 1000})
	m.ok(err)
	ever, now := false, 0
	for _, x := range rows {
		if x.Role == tollkeeper.RoleAdmin && x.Status == tollkeeper.StatusActive {
			now++
		}
	}
	for _, e := range m.Events(tollkeeper.EventRoleChanged) {
		ever = ever || e.Scope == a.ID && e.Detail == string(tollkeeper.RoleAdmin)
	}
	if ever && now == 0 {
		// An account that was disabled when it became an admin never was an active one.
		for _, x := range rows {
			if x.Role == tollkeeper.RoleAdmin {
				return
			}
		}
		m.Fatal("I6: no admin is left")
	}
}
