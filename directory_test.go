package tollkeeper_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// directed is one way to look at another account and to take away: by an admin, or by an operator of the host.
type directed struct {
	sessions       func(w *world, by, x authtest.Account) ([]tollkeeper.SessionInfo, error)
	endSession     func(w *world, by, x authtest.Account, session uuid.UUID) error
	factors        func(w *world, by, x authtest.Account) ([]tollkeeper.FactorInfo, error)
	removeFactor   func(w *world, by, x authtest.Account, factor uuid.UUID) error
	identities     func(w *world, by, x authtest.Account) ([]tollkeeper.Linked, error)
	removeIdentity func(w *world, by, x authtest.Account, key tollkeeper.IssuedKey) error
	wrote          func(by authtest.Account, e tollkeeper.Event) bool
}

func operator(w *world) tollkeeper.Host {
	h, err := w.Auth.Host().As("Ada")
	w.ok(err)
	return h
}

var directions = map[string]directed{
	"by an admin": {
		func(w *world, by, x authtest.Account) ([]tollkeeper.SessionInfo, error) {
			return w.Auth.SessionsOf(ctx, by.Identity, x.ID)
		},
		func(w *world, by, x authtest.Account, s uuid.UUID) error {
			return w.Auth.EndSessionOf(ctx, by.Identity, x.ID, s)
		},
		func(w *world, by, x authtest.Account) ([]tollkeeper.FactorInfo, error) {
			return w.Auth.FactorsOf(ctx, by.Identity, x.ID)
		},
		func(w *world, by, x authtest.Account, f uuid.UUID) error {
			return w.Auth.RemoveFactorOf(ctx, by.Identity, x.ID, f)
		},
		func(w *world, by, x authtest.Account) ([]tollkeeper.Linked, error) {
			return w.Auth.IdentitiesOf(ctx, by.Identity, x.ID)
		},
		func(w *world, by, x authtest.Account, key tollkeeper.IssuedKey) error {
			return w.Auth.RemoveIdentityOf(ctx, by.Identity, x.ID, key)
		},
		func(by authtest.Account, e tollkeeper.Event) bool { return e.By == by.ID && e.Operator == "" },
	},
	"by an operator": {
		func(w *world, _, x authtest.Account) ([]tollkeeper.SessionInfo, error) {
			return operator(w).Sessions(ctx, x.ID)
		},
		func(w *world, _, x authtest.Account, s uuid.UUID) error {
			return operator(w).EndSession(ctx, x.ID, s)
		},
		func(w *world, _, x authtest.Account) ([]tollkeeper.FactorInfo, error) {
			return operator(w).Factors(ctx, x.ID)
		},
		func(w *world, _, x authtest.Account, f uuid.UUID) error {
			return operator(w).RemoveFactor(ctx, x.ID, f)
		},
		func(w *world, _, x authtest.Account) ([]tollkeeper.Linked, error) {
			return operator(w).Identities(ctx, x.ID)
		},
		func(w *world, _, x authtest.Account, key tollkeeper.IssuedKey) error {
			return operator(w).RemoveIdentity(ctx, x.ID, key)
		},
		func(_ authtest.Account, e tollkeeper.Event) bool { return e.By == uuid.Nil && e.Operator == "Ada" },
	},
}

// lastWritten is the newest line of the log about the account with that name, as the store has it.
func (w *world) lastWritten(account uuid.UUID, name tollkeeper.EventName) (e tollkeeper.Event) {
	w.Helper()
	list, err := w.store.Store.ListEvents(ctx, store.EventQuery{Account: account, Names: []tollkeeper.EventName{name}, Limit: 1})
	w.ok(err)
	if len(list) == 0 {
		w.Fatalf("the log has no %s", name)
	}
	return list[0]
}

func TestSessionsOfAnother(t *testing.T) {
	for name, d := range directions {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p, stranger := w.parent("p@example.com"), w.parent("q@example.com")
				x := w.child(p, "c@example.com")
				first, second := w.Identity(string(w.signIn(x).Token)), string(w.signIn(x).Token)
				list, err := d.sessions(w, p, x)
				w.ok(err)
				if len(list) < 2 || list[0].Device == "" || list[0].Current {
					t.Fatalf("%+v", list)
				}
				w.ok(d.endSession(w, p, x, first.Session))
				if e := w.lastWritten(x.ID, tollkeeper.EventSignOut); !d.wrote(p, e) {
					t.Errorf("%+v", e)
				}
				w.want(d.endSession(w, p, x, first.Session), tollkeeper.ErrNotFound)
				w.Identity(second)
				if after, err := d.sessions(w, p, x); err != nil || len(after) != len(list)-1 {
					t.Errorf("%d sessions of %d, %v", len(after), len(list), err)
				}
				_, err = w.Auth.SessionsOf(ctx, stranger.Identity, x.ID)
				w.want(err, tollkeeper.ErrNotFound)
				w.want(w.Auth.EndSessionOf(ctx, stranger.Identity, x.ID, list[1].ID), tollkeeper.ErrNotFound)
				_, err = w.Auth.Host().Sessions(ctx, uuid.New())
				w.want(err, tollkeeper.ErrNotFound)
			}, unlimited)
		})
	}
}

