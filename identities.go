package tollkeeper

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func isLinked(s Subject, key IssuedKey) bool {
	return slices.ContainsFunc(s.Linked, func(l Linked) bool { return l.Key() == key })
}

func linkedElsewhere(s Subject, issuer string) bool {
	return slices.ContainsFunc(s.Linked, func(l Linked) bool { return l.Issuer == issuer })
}

// linking is the change that links an identity, and the event of it, without its detail.
func (a *Authenticator) linking(s Subject, l Linked, from Client) (store.Change, Event) {
	e := about(&s.Account, EventIdentityLinked)
	e.Network, e.Method = from.network(), "identity"
	linked := e
	linked.Detail = l.Issuer
	return store.Change{Account: s.Account, Link: []Linked{l}, Effects: store.Effects{Events: []Event{linked}, Mail: a.notice(s, noticeIdentity)}}, e
}

// linkLater links what the first step of a sign-in showed, once the second has ended it. Best effort: what is not
// linked now is at the next sign-in.
func (a *Authenticator) linkLater(ctx context.Context, account uuid.UUID, l Linked, from Client) {
	ctx, cancel := bestEffort(ctx)
	defer cancel()
	err := a.retry(func() error {
		s, err := a.subject(ctx, store.Lookup{ID: account, Credentials: true})
		if err != nil || isLinked(s, l.Key()) || linkedElsewhere(s, l.Issuer) {
			return err
		}
		c, _ := a.linking(s, l, from)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
	if err != nil {
		a.cfg.Logger.Warn("tollkeeper: identity not linked", "account", account, "error", err)
	}
}

// Identities lists who the caller is to other issuers, in the order in which they were linked.
func (a *Authenticator) Identities(ctx context.Context, by *Identity) ([]Linked, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return nil, err
	}
	s, err := a.withCredentials(ctx, by)
	return s.Linked, err
}

// IdentityRemoval takes a linked sign-in away.
type IdentityRemoval struct {
	Identity IssuedKey
	Password Password // fresh proof, as in [Authenticator.EnrolFactor]; empty: the session was proved within five minutes
	Client   Client
}

// RemoveIdentity takes one of the caller's linked sign-ins away. Other sessions end, and the owner is told by mail.
// [ErrNotFound]: there is no such one; [ErrLastWayIn]: nothing else leads into the account; [ErrNotRecent],
// [ErrInvalidCredentials], [ErrLocked].
func (a *Authenticator) RemoveIdentity(ctx context.Context, by *Identity, r IdentityRemoval) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if _, err := a.fresh(ctx, by, r.Password, r.Client); err != nil {
		return err
	}
	return a.retry(func() error {
		s, err := a.credentialsNow(ctx, by)
		if err != nil {
			return err
		}
		if !isLinked(s, r.Identity) {
			return ErrNotFound
		}
		c := store.Change{Account: s.Account, Unlink: []IssuedKey{r.Identity}, EndSessions: true, KeepSession: by.Session}
		if !a.waysAfter(s, c).any() {
			return ErrLastWayIn
		}
		e := about(&s.Account, EventIdentityRemoved)
		e.Network, e.Detail = r.Client.network(), r.Identity.Issuer
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeIdentity)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}
