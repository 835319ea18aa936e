package model

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// admit is who may have a session, by docs/WIRE.md 1.1 rule 1: the own status, the verification, who pays.
func (m *machine) admit(a *account, verified bool) error {
	o, p := m.organization(a), m.parent(a)
	switch {
	case a.Status != store.StatusActive:
		return tollkeeper.ErrInactive
	case o != nil && o.VerificationRequired && !verified:
		return tollkeeper.ErrUnverified
	case p != nil && p.Status != store.StatusActive:
		return tollkeeper.ErrParentInactive
	}
	return nil
}

// pays returns what a sign-in of the account costs whom, and whether it can be paid.
func (m *machine) pays(a *account, op tollkeeper.Operation) (facts []fact, err error) {
	price := tollkeeper.DefaultPrices()[op]
	p := m.parent(a)
	switch {
	case a.Parent == house || op == "":
		return nil, nil
	case p == nil && m.rows.balances[a.ID].Credits < price:
		return nil, nil // a tenant comes in to buy more
	case p == nil:
		return []fact{m.fact(fmt.Sprintf("%s -%d", op, price), a)}, nil
	case m.rows.balances[p.ID].Credits < price:
		return nil, tollkeeper.ErrInsufficientCredits
	}
	return []fact{m.fact(fmt.Sprintf("%s -%d", op, price), p)}, nil
}

// enters goes on with a plan whose proof was right: to a session, a challenge or a refusal.
func (m *machine) enters(p plan, a *account, op tollkeeper.Operation, verified, second bool) plan {
	if err := m.admit(a, verified); err != nil {
		return p.with(err)
	}
	if a.Factors != 0 && !second {
		return p // a challenge
	}
	paid, err := m.pays(a, op)
	if err != nil {
		return p.with(err)
	}
	p = p.with(nil, append(paid, m.fact("session", a))...)
	if m.living(a) >= mostHeld && !slices.ContainsFunc(p.facts, func(f fact) bool { return f.what == "sessions ended" }) {
		p = p.with(nil, m.fact("signed out", a)) // the oldest gives way
	}
	return p
}

// living counts the account's live sessions.
func (m *machine) living(a *account) (n int) {
	for id := range m.rows.sessions {
		if m.alive(a, id, m.clock.now()) {
			n++
		}
	}
	return n
}

// way is how somebody came in.
type way struct {
	audience  tollkeeper.Audience
	operation tollkeeper.Operation // that was paid for; empty: nothing
	mailbox   bool                 // by a mailed code, which pardons
}

// entered notes what a sign-in gave: a session or a challenge.
func (m *machine) entered(res tollkeeper.SignInResult, account uuid.UUID, by way, key string, epoch int64) {
	h, now := m.holder(account), m.clock.now()
	x := &held{
		way: by, id: res.Session, token: res.Token, issuedAt: now, expires: res.ExpiresAt, challenge: res.Challenge,
		keyed: key, epoch: epoch, refresh: map[int]tollkeeper.SecretText{0: res.Refresh},
	}
	if res.Challenge != "" {
		h.challenges = append(h.challenges, x)
		return
	}
	h.sessions = append(h.sessions, x)
}

// audience of a request. Parents and children of the organization family have two ways in more, which the model leaves
// to the tests of the root: there it names them as they are.
func (s Step) audience() tollkeeper.Audience {
	if s.How/7%3 == 0 {
		return tollkeeper.AudienceOrganization
	}
	return tollkeeper.AudienceHost
}

func username(how int) string {
	if how%3 != 0 {
		return ""
	}
	return fmt.Sprintf("User_%d", how/3%2)
}

func signUp(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, _ := m.scope(at, s.How/5)
	r := tollkeeper.SignUpRequest{
		Email: address(at.name), Username: username(s.How), Password: tollkeeper.Password(m.fresh()), Scope: scope,
		Audience: s.audience(), Client: s.client(),
	}
	m.trying = string(r.Password)
	p := m.signsUp(at, r.Username)
	res, err := m.auth.SignUp(ctx, r)
	if err == nil {
		key := ""
		if r.Audience == tollkeeper.AudienceOrganization {
			key = m.signedBy(res.Subject)
		}
		m.entered(res.SignInResult, res.Subject.Account.ID, way{audience: r.Audience}, key, 1)
	}
	return p, err
}

// signedBy names the tenant key that signs a session of the subject.
func (m *machine) signedBy(s tollkeeper.Subject) string {
	if s.Parent != nil {
		return fmt.Sprint(s.Parent.KeyMaster, s.Parent.KeyVersion)
	}
	return fmt.Sprint(s.Account.KeyMaster, s.Account.KeyVersion)
}

func (m *machine) signsUp(at place, user string) plan {
	p, err := m.mayJoin(at, user, tollkeeper.OpSignUp)
	if err != nil {
		return refused(err)
	}
	return p.with(nil, fact{"session", p.facts[0].of, uuid.Nil})
}

