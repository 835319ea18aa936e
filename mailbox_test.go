package tollkeeper_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	ownersPassword = "another horse 9"
	thief          = "thief@evil.example"
)

// hijack is an account that a stranger made with somebody else's address, and what they left to come back by.
type hijack struct {
	*world
	parent   authtest.Account
	account  authtest.Account // with the stranger's password and session
	identity tollkeeper.IssuedKey
	pending  uuid.UUID
	link     string // of a change to the stranger's address
	recovery store.Digest
}

// leftBehind are what a stranger may have set up before the owner of the mailbox comes.
var leftBehind = map[string]func(h *hijack){
	"a sign-up": func(*hijack) {},
	"an open session": func(h *hijack) {
		h.Identity(h.account.Token)
	},
	"a factor that waits for its code": func(h *hijack) {
		h.pending = uuid.New()
		h.plant(store.Change{PutFactors: []store.Factor{{ID: h.pending, Kind: store.FactorTOTP, Sealed: []byte("seed"), PendingUntil: h.Now().Add(time.Hour)}}})
	},
	"a linked identity": func(h *hijack) {
		h.identity = tollkeeper.IssuedKey{Issuer: tollkeeper.IssuerGoogle, Subject: "stranger"}
		h.plant(store.Change{Link: []store.Linked{{Issuer: h.identity.Issuer, Subject: h.identity.Subject, LinkedAt: h.Now()}}})
	},
	"a change of address on its way": func(h *hijack) {
		h.ok(h.Auth.RequestEmailChange(ctx, h.account.Identity, tollkeeper.EmailChange{Password: password, Email: thief}))
		h.link = h.LastToken(thief, tollkeeper.MailChangeEmail)
	},
	"a recovery code": func(h *hijack) {
		h.recovery = store.Digest{7}
		h.plant(store.Change{Secrets: []store.Secret{{
			Account: h.account.ID, Purpose: store.PurposeRecovery, Digest: h.recovery, CreatedAt: h.Now(),
		}}})
	},
	"a link that a scanner has opened": func(h *hijack) {
		h.ok(h.open(tollkeeper.VerifyRequest{}))
	},
}

// plant writes what no method lets a stranger do any more, as an older version or an import might have.
func (h *hijack) plant(c store.Change) {
	h.Helper()
	s, err := h.store.Store.FindAccount(ctx, store.Lookup{ID: h.account.ID})
	h.ok(err)
	c.Account = s.Account
	_, _, err = h.store.Store.UpdateAccount(ctx, c, h.Now())
	h.ok(err)
}

// open opens the newest link that was mailed to the address.
func (h *hijack) open(r tollkeeper.VerifyRequest) error {
	h.Helper()
	if len(h.Mails(h.account.Email, tollkeeper.MailVerify)) == 0 {
		h.ok(h.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: h.account.Email, Scope: keyed(h.account)}))
	}
	r.Token = tollkeeper.SecretText(h.LastToken(h.account.Email, tollkeeper.MailVerify))
	return errOf(h.Auth.VerifyEmail(ctx, r))
}

func (h *hijack) byCode() tollkeeper.SignInResult {
	h.Helper()
	res, err := h.verify(h.account, h.mailCode(h.account))
	h.ok(err)
	return res
}

func (h *hijack) byReset() {
	h.Helper()
	h.ok(h.requestReset(h.account))
	h.ok(h.reset(h.LastToken(h.account.Email, tollkeeper.MailReset), ownersPassword))
	_, err := h.try(h.account, ownersPassword)
	h.ok(err)
}

