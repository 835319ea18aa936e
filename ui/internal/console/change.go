package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// doEndSession is the one change that is made without a question: whoever it puts out signs in again.
const doEndSession = "end-session"

// change is something that is done to an account. It is asked for on a page of its own, and done by that page's form.
type change struct {
	word  string // in the address, and of the form
	about string // what the next page says was done

	offer, title, lead, button string // keys of texts

	fits   func(*visit, *tollkeeper.Account) bool // is offered beside the account; nil: where what it takes away is shown
	fields func(*visit, *tollkeeper.Account) []page.Field
	do     func(*visit, tollkeeper.Subject) error
	danger bool
	fresh  bool // only who has proved of late who they are
}

var changes = []change{
	{
		word: "role", about: "role", offer: "change-role.offer", title: "change-role.title", lead: "change-role.lead", button: "change-role.button",
		fits: func(v *visit, x *tollkeeper.Account) bool { return v.scope != tollkeeper.Root }, fields: roleField, do: setRole, fresh: true,
	},
	{
		word: "disable", about: "disabled", offer: "disable.offer", title: "disable.title", lead: "disable.lead", button: "disable.button",
		fits: isActive, do: statusTo(tollkeeper.StatusDisabled), danger: true,
	},
	{
		word: "enable", about: "enabled", offer: "enable.offer", title: "enable.title", lead: "enable.lead", button: "enable.button",
		fits: func(v *visit, x *tollkeeper.Account) bool { return !isActive(v, x) }, do: statusTo(tollkeeper.StatusActive),
	},
	{
		word: "unlock", about: "unlocked", offer: "unlock.offer", title: "unlock.title", lead: "unlock.lead", button: "unlock.button",
		fits: isActive, do: func(v *visit, s tollkeeper.Subject) error { return v.unlock(v.R.Context(), s.Account.ID) },
	},
	{
		word: "sessions", about: "sessions", offer: "end-sessions.offer", title: "end-sessions.title", lead: "end-sessions.lead", button: "end-sessions.button",
		do: func(v *visit, s tollkeeper.Subject) error { return v.endSessions(v.R.Context(), s.Account.ID) }, danger: true,
	},
	{
		word: "factors", about: "factors", offer: "reset-factors.offer", title: "reset-factors.title", lead: "reset-factors.lead", button: "reset-factors.button",
		fits: func(_ *visit, x *tollkeeper.Account) bool { return x.Factors != 0 }, danger: true, fresh: true,
		do: func(v *visit, s tollkeeper.Subject) error { return v.resetFactors(v.R.Context(), s.Account.ID) },
	},
	{
		word: "factor", about: "factor", title: "remove-factor.title", lead: "remove-factor.lead", button: "remove-factor.button",
		do: removeFactor, danger: true, fresh: true,
	},
	{
		word: "identity", about: "identity", title: "remove-identity.title", lead: "remove-identity.lead", button: "remove-identity.button",
		do: removeIdentity, danger: true, fresh: true,
	},
	{
		word: "delete", about: "deleted", offer: "delete-user.offer", title: "delete-user.title", lead: "delete-user.lead", button: "delete-user.button",
		fits: func(*visit, *tollkeeper.Account) bool { return true }, fields: typedAddress, do: deleteAccount, danger: true, fresh: true,
	},
}

// changeOf returns the change of that word; nil: there is none.
func changeOf(word string) *change {
	i := slices.IndexFunc(changes, func(c change) bool { return c.word == word })
	if i < 0 {
		return nil
	}
	return &changes[i]
}

func isActive(_ *visit, x *tollkeeper.Account) bool { return x.Status == tollkeeper.StatusActive }

// offers lead to the questions about an account.
func (v *visit) offers(s tollkeeper.Subject) (list []page.Link) {
	for i := range changes {
		if c := &changes[i]; c.fits != nil && c.fits(v, &s.Account) {
			list = append(list, v.offer(c, s))
		}
	}
	return list
}

func (v *visit) offer(c *change, s tollkeeper.Subject) page.Link {
	return page.Link{URL: v.URL(v.pathOf(&s.Account)) + "?" + url.Values{"confirm": {c.word}}.Encode(), Text: v.T(c.offer)}
}

