package organization

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// identityRoutes are linked sign-ins and the log of the caller's account, in the organization family's envelope (ours).
var identityRoutes = []family.Route{
	family.On("GET", "/auth/identities", family.Nothing(), family.Identities, enveloped(identitiesShown)).
		Is("the caller's linked sign-ins").Asks(family.SignedIn),
	family.On("POST", "/auth/identities/remove",
		family.Body(identityRemoval), family.RemoveIdentity, says("Linked sign-in removed")).
		Is("takes one of the caller's linked sign-ins away").Asks(family.SignedIn).
		Saying(wrongPassword, family.At(tollkeeper.ErrNotFound, 404, "IDENTITY_NOT_FOUND", "Linked sign-in not found")),
	family.On("GET", "/auth/events", family.Query(eventsQuery, pageParams...), family.Events, enveloped(eventsShown)).
		Is("what happened to the caller's account, newest first, page by page").Asks(family.SignedIn).
		Saying(dateReplies...),
}

// identityNamed names a linked sign-in.
type identityNamed struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

type identityRemovalBody struct {
	Issuer   string `json:"issuer" need:"Issuer and subject are required"`
	Subject  string `json:"subject" need:"Issuer and subject are required"`
	Password string `json:"password"`
}

func identityRemoval(_ *family.Call, b identityRemovalBody) (tollkeeper.IdentityRemoval, error) {
	return tollkeeper.IdentityRemoval{Identity: tollkeeper.IssuedKey{Issuer: b.Issuer, Subject: b.Subject}, Password: tollkeeper.Password(b.Password)}, nil
}

type identity struct {
	Issuer   string     `json:"issuer"`
	Subject  string     `json:"subject"`
	Email    textOrNull `json:"email"`
	LinkedAt int64      `json:"linkedAt" about:"unix seconds"`
	LastUsed *int64     `json:"lastUsed" about:"likewise; null: never"`
}

type identitiesBody struct {
	Identities []identity `json:"identities"`
}

func identitiesShown(_ *family.Call, list []tollkeeper.Linked) identitiesBody {
	shown := make([]identity, len(list))
	for i, l := range list {
		shown[i] = identity{l.Issuer, l.Subject, textOrNull(l.Email), l.LinkedAt.Unix(), unix(l.UsedAt)}
	}
	return identitiesBody{shown}
}

func eventsQuery(_ *family.Call, q map[string]string) (tollkeeper.EventQuery, error) {
	p, err := pageOf(q)
	return tollkeeper.EventQuery{From: p.From, To: p.To, Limit: p.Limit, Cursor: p.Cursor}, err
}

// shownEvent is what happened, as the account's owner may know it: who else acted, and what it cost a parent, is not
// theirs to know.
type shownEvent struct {
	ID        uuid.UUID            `json:"id"`
	At        string               `json:"at"`
	Name      tollkeeper.EventName `json:"name"`
	Family    tollkeeper.Audience  `json:"family,omitempty"`
	Method    string               `json:"method,omitempty"`
	Network   string               `json:"network,omitempty"`
	Code      tollkeeper.Code      `json:"code,omitempty"`
	Detail    string               `json:"detail,omitempty"`
	Count     int64                `json:"count"`
	ByAnother bool                 `json:"byAnother,omitempty"`
}

type eventsBody struct {
	Events     []shownEvent `json:"events"`
	Pagination pagination   `json:"pagination"`
}

func eventsShown(c *family.Call, list family.EventList) eventsBody {
	shown := make([]shownEvent, len(list.Events))
	for i, e := range list.Events {
		shown[i] = shownEvent{
			e.ID, e.At.UTC().Format(isoMillis), e.Name, e.Audience, e.Method, e.Network, e.Code, e.Detail, max(1, e.Count),
			e.By != uuid.Nil && e.By != c.Identity().Account,
		}
	}
	return eventsBody{shown, pagination{list.Limit, list.Next != "", textOrNull(list.Next)}}
}