// comings are the ways in which the owner of the mailbox comes in at last.
var comings = map[string]func(h *hijack){
	"by reset": (*hijack).byReset,
	"by code":  func(h *hijack) { h.byCode() },
	"by an issuer": func(h *hijack) {
		res, err := h.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: "https://other.example", IDToken: "owner", Scope: keyed(h.account)})
		h.ok(err)
		h.Identity(string(res.Token))
	},
	"by code, signed in to another account": func(h *hijack) {
		in := tollkeeper.CodeRequest{Email: h.account.Email, Code: tollkeeper.SecretText(h.mailCode(h.account)), Scope: keyed(h.account), By: h.parent.Identity}
		h.ok(errOf(h.Auth.SignInWithCode(ctx, in)))
	},
	"by the link, signed in": func(h *hijack) {
		h.ok(h.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: h.account.Email, Scope: keyed(h.account)}))
		h.LastToken(h.account.Email, tollkeeper.MailVerify)
		owner := h.Identity(string(h.byCode().Token))
		h.want(h.open(tollkeeper.VerifyRequest{By: owner}), tollkeeper.ErrAlreadyVerified) // the code has proven more
		h.Identity(string(h.byCode().Token))
	},
	"by the link alone, then a code": func(h *hijack) {
		if err := h.open(tollkeeper.VerifyRequest{}); err != nil {
			h.want(err, tollkeeper.ErrAlreadyVerified)
		}
		h.byCode()
	},
	"by the link alone, then a reset": func(h *hijack) {
		if err := h.open(tollkeeper.VerifyRequest{}); err != nil {
			h.want(err, tollkeeper.ErrAlreadyVerified)
		}
		h.byReset()
	},
	"by saying that it was not them": func(h *hijack) {
		h.ok(h.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: h.account.Email, Scope: keyed(h.account)}))
		h.ok(h.Auth.Disown(ctx, tollkeeper.SecretText(h.LastToken(h.account.Email, tollkeeper.MailVerify)), tollkeeper.Client{}))
		h.strangerIsOut()
		h.byCode()
	},
}

// strangerIsOut fails the test if anything that the stranger left still leads in.
func (h *hijack) strangerIsOut() {
	h.Helper()
	h.refuses("the stranger's session", h.account.Token)
	_, err := h.try(h.account, password)
	h.want(err, tollkeeper.ErrInvalidCredentials)
	s, err := h.store.Store.FindAccount(ctx, store.Lookup{ID: h.account.ID, Credentials: true})
	h.ok(err)
	for _, l := range s.Linked {
		if l.Key() == h.identity {
			h.Errorf("the stranger's identity is still linked")
		}
	}
	if len(s.Factors) > 0 || s.Account.EmailKey != h.account.Email {
		h.Errorf("left behind: %v, the address is %s", s.Factors, s.Account.EmailKey)
	}
	if h.recovery != (store.Digest{}) {
		if code, _, err := h.store.Store.Secret(ctx, store.PurposeRecovery, h.recovery); err != nil || code.UsedAt.IsZero() {
			h.Errorf("the stranger's recovery code still opens the account: %+v, %v", code, err)
		}
	}
	if h.link == "" {
		return
	}
	r := tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(h.link), By: h.account.Identity, Password: password}
	if h.Auth.ConfirmEmailChange(ctx, r) == nil {
		h.Errorf("the stranger's link has moved the account")
	}
}

func withIssuers(c *tollkeeper.Config) {
	c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{
		tollkeeper.IssuerGoogle: issuer{}, "https://other.example": issuer{"owner": {Subject: "o-1", Email: "victim@home.example", EmailVerified: true}},
	}
}

// hijacked makes the account of a hijack, below a parent that has issuers.
func hijacked(w *world) *hijack {
	h := &hijack{world: w, parent: w.parent("p@example.com")}
	settings := []tollkeeper.IssuerSettings{
		{Issuer: "https://other.example", Enabled: true, ClientID: "client-1"}, {Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"},
	}
	_, err := w.Auth.UpdateOrganization(ctx, h.parent.Identity, tollkeeper.OrganizationPatch{Issuers: settings})
	w.ok(err)
	h.account = w.child(h.parent, "victim@home.example")
	return h
}

// Whatever a stranger has set up with somebody's address, its owner gets in, and nothing of the stranger's stays (R34,
// docs/WIRE.md 1.4).
func TestTheOwnerOfAMailboxShutsAStrangerOut(t *testing.T) {
	for left, stranger := range leftBehind {
		for came, owner := range comings {
			t.Run(left+", the owner comes "+came, func(t *testing.T) {
				story(t, func(w *world) {
					h := hijacked(w)
					stranger(h)
					owner(h)
					h.strangerIsOut()
				}, unlimited, withIssuers, often)
			})
		}
	}
}

func often(c *tollkeeper.Config) {
	many := []tollkeeper.Limit{tollkeeper.Rate(1000, time.Minute)}
	c.Limits.Resend, c.Limits.CodeAddress = many, many
	c.Limits.Reset = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceHost: many, tollkeeper.AudienceOrganization: many}
}