// mayJoin plans a new account there.
func (m *machine) mayJoin(at place, user string, op tollkeeper.Operation) (p plan, err error) {
	parent, known := m.parentOf(at.scope)
	if !known {
		return p, tollkeeper.ErrUnknownParent
	}
	newcomer := &account{Account: store.Account{Parent: parent, EmailKey: address(at.name)}}
	p = does(m.fact("created", newcomer))
	if owner := m.rows.accounts[parent]; owner != nil {
		price := tollkeeper.DefaultPrices()[op]
		if owner.Status != store.StatusActive {
			return p, tollkeeper.ErrParentInactive
		}
		if op != "" && m.rows.balances[parent].Credits < price {
			return p, tollkeeper.ErrInsufficientCredits
		}
		if op != "" {
			p = p.with(nil, m.fact(fmt.Sprintf("%s -%d", op, price), owner))
		}
	}
	switch {
	case m.at(at) != nil:
		return p, tollkeeper.ErrEmailTaken
	case m.rows.username(parent, user) != nil:
		return p, tollkeeper.ErrUsernameTaken
	}
	if at.scope == inTenants {
		p = p.with(nil, m.fact(fmt.Sprintf("grant %+d", initial), newcomer))
	}
	return p, nil
}

// lookedUp plans a proof by a name in a scope: who is found, or what is said where the scope is nobody's.
func (m *machine) lookedUp(at place, public bool) (*account, error) {
	if _, known := m.parentOf(at.scope); !known && public {
		return nil, tollkeeper.ErrUnknownParent
	}
	return m.at(at), nil
}

func signIn(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, public := m.scope(at, s.How/5)
	r := tollkeeper.SignInRequest{Email: address(at.name), Scope: scope, Audience: s.audience(), Client: s.client(), Password: "a wrong one"}
	a, err := m.lookedUp(at, public)
	name, right := r.Email, false
	if a != nil {
		h := m.holder(a.ID)
		if s.How%4 == 1 && h.old != "" {
			r.Password = tollkeeper.Password(h.old)
		} else if s.How%4 != 0 && h.password != "" {
			r.Password, right = tollkeeper.Password(h.password), true
		}
		if s.How/2%3 == 0 && a.Username != "" {
			r.Email, r.Username = "", strings.ToUpper(a.Username)
			name = namesOf(a)[1]
		}
	}
	guesses := []guess{{passwordKey(scope, name), lockFree}, {"password of " + name, 6}}
	p := refused(tollkeeper.ErrInvalidCredentials)
	p.wrong = true
	switch {
	case err != nil:
		p.err = err
	case right:
		p = m.enters(plan{earned: true}, a, tollkeeper.OpSignIn, !a.EmailVerifiedAt.IsZero(), false)
	}
	res, err := m.auth.SignIn(ctx, r)
	if err == nil && a != nil {
		m.entered(res, a.ID, way{r.Audience, tollkeeper.OpSignIn, false}, m.tenantKey(a), a.Epoch)
	}
	return p.at(guesses...), err
}

func requestCode(m *machine, s Step, ctx context.Context) (plan, error) {
	return m.asksToSignIn(s, ctx, m.auth.RequestCode)
}

// asksToSignIn asks for a code or a link, whichever: the network that does has tries of its own at codes.
func (m *machine) asksToSignIn(s Step, ctx context.Context, request func(context.Context, tollkeeper.MailRequest) error) (plan, error) {
	at := placeOf(s.Who)
	scope, public := m.scope(at, s.How/5)
	_, err := m.lookedUp(at, public)
	got := request(ctx, tollkeeper.MailRequest{Email: address(at.name), Scope: scope, Audience: s.audience(), Client: s.client()})
	if network := networks[s.From%len(networks)]; network != "" && err == nil && !m.store.stopped() {
		key := network + " " + address(at.name)
		if until := m.clock.now().Add(3 * tollkeeper.CodeTTL); got == nil && until.After(m.asked[key]) {
			m.asked[key] = until
		} else if got != nil {
			m.unsure[key] = until
		}
	}
	return refused(err), got
}

// codes are the letters with codes that a claim of an account looks at.
func (m *machine) codes(a *account) (live []*letter) {
	for _, l := range m.letters {
		if l.kind == tollkeeper.MailSignInCode && l.Account == a.ID && !l.spent && !l.swept && m.clock.now().Before(l.ExpiresAt) && l.Address == a.EmailKey {
			live = append(live, l)
		}
	}
	return live
}

// lettersOf are the mailed secrets of an account for a purpose, the newest first.
func (m *machine) lettersOf(a *account, p store.Purpose) (list []*letter) {
	for _, l := range slices.Backward(m.letters) {
		if a != nil && l.Purpose == p && l.Account == a.ID {
			list = append(list, l)
		}
	}
	return list
}

// choose is the newest letter, or one of the last.
func choose(list []*letter, how int) *letter {
	switch {
	case len(list) == 0:
		return nil
	case how%2 == 0:
		return list[how/2%min(3, len(list))]
	}
	return list[0]
}

