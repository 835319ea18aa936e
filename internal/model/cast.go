package model

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// The cast: in each scope the same few addresses, so that everybody collides with everybody.
const (
	inApp     = 0 // the app's own users
	inTenants = 1
	below     = 2 // the tenant with the first address, and so on
	scopes    = 5
	outside   = scopes // below the tenant with the last address, whom nobody else joins
	names     = 4
	castSize  = scopes * names
)

func address(name int) string { return fmt.Sprintf("n%d@mail.example", name) }

// house is the parent of the app's own users.
var house, _ = tollkeeper.Scope{}.ID()

// nowhere is the id of nobody, and nobodysKey the public key.
var nowhere = uuid.MustParse("00000000-0000-7000-8000-00000000dead")

const nobodysKey = "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"

// place is a scope with an address in it.
type place struct{ scope, name int }

func placeOf(who int) place { return place{who % castSize / names, who % names} }

// holder is what the person of an account knows.
type holder struct {
	password   string // empty: none
	old        string // the one before
	sessions   []*held
	challenges []*held
	seeds      map[uuid.UUID]string
	pending    string // seed of the app that was begun
	recovery   []string
	worn       []string // recovery codes that are used up or replaced
}

// held is a session by its tokens, or a challenge.
type held struct {
	way
	id        uuid.UUID
	token     tollkeeper.SecretText
	issuedAt  time.Time
	expires   time.Time
	refresh   map[int]tollkeeper.SecretText // by generation
	keyed     string                        // the tenant key that signed it; empty: the instance's
	challenge tollkeeper.SecretText
	later     tollkeeper.IssuedKey // that the second step links; zero: none
	epoch     int64
	used      bool
}

func (m *machine) holder(id uuid.UUID) *holder {
	if m.known[id] == nil {
		m.known[id] = &holder{seeds: map[uuid.UUID]string{}}
	}
	return m.known[id]
}

// parentOf returns the id of the scope's parent; false: there is none.
func (m *machine) parentOf(scope int) (uuid.UUID, bool) {
	switch scope {
	case inApp:
		return house, true
	case inTenants:
		return tollkeeper.Root, true
	}
	if p := m.at(place{inTenants, scope - below}); p != nil {
		return p.ID, true
	}
	return nowhere, false
}

// at returns who lives there; nil: nobody.
func (m *machine) at(p place) *account {
	parent, ok := m.parentOf(p.scope)
	if !ok {
		return nil
	}
	return m.rows.named(parent, address(p.name))
}

// parent is the row of a child's parent; nil for others.
func (m *machine) parent(a *account) *account {
	if a.Parent == tollkeeper.Root || a.Parent == house {
		return nil
	}
	return m.rows.accounts[a.Parent]
}

// scope is how a request names the scope of a place. public: by what everybody may know.
func (m *machine) scope(p place, how int) (s tollkeeper.Scope, public bool) {
	switch p.scope {
	case inApp:
		return tollkeeper.Scope{}, false
	case inTenants:
		return tollkeeper.Tenants, false
	}
	owner := m.at(place{inTenants, p.scope - below})
	switch how % 3 {
	case 0:
		if owner != nil {
			return tollkeeper.Under(owner.ID), false
		}
		return tollkeeper.Under(nowhere), false
	case 1:
		if owner != nil {
			return tollkeeper.UnderKey(owner.PublicKey), true
		}
		return tollkeeper.UnderKey(nobodysKey), true
	}
	if owner != nil {
		return tollkeeper.UnderNumber(owner.Number), true
	}
	return tollkeeper.UnderNumber(1 << 40), true
}

// organization is the one that counts for the account; nil: none.
func (m *machine) organization(a *account) *store.Organization {
	switch {
	case a.Organization != nil:
		return a.Organization
	case a.Parent == tollkeeper.Root:
		if o := m.rows.accounts[a.OrganizationOwner]; o != nil {
			return o.Organization
		}
	case m.parent(a) != nil:
		return m.parent(a).Organization
	}
	return nil
}

// tenantKey names the tenant key of the account's tenant as it is now.
func (m *machine) tenantKey(a *account) string {
	t := a
	if p := m.parent(a); p != nil {
		t = p
	}
	return fmt.Sprint(t.KeyMaster, t.KeyVersion)
}

// alive reports whether the session is live by its rows, so that its owner may be asked.
func (m *machine) alive(a *account, id uuid.UUID, now time.Time) bool {
	s := m.rows.sessions[id]
	return s != nil && !s.dead && s.Account == a.ID && s.Epoch == a.Epoch && now.Before(s.EndsAt())
}

// serves reports whether the token opens anything now.
func (m *machine) serves(a *account, h *held, now time.Time) bool {
	s := m.rows.sessions[h.id]
	parent := m.parent(a)
	switch {
	case !m.alive(a, h.id, now), a.Status != store.StatusActive, parent != nil && parent.Status != store.StatusActive:
		return false
	case now.Unix() >= h.expires.Unix(), now.Unix() < h.issuedAt.Unix()-30, !now.Before(s.ExpiresAt):
		return false
	case h.audience == tollkeeper.AudienceOrganization && a.Parent != house && h.keyed != m.tenantKey(a):
		return false
	}
	return true
}

// session picks one of the person's; of living ones if there are any, and often the newest.
func (m *machine) session(a *account, how int) *held {
	all, now := m.holder(a.ID).sessions, m.clock.now()
	living := slices.DeleteFunc(slices.Clone(all), func(h *held) bool { return !m.serves(a, h, now) })
	switch {
	case len(living) > 0 && how%2 == 0:
		return living[len(living)-1]
	case len(living) > 0:
		return living[how%len(living)]
	case len(all) > 0:
		return all[len(all)-1]
	}
	return nil
}

// limited is what a session of the account is limited by.
func (m *machine) limited(a *account) tollkeeper.Limitation {
	o := m.organization(a)
	switch {
	case o != nil && o.VerificationRequired && a.EmailVerifiedAt.IsZero():
		return tollkeeper.LimitedUnverified
	case a.PasswordTemporary:
		return tollkeeper.LimitedPassword
	case o != nil && o.FactorRequired && a.Factors == 0:
		return tollkeeper.LimitedSecondFactor
	}
	return tollkeeper.Unlimited
}

// label names an account in a story.
func (m *machine) label(a *account) string {
	name, _, _ := cutAt(a.EmailKey)
	switch {
	case a.Parent == house:
		return name + " of the app"
	case a.Parent == tollkeeper.Root:
		return "tenant " + name
	}
	if p := m.rows.accounts[a.Parent]; p != nil {
		owner, _, _ := cutAt(p.EmailKey)
		return name + " below " + owner
	}
	return name + " below " + a.Parent.String()
}