// Whoever signed up a tenant knows the key that its tokens are signed with, so its owner gets another one.
func TestTheOwnerOfATenantGetsAnotherKey(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("victim@home.example")
		before, err := w.Auth.Organization(ctx, p.Identity)
		w.ok(err)
		res, err := w.verify(p, w.mailCode(p))
		w.ok(err)
		if !res.Dropped.TenantKey {
			t.Errorf("dropped %+v", res.Dropped)
		}
		after, err := w.Auth.Organization(ctx, w.Identity(string(res.Token)))
		w.ok(err)
		if before.TenantKey == after.TenantKey {
			t.Error("the stranger still knows the key")
		}
		if mails := w.Mails(p.Email, tollkeeper.MailNotice); len(mails) != 1 || !contains(string(mails[0].Text), "jwtSecret") {
			t.Errorf("mails %+v", mails)
		}
		proven, err := w.verify(p, w.mailCode(p))
		w.ok(err)
		if again, err := w.Auth.Organization(ctx, w.Identity(string(proven.Token))); err != nil || again.TenantKey != after.TenantKey {
			t.Errorf("a second proof has replaced it again, or %v", err)
		}
	}, unlimited, often)
}

// A bare link tells nobody apart: it verifies, drops nothing, and lets no factor be enrolled.
func TestABareLinkDropsNothingAndPermitsNoFactor(t *testing.T) {
	story(t, func(w *world) {
		h := hijacked(w)
		h.ok(h.open(tollkeeper.VerifyRequest{}))
		h.Identity(h.account.Token)
		w.signIn(h.account)
		_, err := w.Auth.EnrolFactor(ctx, w.Identity(h.account.Token), tollkeeper.FactorEnrolment{Password: password})
		w.want(err, tollkeeper.ErrUnverified)
	}, unlimited, withIssuers, often)
}

// Who signs up, opens the link and goes on is no stranger to themselves.
func TestAnHonestPersonKeepsEverything(t *testing.T) {
	for name, prove := range map[string]func(h *hijack) tollkeeper.VerifyRequest{
		"by the session":  func(h *hijack) tollkeeper.VerifyRequest { return tollkeeper.VerifyRequest{By: h.account.Identity} },
		"by the password": func(*hijack) tollkeeper.VerifyRequest { return tollkeeper.VerifyRequest{Password: password} },
	} {
		for _, scanned := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				story(t, func(w *world) {
					h := hijacked(w)
					if scanned {
						h.ok(h.open(tollkeeper.VerifyRequest{}))
					}
					h.ok(h.open(prove(h)))
					h.want(h.open(prove(h)), tollkeeper.ErrAlreadyVerified)
					w.Identity(h.account.Token)
					w.signIn(h.account)
					f := w.EnrolFactor(h.account)
					res := h.byCode()
					if res.Token != "" || res.Challenge == "" || res.Dropped.Any() {
						t.Errorf("a code past the factor: %+v", res)
					}
					w.Advance(time.Minute)
					done, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f))})
					w.ok(err)
					w.Identity(string(done.Token))
					_, err = w.try(h.account, password)
					w.ok(err)
				}, unlimited, withIssuers, often)
			})
		}
	}
}

// A confirmed factor is never dropped by a proof of the mailbox: that would make the mailbox alone enough.
func TestNoProofOfAMailboxDropsAFactor(t *testing.T) {
	story(t, func(w *world) {
		h := hijacked(w)
		h.ok(h.open(tollkeeper.VerifyRequest{By: h.account.Identity}))
		w.EnrolFactor(h.account)
		stopped := func(what string, res tollkeeper.SignInResult, err error) {
			t.Helper()
			w.ok(err)
			if res.Token != "" || res.Challenge == "" {
				t.Errorf("%s opened the account without its second factor", what)
			}
		}
		stopped("a code", h.byCode(), nil)
		res, err := w.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: "https://other.example", IDToken: "owner", Scope: keyed(h.account)})
		stopped("an issuer", res, err)
		w.ok(w.requestReset(h.account))
		w.ok(w.reset(w.LastToken(h.account.Email, tollkeeper.MailReset), ownersPassword))
		res, err = w.try(h.account, ownersPassword)
		stopped("a reset", res, err)
		w.want(w.Auth.Disown(ctx, tollkeeper.SecretText(w.LastToken(h.account.Email, tollkeeper.MailVerify)), tollkeeper.Client{}), tollkeeper.ErrLinkUsed)
	}, unlimited, withIssuers, often)
}

