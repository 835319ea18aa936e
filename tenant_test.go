package tollkeeper_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// taken is a tenant that a stranger signed up with somebody else's address, with an organization of the stranger's.
func taken(w *world) authtest.Account {
	w.Helper()
	p := w.parent("victim@home.example")
	w.ok(errOf(w.Auth.UpdateOrganization(ctx, p.Identity, strangers(p))))
	return p
}

const evil = "https://evil.example"

// strangers is all that can be chosen for an organization.
func strangers(p authtest.Account) tollkeeper.OrganizationPatch {
	name, site, page, on, off := "Evil", evil, evil+"/page", true, false
	return tollkeeper.OrganizationPatch{
		Name: &name, URL: &site, DomainRestriction: &off, VerificationRequired: &on, FactorRequired: &off,
		AuthURLs:   tollkeeper.AuthURLsPatch{SignIn: &page, SignUp: &page, Verify: &page, Reset: &page, Update: &page, Resend: &page, Successful: &page},
		Issuers:    []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "evil"}},
		Authorized: &[]uuid.UUID{p.ID},
	}
}

// bare is what is left of it: nothing that leads somewhere, lets somebody in or stands in a mail.
func bare(w *world, p authtest.Account, updates int) {
	w.Helper()
	d, err := w.Auth.Host().Organization(ctx, p.ID)
	w.ok(err)
	o := d.Organization
	if o.Name != "" || o.URL != "" || o.AuthURLs != (tollkeeper.AuthURLs{}) || len(o.Issuers) > 0 || len(o.Authorized) > 0 || !o.DomainRestriction {
		w.Errorf("the stranger's organization is %+v", o)
	}
	if !o.VerificationRequired || o.UpdateCount != updates {
		w.Errorf("what asks for more, or counts, is gone: %+v", o)
	}
}

// byMailedReset comes by a reset and says what it dropped.
func byMailedReset(w *world, p authtest.Account, by *tollkeeper.Identity) tollkeeper.Dropped {
	w.Helper()
	w.ok(w.requestReset(p))
	d, err := w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{
		Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset)), Password: ownersPassword, By: by,
	})
	w.ok(err)
	return d
}

// proofs are the ways in which the owner of a tenant's mailbox first shows that it is theirs.
var proofs = map[string]func(w *world, p authtest.Account) tollkeeper.Dropped{
	"by code": func(w *world, p authtest.Account) tollkeeper.Dropped {
		w.Helper()
		res, err := w.verify(p, w.mailCode(p))
		w.ok(err)
		if o := res.Subject.Organization; o == nil || o.URL != "" {
			w.Errorf("the sign-in shows %+v", o)
		}
		return res.Dropped
	},
	"by reset": func(w *world, p authtest.Account) tollkeeper.Dropped {
		w.Helper()
		return byMailedReset(w, p, nil)
	},
	"by saying that it was not them": func(w *world, p authtest.Account) tollkeeper.Dropped {
		w.Helper()
		w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: tollkeeper.Tenants}))
		w.ok(w.Auth.Disown(ctx, tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify)), tollkeeper.Client{}))
		return tollkeeper.Dropped{Organization: true} // told by mail alone
	},
}

// Nothing of the organization that a stranger set up leads the owner's users anywhere, or lets anybody in (R34).
func TestTheOwnerOfATenantGetsAnOrganizationThatLeadsNowhere(t *testing.T) {
	for came, owner := range proofs {
		t.Run(came, func(t *testing.T) {
			story(t, func(w *world) {
				p := taken(w)
				if d := owner(w, p); !d.Organization || !d.Any() {
					t.Errorf("dropped %+v", d)
				}
				bare(w, p, 1)
				says := func(m tollkeeper.Message) bool { return contains(string(m.Text), "the settings of your organization") }
				if mails := w.Mails(p.Email, tollkeeper.MailNotice); !slices.ContainsFunc(mails, says) {
					t.Errorf("no mail tells of it: %+v", mails)
				}
				res, err := w.verify(p, w.mailCode(p)) // also the second word of who has disowned it
				w.ok(err)
				if res.Dropped.Organization {
					t.Errorf("dropped once more: %+v", res.Dropped)
				}
				user := w.child(p, "user@home.example")
				w.ok(w.requestReset(user))
				if link := w.LastLink(user.Email, tollkeeper.MailReset); !strings.HasPrefix(link, authtest.BaseURL) {
					t.Errorf("a reset of the owner's user leads to %s", link)
				}
			}, unlimited, withIssuers, often)
		})
	}
}

