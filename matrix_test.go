package tollkeeper_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// comer is somebody who comes in below a parent, or to the app itself, whether they have an account or not.
type comer struct {
	*world
	parent, other authtest.Account // of the scope, and of another one
	account       authtest.Account // zero but for its Email: there is none
	phone         *authtest.Passkey
	elsewhere     bool // what was begun here is shown to the other tenant
}

// finish ends a way that was begun.
type finish func() (tollkeeper.SignInResult, error)

func (c *comer) here() tollkeeper.Scope { return c.account.Scope() }

func (c *comer) shownAt() tollkeeper.Scope {
	if c.elsewhere {
		return tollkeeper.Under(c.other.ID)
	}
	return c.here()
}

// route is a way in, in two steps: something may happen between them.
type route struct {
	begin func(c *comer) finish
	cost  int64 // of a session, of a parent's credits
	joins int64 // of an account that it makes, with the session; negative: it makes none
	both  bool  // it is both factors in one
}

var routes = map[string]route{
	"password": {begin: func(c *comer) finish {
		return func() (tollkeeper.SignInResult, error) {
			return c.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.account.Email, Password: authtest.Password, Scope: c.shownAt(), Client: home})
		}
	}, cost: 1, joins: -1},
	"username": {begin: func(c *comer) finish {
		name := c.account.Username
		if name == "" {
			name = "nobody"
		}
		return func() (tollkeeper.SignInResult, error) {
			return c.Auth.SignIn(ctx, tollkeeper.SignInRequest{Username: name, Password: authtest.Password, Scope: c.shownAt(), Client: home})
		}
	}, cost: 1, joins: -1},
	"code": {begin: func(c *comer) finish {
		c.ok(c.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.account.Email, Scope: c.here(), SignUp: true, Client: home}))
		code := tollkeeper.SecretText("123456")
		if c.mailed(tollkeeper.MailSignInCode) {
			code = tollkeeper.SecretText(c.LastCode(c.account.Email, tollkeeper.MailSignInCode))
		}
		return func() (tollkeeper.SignInResult, error) {
			return c.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.account.Email, Code: code, SignUp: true, Scope: c.shownAt(), Client: home})
		}
	}, cost: 1, joins: 5},
	"link": {begin: func(c *comer) finish {
		c.ok(c.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: c.account.Email, Scope: c.here(), SignUp: true, Client: home}))
		token := tollkeeper.SecretText("none")
		if c.mailed(tollkeeper.MailSignInLink) {
			token = tollkeeper.SecretText(c.LastToken(c.account.Email, tollkeeper.MailSignInLink))
		}
		return func() (tollkeeper.SignInResult, error) {
			return c.Auth.SignInWithLink(ctx, tollkeeper.LinkRequest{Token: token, Scope: c.shownAt(), Client: home})
		}
	}, cost: 1, joins: 5},
	"ID token": {begin: func(c *comer) finish {
		c.Issuer().As("subject of "+c.account.Email, c.account.Email, true)
		token := c.Issuer().IDToken("client of "+c.parent.Email, "")
		if c.parent.Email == "" {
			token = c.Issuer().IDToken(authtest.IssuerClient, "")
		}
		return func() (tollkeeper.SignInResult, error) {
			return c.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: authtest.IssuerURL, IDToken: token, Scope: c.shownAt(), Client: home})
		}
	}, cost: 3, joins: 3},
	"issuer": {begin: func(c *comer) finish {
		c.Issuer().As("subject of "+c.account.Email, c.account.Email, true)
		back := c.wayTo(nil, func(r *tollkeeper.IssuerStart) { r.Scope = c.here() })
		return func() (tollkeeper.SignInResult, error) {
			res, err := c.Auth.SignInWithIssuer(ctx, back)
			return res.SignInResult, err
		}
	}, cost: 3, joins: 3},
	"passkey": {begin: func(c *comer) finish {
		if c.account.ID == tollkeeper.Root {
			return func() (tollkeeper.SignInResult, error) {
				return tollkeeper.SignInResult{}, tollkeeper.ErrInvalidCredentials // the authenticator has none to offer
			}
		}
		answer := c.phone.Answer(c.askedPasskey(c.here()))
		return func() (tollkeeper.SignInResult, error) { return c.byPasskey(answer, c.shownAt()) }
	}, cost: 1, joins: -1, both: true},
}