func signInWithCode(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, public := m.scope(at, s.How/5)
	a, unknown := m.lookedUp(at, public)
	r := tollkeeper.CodeRequest{Email: address(at.name), Scope: scope, Audience: s.audience(), Client: s.client(), Code: "000000"}
	l := choose(ofKind(m.lettersOf(a, store.PurposeSignIn), tollkeeper.MailSignInCode), s.How)
	if l != nil && s.How%5 != 0 {
		r.Code = tollkeeper.SecretText(l.text)
	}
	if a != nil && s.How%3 == 0 {
		r.By, _ = m.identity(a, s.How)
	}
	asking := networks[s.From%len(networks)] + " " + r.Email
	asks := m.clock.now().Before(m.asked[asking])
	p, right := refused(tollkeeper.ErrInvalidCredentials), false
	if unknown == nil && a != nil {
		right = m.claims(a, string(r.Code), asks, networks[s.From%len(networks)])
	}
	if p.wrong = !asks; right {
		p = m.provenBy(a, r.By)
	}
	res, err := m.auth.SignInWithCode(ctx, r)
	tried := unknown == nil && a != nil && !m.store.stopped() && !m.store.struck
	if tried && asks {
		for _, l := range m.tryable(a, networks[s.From%len(networks)]) {
			l.Tries++
		}
	}
	if right {
		if err == nil {
			m.entered(res, a.ID, way{r.Audience, tollkeeper.OpSignIn, true}, m.keyAfter(a, p), m.epochAfter(a, p))
			if res.Challenge == "" {
				m.pardoned(a, ofAddress)
			}
		}
		for _, used := range m.lettersOf(a, store.PurposeSignIn) {
			used.spent = used.spent || tried && used.Address == a.EmailKey
		}
	}
	return p.at(guess{"code of " + r.Email, 4}), err
}

// sureOfAsking is false while a fault leaves open whether the network asked for a code.
func sureOfAsking(m *machine, s Step) bool {
	return !m.clock.now().Before(m.unsure[networks[s.From%len(networks)]+" "+address(placeOf(s.Who).name)])
}

// tryable are the codes that a network which asked is compared with.
func (m *machine) tryable(a *account, network string) []*letter {
	return slices.DeleteFunc(m.codes(a), func(l *letter) bool { return m.store.asker(l.Mail) != network || l.Tries >= 5 })
}

// claims reports whether the code is one that the claim is compared with.
func (m *machine) claims(a *account, code string, asks bool, network string) bool {
	list := m.codes(a)
	if asks {
		list = m.tryable(a, network)
	}
	return slices.ContainsFunc(list, func(l *letter) bool { return l.text == code })
}

// provenBy is the first proof of a mailbox by a code, which drops what is not the owner's, and then a sign-in.
func (m *machine) provenBy(a *account, by *tollkeeper.Identity) plan {
	p := plan{pardons: true}
	if a.EmailProvenAt.IsZero() {
		p = m.proves(p, a, by != nil && by.Account == a.ID)
	}
	return m.enters(p, a, tollkeeper.OpSignIn, true, false)
}

// proves adds the facts of a first proof.
func (m *machine) proves(p plan, a *account, keep bool) plan {
	if a.EmailVerifiedAt.IsZero() {
		p = p.with(nil, m.fact("verified", a))
	}
	p = p.with(nil, m.fact("proven", a))
	if keep {
		return p
	}
	return m.drops(p, a)
}

// drops adds what a first proof takes away.
func (m *machine) drops(p plan, a *account) plan {
	if a.Password != "" {
		p = p.with(nil, m.fact("no password", a))
	}
	for _, l := range a.linked {
		p = p.with(nil, m.fact("unlinked "+l.Subject, a))
	}
	if a.Parent == tollkeeper.Root {
		p = p.with(nil, m.fact("key", a))
	}
	if o := a.Organization; o != nil && (o.Name != "" || len(o.Issuers) > 0) { // all that updateOrganization chooses of what goes
		p = p.with(nil, m.fact("organization", a))
	}
	return p.with(nil, m.fact("sessions ended", a))
}

// keyAfter names the tenant key after what a plan does to it, epochAfter is the epoch.
func (m *machine) keyAfter(a *account, p plan) string {
	if slices.ContainsFunc(p.facts, func(f fact) bool { return f.what == "key" }) {
		s, _ := m.raw.FindAccount(unfaulted, store.Lookup{ID: a.ID})
		return fmt.Sprint(s.Account.KeyMaster, s.Account.KeyVersion)
	}
	return m.tenantKey(a)
}

func (m *machine) epochAfter(a *account, p plan) int64 {
	if slices.ContainsFunc(p.facts, func(f fact) bool { return f.what == "sessions ended" }) {
		return a.Epoch + 1
	}
	return a.Epoch
}

// identity is one who acts: a live session of the account. nil: it has none.
func (m *machine) identity(a *account, how int) (*tollkeeper.Identity, *held) {
	h := m.session(a, how)
	if h == nil || !m.serves(a, h, m.clock.now()) {
		return nil, nil
	}
	id, err := m.auth.Authenticate(unfaulted, h.token)
	if err != nil {
		m.broken = fmt.Errorf("a live session of %s is refused: %w", m.label(a), err)
	}
	return id, h
}