// Who shows a session of the tenant beside the proof, or has proven the mailbox, keeps the organization.
func TestATenantThatProvesItsMailboxItselfKeepsItsOrganization(t *testing.T) {
	for name, prove := range map[string]func(w *world, p authtest.Account){
		"by its link, signed in": func(w *world, p authtest.Account) {
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			w.Prove(p, p.Identity)
		},
		"by a reset, signed in": func(w *world, p authtest.Account) {
			if d := byMailedReset(w, p, p.Identity); d.Any() {
				w.Errorf("dropped %+v", d)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := taken(w)
				prove(w, p)
				res, err := w.verify(p, w.mailCode(p))
				w.ok(err)
				d, err := w.Auth.Host().Organization(ctx, p.ID)
				w.ok(err)
				if res.Dropped.Any() || d.Organization.URL != evil || len(d.Organization.Issuers) != 1 {
					t.Errorf("dropped %+v, left %+v", res.Dropped, d.Organization)
				}
			}, unlimited, withIssuers, often)
		})
	}
}

// A parent whose mailbox nobody has proven makes no admins: they would rule the users of the owner who comes (R34).
func TestATenantThatIsNotProvenMakesNoAdmins(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("victim@home.example")
		mole := w.child(p, "mole@evil.example")
		gives := func(role tollkeeper.Role) error {
			return errOf(w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Account: mole.ID, Role: role}))
		}
		makes := func(email string, role tollkeeper.Role) error {
			return errOf(w.Auth.CreateAccount(ctx, p.Identity, tollkeeper.AccountSpec{Email: email, Role: role}))
		}
		w.want(gives(tollkeeper.RoleAdmin), tollkeeper.ErrUnverified)
		w.want(gives("ADMIN"), tollkeeper.ErrUnverified)
		w.want(makes("second@evil.example", tollkeeper.RoleAdmin), tollkeeper.ErrUnverified)
		w.ok(gives(tollkeeper.RoleGuest))
		w.ok(makes("third@evil.example", tollkeeper.RoleUser))

		w.ok(errOf(w.verify(p, w.mailCode(p))))
		w.want(gives(tollkeeper.RoleAdmin), tollkeeper.ErrInvalidToken) // a request of before, under way
		w.want(makes("fourth@evil.example", tollkeeper.RoleAdmin), tollkeeper.ErrInvalidToken)
		user := w.child(p, "user@home.example")
		w.want(w.Auth.SetStatus(ctx, w.SignedIn(mole), user.ID, tollkeeper.StatusDisabled), tollkeeper.ErrNotFound)
	}, unlimited, often)
	t.Run("the host and a proven tenant make them", func(t *testing.T) {
		story(t, func(w *world) {
			p, q := w.parent("p@example.com"), w.tenant("q@example.com")
			made, other := w.child(p, "made@example.com"), w.child(q, "other@example.com")
			w.ok(errOf(w.Auth.Host().SetRole(ctx, made.ID, tollkeeper.RoleAdmin)))
			w.ok(errOf(w.Auth.SetRole(ctx, q.Identity, tollkeeper.RoleChange{Account: other.ID, Role: tollkeeper.RoleAdmin})))
			w.ok(errOf(w.Auth.CreateAccount(ctx, w.SignedIn(q), tollkeeper.AccountSpec{Email: "new@example.com", Role: tollkeeper.RoleAdmin})))
		}, unlimited)
	})
}

// What the stranger's session asked for before it ended neither puts back what was dropped nor reads the new key.
func TestARequestUnderWayUndoesNoProof(t *testing.T) {
	story(t, func(w *world) {
		p := taken(w)
		w.ok(errOf(w.verify(p, w.mailCode(p))))
		for what, ask := range map[string]func() error{
			"the organization": func() error { return errOf(w.Auth.UpdateOrganization(ctx, p.Identity, strangers(p))) },
			"another key":      func() error { return errOf(w.Auth.RotateTenantKey(ctx, p.Identity)) },
			"the key":          func() error { return errOf(w.Auth.Organization(ctx, p.Identity)) },
		} {
			if err := ask(); codeOf(err) != codeOf(tollkeeper.ErrInvalidToken) {
				t.Errorf("%s: %v", what, err)
			}
		}
		bare(w, p, 1)
	}, unlimited, withIssuers, often)
	t.Run("between its reading and its writing", func(t *testing.T) {
		story(t, func(w *world) {
			p := taken(w)
			code, once := w.mailCode(p), false
			w.store.faults(func(verb string) error {
				if verb == "UpdateAccount" && !once {
					once = true
					w.ok(errOf(w.verify(p, code)))
				}
				return nil
			}, nil)
			w.want(errOf(w.Auth.UpdateOrganization(ctx, p.Identity, strangers(p))), tollkeeper.ErrInvalidToken)
			bare(w, p, 1)
		}, unlimited, withIssuers, often)
	})
	t.Run("but the owner's own does", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.tenant("q@example.com") // with an Identity of before the proof, whose session lives on
			w.ok(errOf(w.Auth.UpdateOrganization(ctx, p.Identity, strangers(p))))
			w.ok(errOf(w.Auth.RotateTenantKey(ctx, p.Identity)))
		}, unlimited, withIssuers, often)
	})
}