// One of two authenticators goes and the other still opens; with the last one the recovery codes go, too.
func TestRemoveFactorOfAnother(t *testing.T) {
	for name, d := range directions {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				x := w.child(p, "c@example.com")
				w.confirmed(x)
				phone := w.EnrolFactor(x)
				w.Advance(time.Minute)
				list, err := d.factors(w, p, x)
				w.ok(err)
				if len(list) != 1 {
					t.Fatalf("%+v", list)
				}
				token := w.SignInWithFactor(x, phone).Token
				w.want(d.removeFactor(w, p, x, uuid.New()), tollkeeper.ErrNotFound)
				w.store.watch()
				w.ok(d.removeFactor(w, p, x, list[0].ID))
				if !w.store.voids(store.PurposeRecovery) {
					t.Error("the recovery codes stay")
				}
				w.refuses("a session of before", string(token))
				if e := w.lastWritten(x.ID, tollkeeper.EventFactorChanged); e.Detail != "removed" || !d.wrote(p, e) {
					t.Errorf("%+v", e)
				}
				w.want(d.removeFactor(w, p, x, list[0].ID), tollkeeper.ErrNotFound)
				if res := w.signIn(x); res.Token == "" {
					t.Error("a second factor is asked for")
				}
				if list, err := d.factors(w, p, x); err != nil || len(list) != 0 {
					t.Errorf("%+v, %v", list, err)
				}
			}, unlimited)
		})
	}
}

// A passkey that alone leads into the account stays, and goes where an identity leads in beside it; then that stays.
func TestTheLastWayInOfAnotherStays(t *testing.T) {
	for name, d := range directions {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				admin := w.User()
				w.ok(errOf(w.Auth.Host().SetRole(ctx, admin.ID, tollkeeper.RoleAdmin)))
				admin.Identity = w.SignedIn(admin)
				x := w.holder(w.User())
				w.bare(x.Account)
				w.want(d.removeFactor(w, admin, x.Account, x.added.Passkey.ID), tollkeeper.ErrLastWayIn)
				w.ok(errOf(w.byPhone(x)))
				key := tollkeeper.IssuedKey{Issuer: authtest.IssuerURL, Subject: "i-1"}
				w.link(x.Account, key)
				w.ok(d.removeFactor(w, admin, x.Account, x.added.Passkey.ID))
				w.want(d.removeIdentity(w, admin, x.Account, key), tollkeeper.ErrLastWayIn)
				if list, err := d.identities(w, admin, x.Account); err != nil || len(list) != 1 {
					t.Errorf("%+v, %v", list, err)
				}
			}, unlimited)
		})
	}
}

func TestNobodyTakesTheirOwnSo(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		x := w.child(p, "c@example.com")
		w.want(w.Auth.RemoveFactorOf(ctx, x.Identity, x.ID, uuid.New()), tollkeeper.ErrForbidden)
		w.want(w.Auth.RemoveFactorOf(ctx, x.Identity, p.ID, uuid.New()), tollkeeper.ErrForbidden)
		w.want(w.Auth.RemoveIdentityOf(ctx, x.Identity, x.ID, tollkeeper.IssuedKey{}), tollkeeper.ErrForbidden)
		w.want(w.Auth.Host().RemoveIdentity(ctx, x.ID, tollkeeper.IssuedKey{Issuer: "i", Subject: "s"}), tollkeeper.ErrNotFound)
	})
}