// What the first proof takes away is told in the result and by mail.
func TestWhatIsDroppedIsTold(t *testing.T) {
	told := func(w *world, h *hijack, d tollkeeper.Dropped, password bool) {
		w.Helper()
		if d.Password != password || len(d.Identities) != 1 || d.Identities[0] != h.identity {
			w.Errorf("dropped %+v", d)
		}
		mails := w.Mails(h.account.Email, tollkeeper.MailNotice)
		says := func(text string) bool {
			return slices.ContainsFunc(mails, func(m tollkeeper.Message) bool { return contains(string(m.Text), text) })
		}
		if !says("- a linked sign-in") || says("- the password") != password || says("ask for a reset") != password {
			w.Errorf("the mails are %+v", mails)
		}
		if e := w.Events(tollkeeper.EventEmailProven); len(e) != 1 || e[0].Detail != "dropped" {
			w.Errorf("events %+v", e)
		}
	}
	t.Run("by a code", func(t *testing.T) {
		story(t, func(w *world) {
			h := hijacked(w)
			leftBehind["a linked identity"](h)
			told(w, h, h.byCode().Dropped, true)
		}, unlimited, withIssuers, often)
	})
	t.Run("by an issuer", func(t *testing.T) {
		story(t, func(w *world) {
			h := hijacked(w)
			leftBehind["a linked identity"](h)
			res, err := w.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: "https://other.example", IDToken: "owner", Scope: keyed(h.account)})
			w.ok(err)
			told(w, h, res.Dropped, true)
		}, unlimited, withIssuers, often)
	})
	t.Run("by a reset, whose own notice tells of the password", func(t *testing.T) {
		story(t, func(w *world) {
			h := hijacked(w)
			leftBehind["a linked identity"](h)
			w.ok(w.requestReset(h.account))
			r := tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(h.account.Email, tollkeeper.MailReset)), Password: ownersPassword}
			d, err := w.Auth.ResetPassword(ctx, r)
			w.ok(err)
			told(w, h, d, false)
		}, unlimited, withIssuers, often)
	})
	t.Run("by saying that it was not them", func(t *testing.T) {
		story(t, func(w *world) {
			h := hijacked(w)
			w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: h.account.Email, Scope: keyed(h.account)}))
			w.ok(w.Auth.Disown(ctx, tollkeeper.SecretText(w.LastToken(h.account.Email, tollkeeper.MailVerify)), tollkeeper.Client{}))
			if m := w.Mails(h.account.Email, tollkeeper.MailNotice); len(m) != 1 || !contains(string(m[0].Text), "removed from it") {
				t.Errorf("no mail says so: %v", m)
			}
		}, unlimited, withIssuers, often)
	})
	t.Run("nothing by a request that shows a session of the account", func(t *testing.T) {
		story(t, func(w *world) {
			h := hijacked(w)
			leftBehind["a linked identity"](h)
			code := w.mailCode(h.account)
			in := tollkeeper.CodeRequest{Email: h.account.Email, Code: tollkeeper.SecretText(code), Scope: keyed(h.account), By: h.account.Identity}
			res, err := w.Auth.SignInWithCode(ctx, in)
			w.ok(err)
			w.Identity(h.account.Token)
			if res.Dropped.Any() || len(w.Mails(h.account.Email, tollkeeper.MailNotice)) != 0 {
				t.Errorf("dropped %+v", res.Dropped)
			}
		}, unlimited, withIssuers, often)
	})
}

// A factor that was begun waits ten minutes, and no longer than the sessions.
func TestABegunFactorIsNotForEver(t *testing.T) {
	for name, between := range map[string]func(w *world, a authtest.Account){
		"ten minutes": func(w *world, _ authtest.Account) { w.Advance(10 * time.Minute) },
		"a change of password": func(w *world, a authtest.Account) {
			w.ok(w.Auth.ChangePassword(ctx, a.Identity, tollkeeper.PasswordChange{Current: password, New: ownersPassword}))
		},
		"the end of the others": func(w *world, a authtest.Account) { w.ok(w.Auth.EndOtherSessions(ctx, a.Identity)) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				h := hijacked(w)
				h.ok(h.open(tollkeeper.VerifyRequest{By: h.account.Identity}))
				e, err := w.Auth.EnrolFactor(ctx, w.Identity(h.account.Token), tollkeeper.FactorEnrolment{Password: password})
				w.ok(err)
				between(w, h.account)
				code := w.FactorCode(authtest.Factor{Seed: string(e.Seed)})
				_, err = w.Auth.ConfirmFactor(ctx, w.Identity(h.account.Token), tollkeeper.SecretText(code), tollkeeper.Client{})
				w.want(err, tollkeeper.ErrFactorState)
			}, unlimited, withIssuers, often)
		})
	}
}
