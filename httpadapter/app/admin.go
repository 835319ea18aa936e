package app

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// adminRoutes are what admins do with the accounts of their scope.
func adminRoutes(prefix string) []family.Route {
	made := family.Choice(func(_ *family.Call, a tollkeeper.Account) family.Answer {
		return family.Answer{Status: http.StatusCreated, Body: userOf(a), Location: prefix + "/admin/users/" + a.ID.String()}
	}, family.Of[user](http.StatusCreated))
	done := family.Empty[family.None]()
	return []family.Route{
		family.On("GET", "/admin/users", family.Query(users, userParams...), family.Accounts, family.JSON(usersShown)).Asks(family.AdminOnly).
			Is("lists users in order of creation"),
		family.On("POST", "/admin/users", family.Body(newUser), family.CreateAccount, made).Asks(family.AdminOnly).
			Is("makes a user, also where sign-up is closed; no mail goes out"),
		family.On("GET", "/admin/users/{id}", family.Nothing(), family.Account, family.JSON(userShown)).Asks(family.AdminOnly).
			Is("one user"),
		family.On("PATCH", "/admin/users/{id}", family.Body(change), family.ChangeAccount, family.JSON(userShown)).Asks(family.AdminOnly).
			Is("gives a user another role, or disables or enables them: one of both"),
		family.On("DELETE", "/admin/users/{id}", family.Nothing(), family.RemoveAccount, done).Asks(family.AdminOnly).
			Is("deletes a user with their personal data"),
		family.On("POST", "/admin/users/{id}/sign-out", family.Nothing(), family.EndSessionsOf, done).Asks(family.AdminOnly).
			Is("ends every session of a user"),
		family.On("POST", "/admin/users/{id}/reset-factors", family.Nothing(), family.ResetFactors, done).Asks(family.AdminOnly).
			Is("takes a user's second factors away, for one who lost them"),
		family.On("POST", "/admin/users/{id}/unlock", family.Nothing(), family.Unlock, done).Asks(family.AdminOnly).
			Is("pardons what failures closed for a user"),
		family.On("GET", "/admin/events", family.Query(allEvents, eventParams...), family.EventsOfScope, family.JSON(eventsShown)).Asks(family.AdminOnly).
			Is("what happened to the users, newest first"),
	}
}

var (
	timeParams = []family.Param{
		{Name: "from", About: "RFC 3339; at or after"}, {Name: "to", About: "RFC 3339; before"},
		{Name: "limit", About: "entries of a page; 50", Max: 100}, {Name: "cursor", About: "next of the page before, with the same parameters"},
	}
	pageParams  = timeParams
	userParams  = append([]family.Param{{Name: "search", About: "prefix of email or username"}}, timeParams...)
	eventParams = append([]family.Param{{Name: "user", About: "id of one user"}, {Name: "name", About: "names of events, separated by commas; at most 100"}}, timeParams...)
)

// page is what timeParams say.
type page struct {
	from, to time.Time
	limit    int
	cursor   string
}

func pageOf(q map[string]string) (p page, err error) {
	if p.from, err = timeOf(q, "from"); err != nil {
		return p, err
	}
	if p.to, err = timeOf(q, "to"); err != nil {
		return p, err
	}
	p.cursor = q["cursor"]
	p.limit, err = family.ListLimit(q["limit"])
	return p, err
}

// timeOf reads a time of the years that JSON can name. Empty is the zero time.
func timeOf(q map[string]string, name string) (time.Time, error) {
	if q[name] == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, q[name])
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, tollkeeper.ErrInvalidInput.WithField(name).WithMessage("Send a time as RFC 3339 has it")
	}
	return t, nil
}

func users(_ *family.Call, q map[string]string) (tollkeeper.AccountQuery, error) {
	p, err := pageOf(q)
	return tollkeeper.AccountQuery{Search: q["search"], From: p.from, To: p.to, Limit: p.limit, Cursor: p.cursor}, err
}

type usersBody struct {
	Users  []user `json:"users"`
	Next   string `json:"next" about:"cursor of the next page; empty: there is none"`
	Total  int64  `json:"total" about:"of all users, whatever the search"`
	Active int64  `json:"active" about:"of all users, seen within 30 days; up to an hour old"`
}

func usersShown(_ *family.Call, p tollkeeper.AccountPage) usersBody {
	shown := make([]user, len(p.Accounts))
	for i, a := range p.Accounts {
		shown[i] = userOf(a)
	}
	return usersBody{shown, p.Next, p.Total, p.Active}
}

