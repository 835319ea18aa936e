package tollkeeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// A mailbox is verified or proven (docs/WIRE.md 1.4). Verified: its link was opened, by whomever – a scanner of mail
// will do. The account may sign in. Proven: whoever owns the mailbox has shown that the account is theirs. The first
// proof of a mailbox drops what was set up before it, which a stranger may have done – unless the same request shows a
// session or the password of the account: then it is no stranger's.

// Dropped is what the first proof of a mailbox took away. Its owner is told by mail, too.
type Dropped struct {
	Password     bool
	Identities   []store.IssuedKey // linked sign-ins
	TenantKey    bool              // a parent has another one: whoever signed up knew the old one
	Organization bool              // of a parent: its name, URL, pages, issuers, whom it authorized; the domain restriction is on
}

// Any reports whether anything was.
func (d Dropped) Any() bool {
	return d.Password || len(d.Identities) > 0 || d.TenantKey || d.Organization
}

// isOwner reports whether the caller, who need not be anybody, has a session of the account.
func isOwner(by *Identity, x *Account) bool {
	by = by.orNobody()
	return by != nobody && by.Account == x.ID
}

// proveMailbox makes the change a proof of the account's mailbox. keep: the request shows that nothing before it was a
// stranger's. s comes with its credentials. Confirmed factors are never dropped: they are enrolled on proven mailboxes
// only.
func (a *Authenticator) proveMailbox(c *store.Change, s Subject, keep bool, e Event, now time.Time) Dropped {
	x := &c.Account
	if !x.EmailProvenAt.IsZero() {
		return Dropped{}
	}
	if x.EmailVerifiedAt.IsZero() {
		verified := e
		verified.Name = EventEmailVerified
		x.EmailVerifiedAt = now
		c.Events = append(c.Events, verified)
	}
	x.EmailProvenAt = now
	e.Name = EventEmailProven
	if keep {
		c.Events = append(c.Events, e)
		return Dropped{}
	}
	d := a.drop(c, s)
	if d.Any() {
		e.Detail = "dropped"
	}
	c.Events = append(c.Events, e)
	return d
}

// drop takes from the account all that leads into it but its mailbox, and from its organization all that leads others
// somewhere, and tells what that was, its owner by mail.
func (a *Authenticator) drop(c *store.Change, s Subject) Dropped {
	x := &c.Account
	d := Dropped{Password: s.Account.Password != ""}
	for _, l := range s.Linked {
		d.Identities = append(d.Identities, l.Key())
	}
	x.Password, x.PasswordHistory = "", nil
	x.PasswordTemporary, x.PasswordChangedAt = false, time.Time{} // there is none any more that could be changed
	c.Unlink = slices.Clone(d.Identities)
	if d.TenantKey = x.Parent == Root; d.TenantKey {
		x.KeyMaster, x.KeyVersion = a.keys.CurrentMaster(), x.KeyVersion+1
	}
	if x.Organization != nil {
		x.Organization, d.Organization = unchosen(*x.Organization)
	}
	c.EndSessions, c.KeepSession, c.Void = true, [16]byte{}, allPurposes // pending factors end with the sessions
	if d.Any() {
		c.Mail = append(c.Mail, a.noticeOf(s, d)...)
	}
	return d
}

// unchosen is the organization without what acts on others in its owner's name: what stands in mails, where it leads,
// whose word counts, whom it lets in. What asks more of its users stays, as the count does. It reports whether there
// was anything.
func unchosen(o Organization) (*Organization, bool) {
	chosen := o.Name != "" || o.URL != "" || o.AuthURLs != (AuthURLs{}) || !o.DomainRestriction || len(o.Issuers) > 0 || len(o.Authorized) > 0
	return &Organization{
		DomainRestriction: true, VerificationRequired: o.VerificationRequired, FactorRequired: o.FactorRequired, UpdateCount: o.UpdateCount,
	}, chosen
}

// selfNow is self for what outlives a session: [ErrInvalidToken] also for one that has ended since it was looked at. A
// request may be slow, and a process may be allowed to answer by what it remembers; what a stranger's session still
// asks for would stay after its owner has ended it. The account is read first: what ends sessions after that moves its
// version, and the change that comes of it is lost.
func (a *Authenticator) selfNow(ctx context.Context, by *Identity) (Subject, error) {
	s, err := a.self(ctx, by)
	if err == nil {
		err = a.stillIn(ctx, by)
	}
	return s, err
}

// credentialsNow is selfNow with the account's credentials.
func (a *Authenticator) credentialsNow(ctx context.Context, by *Identity) (Subject, error) {
	s, err := a.withCredentials(ctx, by)
	if err == nil {
		err = a.stillIn(ctx, by)
	}
	return s, err
}

// stillIn returns [ErrInvalidToken] if the caller's session has ended. Who has none has shown something else.
func (a *Authenticator) stillIn(ctx context.Context, by *Identity) error {
	if by.Session == ([16]byte{}) {
		return nil
	}
	_, err := a.store.Session(ctx, by.Session, a.now())
	if errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// mayGive refuses the role of admin from a parent whose mailbox nobody has proven: an admin of a stranger's would rule
// the users of the owner who comes. The host gives it on its own word.
func (a *Authenticator) mayGive(ctx context.Context, by *Identity, role Role) error {
	if role != RoleAdmin || by == hostItself || !by.IsParent() || by.Proven {
		return nil
	}
	s, err := a.selfNow(ctx, by)
	if err == nil && s.Account.EmailProvenAt.IsZero() {
		return ErrUnverified
	}
	return err
}

// mailedPurposes are the secrets that a change of password voids: all but recovery codes (R32).
var mailedPurposes = []store.Purpose{store.PurposeSignIn, store.PurposeReset, store.PurposeVerify, store.PurposeChangeEmail}

var allPurposes = append([]store.Purpose{store.PurposeRecovery}, mailedPurposes...)

// ownWord is how a request shows, beside a mailed secret, that it is the account's owner's: by a session or the
// password.
type ownWord struct {
	by       *Identity
	password Password
	client   Client
}

// check proves it: a wrong password is [ErrInvalidCredentials] and counts as at a confirmation. A session that is
// limited, and not good for what, is [ErrLimitedSession].
func (a *Authenticator) check(ctx context.Context, w ownWord, x *Account, what business) (bool, error) {
	if isOwner(w.by, x) {
		if err := w.by.may(what); err != nil {
			return false, err
		}
		return w.by.Session != [16]byte{}, a.stillIn(ctx, w.by)
	}
	if w.password == "" {
		return false, nil
	}
	_, err := a.confirm(ctx, &Identity{Account: x.ID, Parent: x.Parent}, w.password, w.client)
	return err == nil, err
}
