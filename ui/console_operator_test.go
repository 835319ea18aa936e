package ui_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/internal/language"
)

func TestOperatorsSeeAllScopes(t *testing.T) {
	kit, b := operated(t)
	user, parent := kit.User(), kit.Parent()
	child := kit.Child(parent)
	b.open("/operator")
	b.sees("/operator/app/users", 200, user.Email, "alice")
	b.follow("Tenants")
	b.sees("/operator/tenants/users", 200, parent.Email)
	b.follow("Users, keys, credits")
	b.sees("/operator/"+parent.ID.String()+"/users", 200, child.Email, parent.Email)
	b.follow(child.Email)
	b.sees("/operator/"+parent.ID.String()+"/users/"+child.ID.String(), 200, "Sessions", child.Email)
	for _, tab := range []string{"Organization", "Keys", "Credits", "Users", "Log", "All tenants"} {
		if b.follow(tab); b.status != 200 {
			t.Errorf("%s: %d\n%s", b.at, b.status, b.body)
		}
	}
	for _, path := range []string{"/operator/log", "/operator/mail", "/operator/health", "/operator/" + parent.ID.String() + "/ledger"} {
		b.open(path)
		b.sees(path, 200)
	}
	if strings.Contains(b.body, "Sign in") {
		t.Error("operators sign in elsewhere")
	}
}

// Who only looks leaves no line in the log; who changes something leaves their name.
func TestOperatorsAreInTheLogByName(t *testing.T) {
	kit, b := operated(t)
	parent := kit.Parent()
	child := kit.Child(parent)
	pages := strings.NewReplacer("{scope}", parent.ID.String(), "{id}", child.ID.String())
	before := len(kit.Events())
	for _, path := range operatorsPages {
		if b.open(pages.Replace(path)); b.status != 200 {
			t.Errorf("%s is %d", path, b.status)
		}
	}
	if got := kit.Events()[before:]; len(got) > 0 {
		t.Errorf("reading is logged: %+v", got)
	}
	at := "/operator/" + parent.ID.String()
	for path, form := range map[string]string{
		at + "/users/" + child.ID.String(): "do=disable", at + "/organization": "do=save&name=Acme", at + "/key": "do=rotate&sure=on",
		at + "/credits": "do=grant&credits=500&key=ticket+7", at + "/new-user": "email=new@mail.example&role=user",
	} {
		if b.send("POST", path, form); b.status != 200 {
			t.Errorf("%s: %d\n%s", path, b.status, b.body)
		}
	}
	changes := kit.Events()[before:]
	if len(changes) < 5 {
		t.Errorf("%+v", changes)
	}
	for _, e := range changes {
		if e.Operator != "alice" {
			t.Errorf("%s is nobody's: %+v", e.Name, e)
		}
	}
	b.open(at + "/log")
	b.sees(at+"/log", 200, "alice Operator", "Account enabled or disabled", child.Email)
	b.open("/operator/log")
	b.sees("/operator/log", 200, "Secret key replaced", parent.Email, "Credits added")
	if got := kit.Balance(parent).Credits; got < 500 {
		t.Errorf("%d credits", got)
	}
}

func TestCreditsAreGivenOnce(t *testing.T) {
	kit, b := operated(t)
	parent := kit.Parent()
	at, before := "/operator/"+parent.ID.String()+"/credits", kit.Balance(parent).Credits
	for range 2 {
		b.open(at)
		b.submit("Give credits", "credits", "70", "key", chosen)
		b.sees(at+"?about=granted", 200, "The credits were added.")
	}
	if got := kit.Balance(parent).Credits - before; got != 70 {
		t.Errorf("%d credits", got)
	}
	for field, c := range map[string][]string{
		"credits": {"Enter a whole number above zero.", "-5", "other"}, "key": {"This reference was used for another amount.", "71", chosen},
	} {
		b.open(at)
		b.submit("Give credits", "credits", c[1], "key", c[2])
		b.sees(at, 422)
		b.wrong(field, c[0])
	}
}

// Mail that fails is seen with its cause, tried again or given up.
func TestMailThatWaits(t *testing.T) {
	var works atomic.Bool
	kit, b := operated(t, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error {
			if works.Load() {
				return nil
			}
			return errors.New("451 <b>mailbox</b> is busy")
		})
	})
	for _, a := range []authtest.Account{kit.User(), kit.User()} {
		if err := kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: a.Email}); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if b.open("/operator/mail?failed=on"); len(b.table()) == 2 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.sees("/operator/mail?failed=on", 200, "Waiting: 2. After a failure: 2.", "451 <b>mailbox</b> is busy", "New password")
	b.submit("Give up")
	b.sees("/operator/mail?about=dropped", 200, "The mail was given up.", "Waiting: 1.")
	stale := b.page.all("form")[0].filled().Encode()
	works.Store(true)
	b.submit("Try now")
	b.sees("/operator/mail?about=retried", 200, "It is tried again now.")
	for range 100 {
		if b.open("/operator/mail"); strings.Contains(b.body, "No mail is waiting.") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.sees("/operator/mail", 200, "No mail is waiting.")
	b.send("POST", "/operator/mail", stale)
	b.sees("/operator/mail", 404, "It is gone already, or is being sent.")
	b.follow("Mail that was given up")
	b.sees("/operator/log?name=mail_dropped", 200, "Mail could not be delivered", "alice")
	b.open("/operator/health")
	b.sees("/operator/health", 200, "Works")
}

