package httpadapter

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// identityRoutes are linked sign-ins and the log of the caller's account, in the organization family's envelope (ours).
var identityRoutes = []route{
	on("GET", "/auth/identities", noBody, identities, identitiesShown).asks(signedIn),
	on("POST", "/auth/identities/remove", identityBody, removeIdentity, organizationSays("Linked sign-in removed")).asks(signedIn).
		saying(wrongPassword, at(tollkeeper.ErrNotFound, 404, "IDENTITY_NOT_FOUND", "Linked sign-in not found")),
	on("GET", "/auth/events", eventsQuery, events, eventsShown).asks(signedIn).saying(dateReplies...),
}

// identityNamed names a linked sign-in.
type identityNamed struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

func identityBody(c *call) (tollkeeper.IdentityRemoval, error) {
	b, err := body[struct {
		Issuer   string `json:"issuer"`
		Subject  string `json:"subject"`
		Password string `json:"password"`
	}](c)
	if err == nil && (b.Issuer == "" || b.Subject == "") {
		err = missing("Issuer and subject are required")
	}
	return tollkeeper.IdentityRemoval{Identity: tollkeeper.IssuedKey{Issuer: b.Issuer, Subject: b.Subject}, Password: tollkeeper.Password(b.Password)}, err
}

func identitiesShown(_ *call, list []tollkeeper.Linked) answer {
	type identity struct {
		Issuer   string     `json:"issuer"`
		Subject  string     `json:"subject"`
		Email    textOrNull `json:"email"`
		LinkedAt int64      `json:"linkedAt"` // unix seconds
		LastUsed *int64     `json:"lastUsed"` // likewise; null: never
	}
	shown := make([]identity, len(list))
	for i, l := range list {
		shown[i] = identity{l.Issuer, l.Subject, textOrNull(l.Email), l.LinkedAt.Unix(), unix(l.UsedAt)}
	}
	return enveloped(struct {
		Identities []identity `json:"identities"`
	}{shown})
}

func eventsQuery(c *call) (tollkeeper.EventQuery, error) {
	var list tollkeeper.EventQuery
	q, err := c.query("startDate", "endDate", "limit", "lastKey")
	if err != nil {
		return list, err
	}
	list.Cursor = q["lastKey"]
	if list.From, _, err = moment(q["startDate"], "Start date must be a valid timestamp"); err != nil {
		return list, err
	}
	if _, list.To, err = moment(q["endDate"], "End date must be a valid timestamp"); err != nil {
		return list, err
	}
	list.Limit, err = listLimit(q["limit"])
	return list, err
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

func eventsShown(c *call, list eventList) answer {
	shown := make([]shownEvent, len(list.Events))
	for i, e := range list.Events {
		shown[i] = shownEvent{
			e.ID, e.At.UTC().Format(isoMillis), e.Name, e.Audience, e.Method, e.Network, e.Code, e.Detail, max(1, e.Count),
			e.By != uuid.Nil && e.By != c.id.Account,
		}
	}
	return enveloped(struct {
		Events     []shownEvent `json:"events"`
		Pagination pagination   `json:"pagination"`
	}{shown, pagination{list.limit, list.Next != "", textOrNull(list.Next)}})
}