// An identity goes where something else leads into the account, and stays where nothing does.
func TestRemoveIdentityOfAnother(t *testing.T) {
	for name, d := range directions {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				x := w.child(p, "c@example.com")
				key := tollkeeper.IssuedKey{Issuer: "https://issuer.example", Subject: "c"}
				w.link(x, key)
				list, err := d.identities(w, p, x)
				w.ok(err)
				if len(list) != 1 || list[0].Key() != key {
					t.Fatalf("%+v", list)
				}
				w.bare(x)
				w.want(d.removeIdentity(w, p, x, key), tollkeeper.ErrLastWayIn)
				w.confirmed(x)
				token := string(x.Token)
				w.ok(d.removeIdentity(w, p, x, key))
				w.refuses("a session of before", token)
				if e := w.lastWritten(x.ID, tollkeeper.EventIdentityRemoved); e.Detail != key.Issuer || !d.wrote(p, e) {
					t.Errorf("%+v", e)
				}
				w.want(d.removeIdentity(w, p, x, key), tollkeeper.ErrNotFound)
			}, unlimited)
		})
	}
}

// link and bare write what only other ways lead to: an identity, and an account without a password.
func (w *world) link(x authtest.Account, key tollkeeper.IssuedKey) {
	w.Helper()
	w.rewritten(x, func(c *store.Change) {
		c.Link = []store.Linked{{Issuer: key.Issuer, Subject: key.Subject, LinkedAt: w.Now()}}
	})
}

func (w *world) bare(x authtest.Account) {
	w.Helper()
	w.rewritten(x, func(c *store.Change) { c.Account.Password, c.Account.EmailProvenAt = "", time.Time{} })
}

func (w *world) rewritten(x authtest.Account, edit func(*store.Change)) {
	w.Helper()
	s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
	w.ok(err)
	c := store.Change{Account: s.Account}
	edit(&c)
	w.ok(errOf2(w.store.Store.UpdateAccount(ctx, c, w.Now())))
}

func errOf2[T, U any](_ T, _ U, err error) error { return err }

// The name of the operator stays in the log when the account goes.
func TestOperatorIsNamed(t *testing.T) {
	story(t, func(w *world) {
		for _, name := range []string{"", "two\nlines", strings.Repeat("a", 65), "\xff"} {
			_, err := w.Auth.Host().As(name)
			w.want(err, tollkeeper.ErrInvalidInput)
		}
		p := w.parent("p@example.com")
		x := w.child(p, "c@example.com")
		w.ok(errOf(operator(w).SetRole(ctx, x.ID, tollkeeper.RoleAdmin)))
		w.ok(operator(w).Unlock(ctx, x.ID))
		w.ok(errOf(operator(w).RotateTenantKey(ctx, p.ID)))
		w.want(errOf(operator(w).RotateTenantKey(ctx, x.ID)), tollkeeper.ErrForbidden)
		w.ok(operator(w).DeleteAccount(ctx, p.ID))
		for account, name := range map[uuid.UUID]tollkeeper.EventName{x.ID: tollkeeper.EventUnlocked, p.ID: tollkeeper.EventAccountDeleted} {
			if e := w.lastWritten(account, name); e.Operator != "Ada" {
				t.Errorf("%+v", e)
			}
		}
		if e := w.lastWritten(p.ID, tollkeeper.EventTenantKeyRotated); e.Operator != "Ada" {
			t.Errorf("%+v", e)
		}
		w.parent("another@example.com")
		if e := w.Events(tollkeeper.EventSignUp); e[len(e)-1].Operator != "" {
			t.Errorf("%+v", e[len(e)-1])
		}
	})
}

// Every method of Host that changes something names its operator: it begins with that, or only looks.
func TestHostNamesItsOperatorEverywhere(t *testing.T) {
	looks := " Account Accounts FindByEmail FindByUsername Events EventsIn Organization Sessions Factors Identities MailQueue Ledger Usage " +
		"CreditAnalysis BillingHistory Allow RetryMail DropMail somebody bookOf withCredentials acting "
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || len(f.Type.Params.List) == 0 || len(f.Body.List) == 0 || strings.HasSuffix(name, "_test.go") {
				continue
			}
			of, isHost := f.Recv.List[0].Type.(*ast.Ident)
			first := f.Type.Params.List[0]
			if !isHost || of.Name != "Host" || len(first.Names) != 1 || first.Names[0].Name != "ctx" || strings.Contains(looks, " "+f.Name.Name+" ") {
				continue
			}
			seen++
			begin, ok := f.Body.List[0].(*ast.AssignStmt)
			if ok {
				call, isCall := begin.Rhs[0].(*ast.CallExpr)
				sel, isSel := (*ast.SelectorExpr)(nil), false
				if isCall {
					sel, isSel = call.Fun.(*ast.SelectorExpr)
				}
				ok = isSel && sel.Sel.Name == "acting"
			}
			if !ok {
				t.Errorf("Host.%s does not begin with h.acting(ctx)", f.Name.Name)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d methods change something", seen)
	}
}