// confirming asks whether it is to be done.
func (v *visit) confirming(c *change, s tollkeeper.Subject) (page.Screen, error) {
	lead := c.lead
	if c.word == "delete" && v.scope == tollkeeper.Root {
		lead = "delete-user.tenant"
	}
	seen := page.Screen{Title: v.T(c.title, "{email}", s.Account.Email), Lead: []string{v.T(lead)}}
	if s.Account.ID == v.self {
		return seen, tollkeeper.ErrForbidden
	}
	f := page.Form{Do: c.word, Button: v.T(c.button), Danger: c.danger}
	if c.fields != nil {
		f.Fields = c.fields(v, &s.Account)
	}
	if name := v.Asked("name") + v.Value("name"); name != "" {
		f.Hidden = []page.Hidden{{Name: "name", Value: name}}
	}
	seen.Forms = []page.Form{f}
	seen.Links = []page.Link{{URL: v.URL(v.pathOf(&s.Account)), Text: v.T("link.back")}}
	return seen, nil
}

func roleField(v *visit, x *tollkeeper.Account) []page.Field {
	return []page.Field{{Name: "role", Label: v.T("user.role"), Type: "select", Value: string(x.Role), Choices: v.roles("")}}
}

func typedAddress(v *visit, x *tollkeeper.Account) []page.Field {
	return []page.Field{{Name: "typed", Label: v.T("delete-user.typed"), Hint: v.T("delete-user.hint", "{email}", x.Email), Type: "text", Complete: "off"}}
}

// changeUser does what a form of an account's page asks.
func changeUser(v *visit) (string, error) {
	s, err := v.person()
	if err != nil {
		return "", v.spoken(err)
	}
	if s.Account.ID == v.self {
		return "", v.spoken(tollkeeper.ErrForbidden)
	}
	back := v.URL(v.pathOf(&s.Account))
	if v.Value("do") == doEndSession {
		id, err := uuid.Parse(v.Value("session"))
		if err == nil {
			err = v.endSession(v.R.Context(), s.Account.ID, id)
		}
		return back + "?about=session", v.spoken(err)
	}
	c := changeOf(v.Value("do"))
	if c == nil {
		return "", v.spoken(tollkeeper.ErrNotFound)
	}
	do := func() error { return v.spoken(c.do(v, s)) }
	if c.fresh {
		asked := do
		do = func() error {
			return v.prove(Step{Says: v.T(c.title, "{email}", s.Account.Email), Button: v.T(c.button), Danger: c.danger, Kept: keptFields, Do: asked})
		}
	}
	if err := do(); err != nil || v.Instead != nil {
		return "", err
	}
	if c.word == "delete" {
		back = v.at("/users")
	}
	return back + "?about=" + c.about, nil
}

// keptFields are those of the questions.
var keptFields = []string{"name", "role", "typed"}

func setRole(v *visit, s tollkeeper.Subject) error {
	if v.scope == tollkeeper.Root {
		return tollkeeper.ErrNotFound // what a parent may do stands in no role
	}
	if err := v.Need("role"); err != nil {
		return err
	}
	err := v.setRole(v.R.Context(), s.Account.ID, tollkeeper.Role(v.Value("role")))
	return page.At(err, tollkeeper.ErrInvalidInput, "role", "")
}

func statusTo(to tollkeeper.Status) func(*visit, tollkeeper.Subject) error {
	return func(v *visit, s tollkeeper.Subject) error { return v.setStatus(v.R.Context(), s.Account.ID, to) }
}

func removeFactor(v *visit, s tollkeeper.Subject) error {
	id, err := uuid.Parse(v.Value("name"))
	if err != nil {
		return tollkeeper.ErrNotFound
	}
	return v.removeFactor(v.R.Context(), s.Account.ID, id)
}

func removeIdentity(v *visit, s tollkeeper.Subject) error {
	list, err := v.identities(v.R.Context(), s.Account.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		if identityName(x.Key()) == v.Value("name") {
			return v.removeIdentity(v.R.Context(), s.Account.ID, x.Key())
		}
	}
	return tollkeeper.ErrNotFound
}

func deleteAccount(v *visit, s tollkeeper.Subject) error {
	if err := v.Need("typed"); err != nil {
		return err
	}
	if !strings.EqualFold(v.Value("typed"), s.Account.Email) {
		return page.At(tollkeeper.ErrInvalidInput, tollkeeper.ErrInvalidInput, "typed", "delete-user.wrong")
	}
	return v.removeAccount(v.R.Context(), s.Account.ID)
}