func TestTenantsAreMadeAndDeleted(t *testing.T) {
	kit, b := operated(t)
	b.open("/operator/tenants/users")
	b.follow("Add a tenant")
	b.submit("Create the account", "email", "acme@mail.example")
	b.sees(b.at.RequestURI(), 200, "acme@mail.example", "a mail is on its way")
	if strings.Contains(b.body, "Change the role") {
		t.Error("a tenant has a role")
	}
	if kit.LastLink("acme@mail.example", tollkeeper.MailReset) == "" {
		t.Error("no mail went")
	}
	b.follow("Delete")
	b.sees(b.at.RequestURI(), 200, "The tenant and all of its users are deleted at once.")
	b.submit("Delete forever", "typed", "acme@mail.example")
	b.sees("/operator/tenants/users?about=deleted", 200, "Nobody was found.")
}

func TestTheLogIsFiltered(t *testing.T) {
	kit, admin, b := ruled(t)
	a := kit.User()
	kit.SignIn(a)
	kit.Advance(48 * time.Hour)
	b.open("/sign-in")
	b.signIn(admin)
	b.open("/admin/log")
	b.submit("Filter", "name", "sign_in", "account", strings.ToUpper(a.Email))
	if rows := b.table(); len(rows) != 1 || rows[0][2] != a.Email || !strings.HasPrefix(rows[0][1], "Signed in") {
		t.Errorf("%q", rows)
	}
	today := kit.Now().UTC().Format(time.DateOnly)
	b.submit("Filter", "name", "sign_in", "account", "", "from", today, "to", today)
	if rows := b.table(); len(rows) != 1 || rows[0][2] != admin.Email {
		t.Errorf("%q", rows)
	}
	for field, value := range map[string]string{"account": "nobody@mail.example", "from": "yesterday"} {
		b.open("/admin/log")
		b.submit("Filter", field, value)
		if b.alert() == "" || b.field(field).attr("value") != value {
			t.Errorf("%d, %q", b.status, b.alert())
		}
	}
}

// Every event that there is has words.
func TestEventsHaveWords(t *testing.T) {
	_, _, b := ruled(t)
	b.open("/admin/log")
	known := map[string]bool{}
	for _, o := range b.field("name").all("option") {
		known[o.attr("value")] = true
	}
	n := 0
	for _, file := range []string{"../events.go", "../store/event.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(x ast.Node) bool {
			v, ok := x.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Event") {
				return true
			}
			if l, ok := v.Values[0].(*ast.BasicLit); ok {
				if n++; !known[strings.Trim(l.Value, `"`)] {
					t.Errorf("%s has no words", v.Names[0].Name)
				}
			}
			return true
		})
	}
	if n < 40 || n+1 != len(known) {
		t.Errorf("%d events, %d words", n, len(known))
	}
}

// Each page of the console says something else in each language.
func TestTheConsoleSpeaksEveryLanguage(t *testing.T) {
	kit, b := operated(t)
	parent := kit.Parent()
	child := kit.Child(parent)
	pages := strings.NewReplacer("{scope}", parent.ID.String(), "{id}", child.ID.String())
	questions := []string{"/operator/{scope}/key?confirm=rotate"}
	for _, word := range []string{"role", "disable", "sessions", "delete"} {
		questions = append(questions, "/operator/{scope}/users/{id}?confirm="+word)
	}
	for _, path := range slices.Concat(operatorsPages[1:], questions) {
		path = pages.Replace(path)
		if strings.Contains(path, ".csv") {
			continue
		}
		said := map[string]string{}
		for _, lang := range language.Known() {
			b.header.Set("Accept-Language", lang)
			b.open(path)
			if b.status != 200 || b.page.attr("lang") != lang {
				t.Errorf("%s in %s: %d, %q", path, lang, b.status, b.page.attr("lang"))
			}
			text := b.page.all("main")[0].text()
			if other, ok := said[text]; ok {
				t.Errorf("%s is the same in %s and %s", path, lang, other)
			}
			said[text] = lang
		}
	}
}