type newUserBody struct {
	Email         family.Email `json:"email" need:""`
	Password      string       `json:"password" about:"empty: none; they sign in by a mailed code, or set one"`
	Temporary     bool         `json:"temporary" about:"the password serves only to choose another one"`
	Username      string       `json:"username"`
	Name          string       `json:"name"`
	Role          string       `json:"role" about:"empty: user"`
	EmailVerified bool         `json:"emailVerified" about:"the admin vouches for the address"`
}

func newUser(_ *family.Call, b newUserBody) (tollkeeper.AccountSpec, error) {
	return tollkeeper.AccountSpec{
		Email: string(b.Email), Password: tollkeeper.Password(b.Password), Temporary: b.Temporary, Username: b.Username, Name: b.Name,
		Role: tollkeeper.Role(b.Role), Verified: b.EmailVerified,
	}, nil
}

type userChangeBody struct {
	Role   string `json:"role"`
	Status string `json:"status" enum:"active,disabled"`
}

func change(_ *family.Call, b userChangeBody) (family.AccountChange, error) {
	return family.AccountChange{Role: tollkeeper.Role(b.Role), Status: tollkeeper.Status(b.Status)}, nil
}

func userShown(_ *family.Call, s tollkeeper.Subject) user { return userOf(s.Account) }

func events(_ *family.Call, q map[string]string) (tollkeeper.EventQuery, error) {
	p, err := pageOf(q)
	return tollkeeper.EventQuery{From: p.from, To: p.to, Limit: p.limit, Cursor: p.cursor}, err
}

func allEvents(c *family.Call, q map[string]string) (tollkeeper.EventQuery, error) {
	query, err := events(c, q)
	if text := q["user"]; err == nil && text != "" {
		var ok bool
		if query.Account, ok = family.ParseID(text); !ok {
			return query, tollkeeper.ErrInvalidInput.WithField("user").WithMessage("Send the id of a user")
		}
	}
	if q["name"] != "" {
		for name := range strings.SplitSeq(q["name"], ",") {
			query.Names = append(query.Names, tollkeeper.EventName(name))
		}
	}
	return query, err
}

// accountEvent is what happened, as the account's owner and its admins may know it.
type accountEvent struct {
	ID      uuid.UUID            `json:"id"`
	At      time.Time            `json:"at"`
	Name    tollkeeper.EventName `json:"name" about:"as sign_in or password_changed; more may come"`
	User    *uuid.UUID           `json:"user,omitempty" about:"whom it is about, in the admins' list"`
	By      *uuid.UUID           `json:"by,omitempty" about:"who did it, where that is another, in the admins' list"`
	Method  string               `json:"method,omitempty"`
	Network string               `json:"network,omitempty"`
	Code    tollkeeper.Code      `json:"code,omitempty" about:"of a refusal"`
	Detail  string               `json:"detail,omitempty"`
	Count   int64                `json:"count" about:"how many it stands for"`
	Another bool                 `json:"byAnother,omitempty" about:"somebody else did it"`
}

type accountEventsBody struct {
	Events []accountEvent `json:"events"`
	Next   string         `json:"next" about:"cursor of the page with older ones; empty: there is none"`
}

func eventOf(e tollkeeper.Event) accountEvent {
	return accountEvent{
		ID: e.ID, At: e.At.UTC(), Name: e.Name, Method: e.Method, Network: e.Network, Code: e.Code, Detail: e.Detail, Count: max(1, e.Count),
		Another: e.By != uuid.Nil && e.By != e.Account,
	}
}

// ownEvents does not say who else acted.
func ownEvents(_ *family.Call, p family.EventList) accountEventsBody {
	shown := make([]accountEvent, len(p.Events))
	for i, e := range p.Events {
		shown[i] = eventOf(e)
	}
	return accountEventsBody{shown, p.Next}
}

func eventsShown(_ *family.Call, p family.EventList) accountEventsBody {
	shown := make([]accountEvent, len(p.Events))
	for i, e := range p.Events {
		shown[i] = eventOf(e)
		if e.Account != uuid.Nil {
			shown[i].User = &e.Account
		}
		if e.By != uuid.Nil {
			shown[i].By = &e.By
		}
	}
	return accountEventsBody{shown, p.Next}
}
