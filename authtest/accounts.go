package authtest

import (
	"crypto/rand"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// Password is that of the accounts that a Kit makes by itself. Every policy and every family's rule accepts it.
const Password = "Plum4Kettle!Orbit"

// Account is an account with the password to sign in with. After a test has changed the password it sets the field,
// too.
type Account struct {
	ID        uuid.UUID
	Number    int64
	Parent    uuid.UUID // [tollkeeper.Root] for a parent
	ParentKey string    // the parent's PublicKey; empty for a parent, and for the app's own users, who have none to name
	PublicKey string
	Email     string
	Username  string // empty: none
	Password  string

	// The session that [Kit.SignUp], [Kit.SignUpBelow] and [Kit.SignUpIn] make, and whom its Token speaks for. Other
	// accounts have none.
	Token    string
	Refresh  string // empty: Config.Refresh is off
	Identity *tollkeeper.Identity
}

// Scope returns where the account lives, by its parent's id.
func (a Account) Scope() tollkeeper.Scope {
	if a.Parent == tollkeeper.Root {
		return tollkeeper.Tenants
	}
	return tollkeeper.Under(a.Parent)
}

// User makes one of the app's own users, with a verified email. Nobody is charged for it.
func (k *Kit) User() Account {
	k.tb.Helper()
	return k.create("user", tollkeeper.AccountSpec{}, nil)
}

// FirstAdmin bootstraps the first admin of the app's own users, who can be asked for again.
func (k *Kit) FirstAdmin() Account {
	k.tb.Helper()
	a, err := k.Auth.Host().Bootstrap(k.tb.Context(), tollkeeper.BootstrapRequest{Email: "first@app.example", Password: Password})
	k.must(err, "bootstrap")
	return made(a, "", Password)
}

// AccountIn makes an account in the scope, whichever that is, with a verified email and as a user. An edit may change
// that first, such as its Email, Role or Password, which the Account then has.
func (k *Kit) AccountIn(in tollkeeper.Scope, edits ...func(*tollkeeper.AccountSpec)) Account {
	k.tb.Helper()
	return k.create("user", tollkeeper.AccountSpec{Scope: in}, edits)
}

// AdminIn is [Kit.AccountIn] with the role of admin: of the app's own users, or below a parent.
func (k *Kit) AdminIn(in tollkeeper.Scope, edits ...func(*tollkeeper.AccountSpec)) Account {
	k.tb.Helper()
	return k.create("admin", tollkeeper.AccountSpec{Scope: in, Role: tollkeeper.RoleAdmin}, edits)
}

// Parent makes a parent with a verified email and the initial credits.
func (k *Kit) Parent() Account {
	k.tb.Helper()
	return k.create("parent", tollkeeper.AccountSpec{Scope: tollkeeper.Tenants}, nil)
}

// Child makes an account below the parent, with a verified email. The parent is not charged for it.
func (k *Kit) Child(parent Account) Account {
	k.tb.Helper()
	return k.create("child", tollkeeper.AccountSpec{Scope: tollkeeper.Under(parent.ID)}, nil)
}

// Admin makes a child that is an admin of its scope.
func (k *Kit) Admin(parent Account) Account {
	k.tb.Helper()
	return k.AdminIn(tollkeeper.Under(parent.ID))
}

func (k *Kit) create(kind string, spec tollkeeper.AccountSpec, edits []func(*tollkeeper.AccountSpec)) Account {
	k.tb.Helper()
	spec.Username = kind + "_" + strings.ToLower(rand.Text()[:12])
	spec.Email, spec.Password, spec.Proven = spec.Username+"@mail.example", Password, true
	for _, edit := range edits {
		edit(&spec)
	}
	a, err := k.Auth.Host().CreateAccount(k.tb.Context(), spec)
	k.must(err, "make a "+kind)
	return made(a, k.parentKey(a), string(spec.Password))
}

// parentKey returns what the account's parent is named by. The app's own users have a parent that is nobody.
func (k *Kit) parentKey(a tollkeeper.Account) string {
	k.tb.Helper()
	if a.Parent == tollkeeper.Root {
		return ""
	}
	s, err := k.Auth.Host().Account(k.tb.Context(), a.Parent)
	k.must(err, "find the parent of "+a.Email)
	if s.Account.House {
		return ""
	}
	return s.Account.PublicKey
}

// SignUp signs a parent up, as anyone can: the email is not verified, the rates count. An edit may change the request
// first, such as its Scope, Audience or Client.
func (k *Kit) SignUp(email, password string, edits ...func(*tollkeeper.SignUpRequest)) Account {
	k.tb.Helper()
	return k.signUp(tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: email, Password: tollkeeper.Password(password)}, edits)
}