// mailed reports whether there is such a mail: none goes to who may not come in.
func (c *comer) mailed(kind tollkeeper.MailKind) bool {
	c.Advance(time.Second) // waits for all that is due
	return len(c.Mails(c.account.Email, kind)) > 0
}

// situation is what a way in meets.
type situation struct {
	config  func(*tollkeeper.Config)
	newbie  bool           // there is no account
	child   bool           // it needs a parent
	before  func(c *comer) // the way is begun
	between func(c *comer) // it is finished
	want    string         // code of the error; "ok", or "challenge"
	but     map[string]string
	limited tollkeeper.Limitation
	whole   string // the ways that are not limited
}

func withTOTP(c *comer) {
	if c.phone == nil {
		c.EnrolFactor(c.account)
		return
	}
	by := c.SignedInWithPasskey(&holder{Account: c.account, phone: c.phone}) // whom the password alone lets in no more
	e, err := c.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{})
	c.ok(err)
	_, err = c.Auth.ConfirmFactor(ctx, by, tollkeeper.SecretText(c.TOTP(string(e.Seed))), home)
	c.ok(err)
}

func setStatus(of func(c *comer) authtest.Account, s tollkeeper.Status) func(c *comer) {
	return func(c *comer) { c.ok(c.Auth.Host().SetStatus(ctx, of(c).ID, s)) }
}

func itself(c *comer) authtest.Account   { return c.account }
func itsOwner(c *comer) authtest.Account { return c.parent }

// situations are met by every way in. A challenge and a refusal cost nothing.
var situations = map[string]situation{
	"an account":        {want: "ok"},
	"sign-up is closed": {config: closed, want: "ok"},
	"a second factor":   {before: withTOTP, want: "challenge", but: map[string]string{"passkey": "ok"}},
	"a second factor that was set up meanwhile": {between: withTOTP, want: "challenge", but: map[string]string{
		"passkey": "ok", "code": "invalid_credentials", "link": "link_used", // what ends sessions voids what was mailed before
	}},
	"disabled before": {before: setStatus(itself, tollkeeper.StatusDisabled), want: "inactive", but: map[string]string{
		"code": "invalid_credentials", "link": "invalid_link", // none is mailed
	}},
	"disabled meanwhile": {between: setStatus(itself, tollkeeper.StatusDisabled), want: "inactive", but: map[string]string{"code": "invalid_credentials", "link": "link_used"}},
	"deleted meanwhile": {between: func(c *comer) { c.ok(c.Auth.Host().DeleteAccount(ctx, c.account.ID)) }, want: "invalid_credentials", but: map[string]string{
		"link": "invalid_link", "ID token": "ok", "issuer": "ok", // they sign up, on the issuer's word
	}},
	"its parent is disabled meanwhile": {child: true, between: setStatus(itsOwner, tollkeeper.StatusDisabled), want: "parent_inactive"},
	"its parent has no credits":        {child: true, between: func(c *comer) { c.drain(c.parent) }, want: "insufficient_credits"},
	"shown to another tenant": {child: true, between: func(c *comer) { c.elsewhere = true }, want: "invalid_credentials", but: map[string]string{
		"link": "invalid_link", "passkey": "invalid_challenge", "issuer": "ok", // the ticket says where it is good
	}},
	"a password that is temporary": {before: func(c *comer) {
		c.ok(c.change(func(x *tollkeeper.Account) { x.PasswordTemporary = true }))
	}, want: "ok", limited: tollkeeper.LimitedPassword},
	"everyone needs a second factor": {config: func(c *tollkeeper.Config) { c.Factors.Required = true }, want: "ok", limited: tollkeeper.LimitedSecondFactor, whole: "passkey"},
	"nobody is there":                {newbie: true, want: "ok", but: map[string]string{"password": "invalid_credentials", "username": "invalid_credentials", "passkey": "invalid_credentials"}},
	"nobody is there, and sign-up is closed": {newbie: true, config: closed, want: "invalid_credentials", but: map[string]string{
		"link": "invalid_link", "ID token": "sign_up_closed", "issuer": "sign_up_closed",
	}},
	"nobody is there, and the parent has no credits": {newbie: true, child: true, between: func(c *comer) { c.drain(c.parent) }, want: "insufficient_credits", but: map[string]string{
		"password": "invalid_credentials", "username": "invalid_credentials", "passkey": "invalid_credentials",
	}},
	"a hook refuses every session": {config: func(c *tollkeeper.Config) { c.Hooks.BeforeSession = refuseSession }, want: "refused"},
}

