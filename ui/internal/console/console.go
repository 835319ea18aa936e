// Package console is the pages on which accounts are looked after: by the admins of a scope, by a parent whose
// children they are, and by the operators of a host. All of them see the same pages; a [reach] says whose accounts
// these are, and by whose authority they are changed.
package console

import (
	"errors"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// Others is what these pages need of those beside them.
type Others struct {
	Limited string                        // where a limited session goes, as [page.Site.URL] takes it
	Prove   func(*page.Visit, Step) error // does a step, or asks for a proof first, by [page.Visit.Instead]
}

// Step is what cannot be taken back, done by who has proved of late who they are.
type Step struct {
	Says, Button string
	Danger       bool
	Kept         []string     // fields of the form that asked for it
	Do           func() error // [tollkeeper.ErrNotRecent]: a proof is missing
}

// console is the pages of one table.
type console struct {
	others Others
	base   string                                                           // before the paths of a scope's pages, as a mux knows it
	reach  func(*console, *page.Visit) (r reach, instead string, err error) // of who asks; instead: where they have to go first
}

// visit is one request for a page of a console.
type visit struct {
	*page.Visit
	reach

	console *console
	area    string // of the page, among the tabs
	instead string // where to go before there is anything to see; empty: nowhere
}

type (
	show func(*visit) (page.Screen, error)
	take func(*visit) (string, error)
)

// Pages are those of whoever is signed in on the pages of the site and rules accounts: an admin, or a parent. They
// stand below base.
func Pages(s *page.Site, base string, o Others) []*page.Page {
	c := &console{others: o, base: s.Prefix + base, reach: ofSession(base)}
	return append(c.scoped(), c.row("", areaUsers, home, nil))
}

// Operators are the pages of a host's operators, whom the guard of the site names.
func Operators(s *page.Site) []*page.Page {
	c := &console{base: s.Prefix + "/{scope}", reach: ofOperator}
	whole := &console{base: s.Prefix, reach: ofWholeStore}
	return append(c.scoped(),
		whole.row("", areaUsers, operatorHome, nil),
		whole.row("/log", areaLog, showLog, nil), whole.file("/log.csv", logFile),
		whole.row("/mail", areaMail, showQueue, changeQueue), whole.file("/mail.csv", queueFile),
		whole.row("/health", areaHealth, showHealth, nil),
	)
}

// scoped are the pages that every scope has, and those of a tenant.
func (c *console) scoped() []*page.Page {
	return []*page.Page{
		c.row("/users", areaUsers, showUsers, nil), c.file("/users.csv", usersFile),
		c.row("/users/{id}", areaUsers, showUser, changeUser),
		c.row("/new-user", areaUsers, showNewUser, createUser),
		c.row("/log", areaLog, showLog, nil), c.file("/log.csv", logFile),
		c.row("/organization", areaOrganization, showOrganization, changeOrganization),
		c.row("/key", areaKey, showKey, rotateKey),
		c.row("/credits", areaCredits, showCredits, grantCredits),
		c.file("/usage.csv", usageFile), c.file("/months.csv", monthsFile), c.file("/packages.csv", packagesFile),
		c.row("/ledger", areaCredits, showLedger, nil), c.file("/ledger.csv", ledgerFile),
	}
}

// row is a page that everybody is kept from who may not see it.
func (c *console) row(path, area string, s show, t take) *page.Page {
	p := &page.Page{Path: c.base + path, Show: func(at *page.Visit) (page.Screen, string) {
		v, instead, err := c.visit(at, area)
		if instead != "" {
			return page.Screen{}, instead
		}
		var seen page.Screen
		if err == nil {
			seen, err = s(v)
		}
		if err != nil {
			return v.problem(err), ""
		}
		return v.framed(seen), v.instead
	}}
	if t == nil {
		return p
	}
	p.Take = func(at *page.Visit) (string, error) {
		v, instead, err := c.visit(at, area)
		if err != nil || instead != "" {
			return instead, err
		}
		to, err := t(v)
		if errors.Is(err, tollkeeper.ErrInvalidToken) && !v.host {
			return v.SignInAgain(typedFields...), nil // the session ended at this moment
		}
		if v.Instead != nil {
			*v.Instead = v.framed(*v.Instead)
		}
		return to, err
	}
	return p
}

// file is a table as CSV, under the same rules.
func (c *console) file(path string, f func(*visit) error) *page.Page {
	return &page.Page{Path: c.base + path, File: func(at *page.Visit) error {
		v, instead, err := c.visit(at, "")
		if err != nil {
			return v.spoken(err)
		}
		if instead != "" {
			http.Redirect(at.W, at.R, instead, http.StatusSeeOther)
			return nil
		}
		return v.spoken(f(v))
	}}
}

func (c *console) visit(at *page.Visit, area string) (v *visit, instead string, err error) {
	v = &visit{Visit: at, console: c, area: area}
	v.reach, instead, err = c.reach(c, at)
	return v, instead, err
}

// typedFields are those of all forms but for passwords. They stay while somebody whose session has ended signs in
// again.
var typedFields = []string{
	"email", "name", "username", "role", "verified", "invite", "typed", "url", "sign-in", "sign-up", "verify", "reset", "update", "resend", "successful",
	"restricted", "factor", typedAuthorized, "issuer", "client", "enabled",
}

// prove does a step by who has proved of late who they are, or asks for that. The guard of operators has seen to it.
func (v *visit) prove(s Step) error {
	do := s.Do
	s.Do = func() (err error) {
		if v.reach, _, err = v.console.reach(v.console, v.Visit); err != nil { // a proof renews the session
			return err
		}
		if err := v.recent(); err != nil {
			return err
		}
		return do()
	}
	if v.host {
		return s.Do()
	}
	return v.console.others.Prove(v.Visit, s)
}

// at is the address of a page of this reach.
func (v *visit) at(path string) string { return v.URL(v.base + path) }

// framed puts the pages of the reach beside a screen.
func (v *visit) framed(seen page.Screen) page.Screen {
	seen.Wide, seen.Tabs = true, v.tabs()
	if v.whose != "" {
		seen.Lead = append([]string{v.whose}, seen.Lead...)
	}
	if key := notices[v.About()]; key != "" && v.Failed == nil {
		seen.Notice = v.T(key)
	}
	return seen
}

// problem is a page that says why there is nothing else on it.
func (v *visit) problem(err error) page.Screen {
	v.Failed = v.FailureOf(v.spoken(err))
	seen := page.Screen{Title: v.T("problem.title")}
	if v.authority == nil { // they may see nothing
		if v.SignIn != "" {
			seen.Links = []page.Link{{URL: v.URL(v.SignIn), Text: v.T("link.sign-in")}}
		}
		return seen
	}
	seen.Wide, seen.Tabs = true, v.tabs()
	return seen
}

// notices are what a page says was done, by the parameter about.
var notices = map[string]string{
	"role": "told.role", "disabled": "told.disabled", "enabled": "told.enabled", "unlocked": "told.unlocked",
	"session": "told.session", "sessions": "told.sessions", "factor": "told.factor", "factors": "told.factors",
	"identity": "told.identity", "deleted": "told.deleted", "created": "told.created", "invited": "told.invited",
	"saved": "told.saved", "granted": "told.granted", "retried": "told.retried", "dropped": "told.dropped",
}

func home(v *visit) (page.Screen, error) { return showUsers(v) }