// SignUpBelow is [Kit.SignUp] of a child of the parent, who pays for it.
func (k *Kit) SignUpBelow(parent Account, email, password string, edits ...func(*tollkeeper.SignUpRequest)) Account {
	k.tb.Helper()
	return k.SignUpIn(tollkeeper.Under(parent.ID), email, password, edits...)
}

// SignUpIn is [Kit.SignUp] in the scope; the zero one makes one of the app's own users.
func (k *Kit) SignUpIn(in tollkeeper.Scope, email, password string, edits ...func(*tollkeeper.SignUpRequest)) Account {
	k.tb.Helper()
	return k.signUp(tollkeeper.SignUpRequest{Scope: in, Email: email, Password: tollkeeper.Password(password)}, edits)
}

func (k *Kit) signUp(r tollkeeper.SignUpRequest, edits []func(*tollkeeper.SignUpRequest)) Account {
	k.tb.Helper()
	for _, edit := range edits {
		edit(&r)
	}
	res, err := k.Auth.SignUp(k.tb.Context(), r)
	k.must(err, "sign up "+r.Email)
	a := made(res.Subject.Account, k.parentKey(res.Subject.Account), string(r.Password))
	a.Token, a.Refresh, a.Identity = string(res.Token), string(res.Refresh), k.Identity(string(res.Token))
	return a
}

// SignIn signs the account in with its password, as a caller inside the process. An edit may change the request first,
// such as its Audience or Client.
func (k *Kit) SignIn(a Account, edits ...func(*tollkeeper.SignInRequest)) tollkeeper.SignInResult {
	k.tb.Helper()
	r := tollkeeper.SignInRequest{Email: a.Email, Password: tollkeeper.Password(a.Password), Scope: a.Scope()}
	for _, edit := range edits {
		edit(&r)
	}
	res, err := k.Auth.SignIn(k.tb.Context(), r)
	k.must(err, "sign in "+a.Email)
	return res
}

// SignedIn is [Kit.SignIn] for its [Kit.Identity]: the account as the one who acts, in calls that take who does.
func (k *Kit) SignedIn(a Account, edits ...func(*tollkeeper.SignInRequest)) *tollkeeper.Identity {
	k.tb.Helper()
	return k.Identity(string(k.SignIn(a, edits...).Token))
}

// Identity returns whom the token speaks for.
func (k *Kit) Identity(token string) *tollkeeper.Identity {
	k.tb.Helper()
	id, err := k.Auth.Authenticate(k.tb.Context(), tollkeeper.SecretText(token))
	k.must(err, "authenticate")
	return id
}

// made returns the account as a test holds it.
func made(a tollkeeper.Account, parentKey, password string) Account {
	return Account{
		ID: a.ID, Number: a.Number, Parent: a.Parent, ParentKey: parentKey, PublicKey: a.PublicKey,
		Email: a.Email, Username: a.Username, Password: password,
	}
}

func (k *Kit) must(err error, what string) {
	k.tb.Helper()
	if err != nil {
		k.tb.Fatalf("authtest: %s: %v", what, err)
	}
}