func closed(c *tollkeeper.Config) {
	c.Accounts.SignUp = tollkeeper.SignUpModes{App: tollkeeper.SignUpClosed, Children: tollkeeper.SignUpClosed}
}

// Every way in meets every situation alike, of the app's own users and of a tenant's, and costs what its price says.
func TestEveryWayInMeetsEverySituation(t *testing.T) {
	for name, s := range situations {
		for way, r := range routes {
			for _, child := range []bool{true, false} {
				if s.child && !child {
					continue
				}
				t.Run(name+"/"+way, func(t *testing.T) {
					edits := []func(*tollkeeper.Config){unlimited, often}
					if s.config != nil {
						edits = append(edits, s.config)
					}
					story(t, func(w *world) { meet(w, s, way, r, child) }, edits...)
				})
			}
		}
	}
}

func meet(w *world, s situation, way string, r route, child bool) {
	w.Helper()
	c := newComer(w, s, r, child)
	if s.before != nil {
		s.before(c)
	}
	w.Advance(time.Minute)
	end := r.begin(c)
	if s.between != nil {
		s.between(c)
	}
	spent := c.spent()
	res, err := end()
	want := s.want
	if but, ok := s.but[way]; ok {
		want = but
	}
	got := codeOf(err)
	if err == nil && res.Challenge != "" {
		got = "challenge"
	}
	if got != want {
		w.Fatalf("%s, want %s (%v)", got, want, err)
	}
	if err != nil && (res.Token != "" || res.Challenge != "") {
		w.Error("beside an error there is a session")
	}
	made := err == nil && res.Subject.Account.ID != c.account.ID && got == "ok"
	cost := map[bool]int64{false: r.cost, true: r.joins}[made]
	if got != "ok" || !child {
		cost = 0
	}
	if paid := c.spent() - spent; paid != cost {
		w.Errorf("%d credits were charged, want %d", paid, cost)
	}
	if got != "ok" {
		return
	}
	limited := s.limited
	if s.whole == way {
		limited = tollkeeper.Unlimited
	}
	if id := w.Identity(string(res.Token)); id.Limited != limited || res.Limited != limited {
		w.Errorf("limited by %q and %q, want %q", id.Limited, res.Limited, limited)
	}
}

func newComer(w *world, s situation, r route, child bool) *comer {
	w.Helper()
	c := &comer{world: w, other: w.Parent()}
	in := tollkeeper.Scope{}
	if child {
		c.parent = w.Parent()
		in = tollkeeper.Under(c.parent.ID)
	}
	for _, p := range []authtest.Account{c.parent, c.other} {
		if p.Email == "" {
			continue
		}
		issuer := []tollkeeper.IssuerSettings{{Issuer: authtest.IssuerURL, Enabled: true, ClientID: "client of " + p.Email}}
		_, err := w.Auth.Host().UpdateOrganization(ctx, p.ID, tollkeeper.OrganizationPatch{Issuers: issuer})
		w.ok(err)
	}
	if s.newbie {
		parent, _ := in.ID()
		c.account = authtest.Account{Email: "newcomer@home.example", Parent: parent}
		return c
	}
	c.account = w.AccountIn(in)
	if r.both {
		c.phone = w.Passkey()
		c.give()
	}
	return c
}

// give makes a passkey in a session that the host's rules let do so.
func (c *comer) give() {
	c.Helper()
	k := c.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Hooks = tollkeeper.Hooks{} }))
	k.AddPasskey(c.account, c.phone)
}

func (c *comer) spent() int64 {
	c.Helper()
	if c.parent.Email == "" {
		return 0
	}
	return c.Balance(c.parent).Used
}

// change writes the account's row.
func (c *comer) change(f func(x *tollkeeper.Account)) error {
	g := &guarded{world: c.world, child: c.account}
	g.write(f)
	return nil
}

// TestTheMatrixHasEveryWay: a way that is added is met, too.
func TestTheMatrixHasEveryWay(t *testing.T) {
	if n := len(routes); n != 7 {
		t.Errorf("%d ways: %v", n, slices.Sorted(maps.Keys(routes)))
	}
}

func refuseSession(context.Context, tollkeeper.SessionAttempt) (map[string]any, error) {
	return nil, tollkeeper.ErrRefused
}
