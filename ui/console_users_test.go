package ui_test

import (
	"encoding/csv"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// pageOf is where an admin sees an account.
func pageOf(a authtest.Account) string { return "/admin/users/" + a.ID.String() }

// table is the text of each cell of the first table.
func (b *browser) table() (rows [][]string) {
	b.t.Helper()
	tables := b.page.all("table")
	if len(tables) == 0 {
		return nil
	}
	for _, tr := range tables[0].all("tr")[1:] {
		var cells []string
		for _, td := range tr.all("td") {
			cells = append(cells, td.text())
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestUsersAreFound(t *testing.T) {
	kit, admin, b := ruled(t)
	kit.Advance(time.Second)
	var made []authtest.Account
	for i := range 60 {
		made = append(made, kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) {
			s.Email, s.Verified, s.Proven = "p"+strconv.Itoa(100+i)+"@mail.example", false, false
		}))
		kit.Advance(time.Second)
	}
	if err := kit.Auth.Host().SetStatus(t.Context(), made[7].ID, tollkeeper.StatusDisabled); err != nil {
		t.Fatal(err)
	}
	b.open("/admin/users")
	b.sees("/admin/users", 200, "Users: 61.", "Not confirmed")
	if rows := b.table(); len(rows) != 50 || !strings.HasPrefix(rows[0][0], made[59].Email) {
		t.Errorf("%d rows, from %q", len(rows), rows[0])
	}
	b.follow("Next page")
	if rows := b.table(); len(rows) != 11 || !strings.HasPrefix(rows[10][0], admin.Email) {
		t.Errorf("%d rows, to %q", len(rows), rows)
	}
	b.follow("First page")
	b.sees("/admin/users", 200, made[59].Email)
	for _, c := range []struct {
		pairs []string
		want  []string
	}{
		{[]string{"q", "P10"}, []string{"p109", "p108", "p107", "p106", "p105", "p104", "p103", "p102", "p101", "p100"}},
		{[]string{"q", "p10", "status", "disabled"}, []string{"p107"}},
		{[]string{"q", made[3].Username}, []string{"p103"}},
		{[]string{"q", "nobody"}, nil},
		{[]string{"role", "admin"}, []string{admin.Email}},
		{[]string{"role", "guest"}, nil},
	} {
		b.open("/admin/users")
		b.submit("Search", c.pairs...)
		rows := b.table()
		for i := range rows {
			if len(rows) != len(c.want) || !strings.HasPrefix(rows[i][0], c.want[i]) {
				t.Errorf("%q finds %q", c.pairs, rows)
				break
			}
		}
		if len(rows) != len(c.want) {
			t.Errorf("%q finds %d", c.pairs, len(rows))
		}
		if got := b.field(c.pairs[0]); got.attr("value") != c.pairs[1] && !strings.Contains(b.body, `value="`+c.pairs[1]+`" selected`) {
			t.Errorf("%q is not in the form any more", c.pairs)
		}
	}
	b.open("/admin/users?role=emperor")
	b.sees("/admin/users?role=emperor", 422)
	b.open("/admin/users?after=x")
	b.sees("/admin/users?after=x", 422, "Start from its beginning.")
}

// Every change of an account that an admin may make, asked for first, done by a form, and told of.
func TestAccountsAreChanged(t *testing.T) {
	kit, _, b := ruled(t)
	a := kit.User()
	kit.EnrolFactor(a)
	b.open(pageOf(a))
	b.sees(pageOf(a), 200, "Signed in", "Authenticator app", "Second factors")
	for _, step := range []struct {
		way, button, told string
		done              func(tollkeeper.Subject) bool
		pairs             []string
	}{
		{"Change the role", "Change the role", "The role was changed.", func(s tollkeeper.Subject) bool { return s.Account.Role == tollkeeper.RoleGuest }, []string{"role", "guest"}},
		{"Disable", "Disable", "The account is disabled.", func(s tollkeeper.Subject) bool { return s.Account.Status == tollkeeper.StatusDisabled }, nil},
		{"Enable", "Enable", "The account is enabled.", func(s tollkeeper.Subject) bool { return s.Account.Status == tollkeeper.StatusActive }, nil},
		{"Clear failed attempts", "Clear them", "The failed attempts were cleared.", func(tollkeeper.Subject) bool { return len(kit.Events(tollkeeper.EventUnlocked)) == 1 }, nil},
		{"Remove all second factors", "Remove all", "All second factors were removed.", func(s tollkeeper.Subject) bool { return s.Account.Factors == 0 }, nil},
	} {
		b.follow(step.way)
		if !strings.Contains(b.page.all("h1")[0].text(), a.Email) {
			t.Errorf("%s does not say of whom: %q", step.way, b.page.all("h1")[0].text())
		}
		b.submit(step.button, step.pairs...)
		if b.status != 200 || b.at.Path != pageOf(a) || !strings.Contains(b.body, step.told) {
			t.Fatalf("%s: %d at %s:\n%s", step.way, b.status, b.at, b.body)
		}
		s, err := kit.Auth.Host().Account(t.Context(), a.ID)
		if err != nil || !step.done(s) {
			t.Errorf("%s changed nothing: %v", step.way, err)
		}
	}
	b.follow("Delete")
	b.submit("Delete forever", "typed", "somebody@else.example")
	b.sees(pageOf(a), 422)
	b.wrong("typed", "This is another address.")
	b.submit("Delete forever", "typed", " "+strings.ToUpper(a.Email))
	b.sees("/admin/users?about=deleted", 200, "The account was deleted.")
	if strings.Contains(b.body, a.Email) {
		t.Error("it is still there")
	}
	b.open(pageOf(a))
	b.sees(pageOf(a), 404, "There is no such thing here.")
}

func TestSessionsAndWaysInAreTakenAway(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	admin, b := kit.FirstAdmin(), browse(t, mux)
	b.open("/sign-in")
	b.signIn(admin)
	a := kit.User()
	passkey := kit.Passkey()
	kit.AddPasskey(a, passkey)
	other := kit.User()
	kit.EnrolFactor(other)
	factors, err := kit.Auth.Host().Factors(t.Context(), other.ID)
	if err != nil {
		t.Fatal(err)
	}
	one := kit.SignInWithPasskey(passkey, tollkeeper.Scope{})
	for range 2 {
		kit.SignInWithPasskey(passkey, tollkeeper.Scope{})
	}
	b.open(pageOf(a))
	before := len(b.table())
	b.submit("End")
	b.sees(pageOf(a)+"?about=session", 200, "The session has ended.")
	if got := len(b.table()); got != before-1 {
		t.Errorf("%d sessions of %d", got, before)
	}
	b.follow("End all sessions")
	b.submit("End all sessions")
	b.sees(pageOf(a)+"?about=sessions", 200, "Not signed in anywhere.")
	if _, err := kit.Auth.Authenticate(t.Context(), one.Token); err == nil {
		t.Error("a session goes on")
	}
	b.follow("Remove")
	b.submit("Remove")
	b.sees(pageOf(a)+"?about=factor", 200, "It was removed.")
	if strings.Contains(b.body, "confirm=factor") {
		t.Error("the passkey is still there")
	}
	b.send("POST", pageOf(a), "do=factor&name="+factors[0].ID.String())
	b.sees(pageOf(a), 404, "There is no such thing here.")
	b.send("POST", pageOf(a), "do=nothing")
	b.sees(pageOf(a), 404, "There is no such thing here.")
}

func TestAnAdminKeepsTheLastOne(t *testing.T) {
	_, first, b := ruled(t)
	b.open(pageOf(first))
	b.sees(pageOf(first), 200, "This is your own account.")
	if strings.Contains(b.body, "confirm=") {
		t.Error("there are ways to change it")
	}
	b.send("POST", pageOf(first), "do=disable")
	b.sees(pageOf(first), 403, "You may not do this.")

	parent, p, c := tenancy(t)
	only := parent.Admin(p)
	for form, word := range map[string]string{"do=role&role=user": "role", "do=disable": "disable", "do=delete&typed=" + url.QueryEscape(only.Email): "delete"} {
		c.send("POST", pageOf(only), form)
		c.sees(pageOf(only), 403, "This is the last admin. Make somebody else an admin first.")
		if got := c.field("do").attr("value"); got != word {
			t.Errorf("the form of %s is not shown again: %q", word, got)
		}
	}
}

// What cannot be taken back is done by who has proved of late who they are; who has not is asked for that, and it is
// done by the answer.
func TestAFreshProofIsAsked(t *testing.T) {
	kit, admin, b := ruled(t)
	a := kit.User()
	kit.EnrolFactor(a)
	kit.Advance(6 * time.Minute)
	for _, word := range []string{"role", "factors", "factor", "identity", "delete"} {
		b.send("POST", pageOf(a), "do="+word+"&role=admin&typed="+url.QueryEscape(a.Email))
		b.sees(pageOf(a), 200, "Is it you?", a.Email)
	}
	if got := kit.Events(tollkeeper.EventRoleChanged, tollkeeper.EventAccountDeleted); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	b.open(pageOf(a) + "?confirm=delete")
	b.submit("Delete forever", "typed", a.Email)
	b.submit("Delete forever", "proof-password", "wrong")
	b.sees(pageOf(a), 401)
	b.wrong("proof-password", "This is not the password of the account.")
	b.submit("Delete forever", "proof-password", admin.Password)
	b.sees("/admin/users?about=deleted", 200)
	kit.Advance(6 * time.Minute)
	b.open("/admin/new-user")
	b.submit("Create the account", "email", "eve@mail.example", "role", "admin", "password", another)
	b.sees("/admin/new-user", 403)
	b.wrong("password", "An admin chooses their own password: leave this empty.")
	b.submit("Create the account", "name", "Eve")
	b.sees("/admin/new-user", 200, "Make eve@mail.example an admin?")
	b.submit("Create the account", "proof-password", admin.Password)
	b.sees(b.at.RequestURI(), 200, "eve@mail.example", "Eve", "Admin", "a mail is on its way")
}

// A form that is sent when the session has ended is there again after signing in, and nothing is done by that.
func TestWhatAnAdminTypedStaysWhenTheSessionEnds(t *testing.T) {
	kit, admin, b := ruled(t)
	b.open("/admin/new-user")
	if err := kit.Auth.Host().EndSessions(t.Context(), admin.ID); err != nil {
		t.Fatal(err)
	}
	b.submit("Create the account", "email", "eve@mail.example", "name", chosen, "password", another)
	b.sees("/sign-in?about=ended&next=%2Fadmin%2Fnew-user", 200)
	b.signIn(admin)
	b.sees("/admin/new-user", 200)
	if b.field("email").attr("value") != "eve@mail.example" || b.field("name").attr("value") != chosen || b.field("password").attr("value") != "" {
		t.Errorf("what was typed is gone:\n%s", b.body)
	}
}

func TestUsersAreCreated(t *testing.T) {
	kit, admin, b := ruled(t)
	b.open("/admin/users")
	b.follow("Add a user")
	b.submit("Create the account", "email", "eve@mail.example", "name", "Eve", "username", "eve_1", "verified", "on")
	b.sees(b.at.RequestURI(), 200, "a mail is on its way", "eve@mail.example", "Eve", "Confirmed")
	if kit.LastLink("eve@mail.example", tollkeeper.MailReset) == "" {
		t.Error("no mail went")
	}
	for field, c := range map[string][]string{
		"email": {"There is already an account with this address.", "email", admin.Email},
		"":      {"", "email", "x"},
	} {
		b.open("/admin/new-user")
		b.submit("", c[1:]...)
		if field == "" {
			b.wrong("email", "This is not an email address.")
		} else {
			b.wrong(field, c[0])
		}
	}
	b.open("/admin/new-user")
	b.submit("", "email", "bo@mail.example", "username", "EVE_1")
	b.wrong("username", "Somebody has this username already.")
	b.submit("", "username", "bo", "password", "password")
	b.wrong("password", "Many people use this password. Choose another one.")
	if b.field("email").attr("value") != "bo@mail.example" {
		t.Error("what was typed is gone")
	}
	b.submit("", "username", "bo_2", "password", another, "invite", unticked)
	b.sees(b.at.RequestURI(), 200, "The account was created.", "Not confirmed")
	house, _ := tollkeeper.Scope{}.ID()
	bo := kit.SignIn(authtest.Account{Parent: house, Email: "bo@mail.example", Password: another})
	if bo.Limited != tollkeeper.LimitedPassword {
		t.Errorf("a password that somebody else chose is good for %q", bo.Limited)
	}
}

// chosen is what people may write wherever they write.
const chosen = `<b>"x' & co</b>`

// What people choose is shown as it is written, and no spreadsheet runs it.
func TestWhatPeopleChooseIsText(t *testing.T) {
	kit, _, b := ruled(t)
	kit.Advance(time.Second)
	a := kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) {
		s.Name, s.Metadata = "=cmd|'/c calc'!A1"+chosen, json.RawMessage(`{"plan":"<script>alert(1)</script>"}`)
	})
	kit.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Client.Agent = chosen })
	b.open(pageOf(a))
	b.sees(pageOf(a), 200, chosen, `{"plan":"<script>alert(1)</script>"}`)
	b.open("/admin/users")
	b.sees("/admin/users", 200, chosen)
	for _, path := range []string{"/admin/users?q=", "/admin/log?account=", "/admin/log?name=", "/admin/log?from=", "/admin/users?role="} {
		b.open(path + url.QueryEscape(`"><script>alert(1)</script>`)) // every page that a browser shows is searched for elements
	}
	b.open("/admin/users.csv")
	if b.answer.Get("Content-Type") != "text/csv; charset=utf-8" || b.answer.Get("Content-Disposition") != `attachment; filename="users.csv"` ||
		b.answer.Get("Cache-Control") != "no-store" || b.answer.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", b.answer)
	}
	rows, err := csv.NewReader(strings.NewReader(b.body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "id" || rows[1][4] != "'=cmd|'/c calc'!A1"+chosen {
		t.Errorf("%v: %q", err, rows)
	}
}

func TestFilesHaveEveryRow(t *testing.T) {
	kit, _, b := ruled(t)
	for range 205 {
		kit.User()
	}
	b.open("/admin/users?q=user_")
	b.follow("Download as CSV")
	rows, err := csv.NewReader(strings.NewReader(b.body)).ReadAll()
	if err != nil || len(rows) != 206 {
		t.Errorf("%d rows: %v", len(rows), err)
	}
	b.open("/admin/log.csv?name=account_created")
	if rows, err = csv.NewReader(strings.NewReader(b.body)).ReadAll(); err != nil || len(rows) != 207 || rows[1][1] != "account_created" {
		t.Errorf("%d rows: %v", len(rows), err)
	}
}
