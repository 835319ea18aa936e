package tollkeeper

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// A sign-up without a password: a mail goes to an address that nobody has, and what it brings makes the account. Until
// then the store holds nothing of it but the mail that waits, and marks, as of a network that asked for a code: one of
// the link and one of the code, each owned by what it stands for until it has served. The link carries the rest,
// encrypted.

// invitation is what a link that signs up carries: no address stands in a URL for all to read.
type invitation struct {
	Scope uuid.UUID `json:"s"` // the parent of the account; zero: it is to be a tenant
	Email string    `json:"e"` // as it was written
	Until int64     `json:"x"` // unix milliseconds
	ID    uuid.UUID `json:"d"` // each serves once
}

const (
	boxInvitation  = "invitation"
	markInvitation = "i_" // and longer than any token of a secret
)

// sealInvitation makes the token of a link, without six digits in a row.
func (a *Authenticator) sealInvitation(v invitation) (string, error) {
	for {
		text, err := a.wrap(boxInvitation, v)
		if err != nil {
			return "", err
		}
		if text = markInvitation + text; !sixDigits.MatchString(text) {
			return text, nil
		}
	}
}

const maxInvitation = 1 << 10

// openInvitation reads what sealInvitation made. False: it is no such token.
func (a *Authenticator) openInvitation(token SecretText) (v invitation, ok bool) {
	text, ok := strings.CutPrefix(string(token), markInvitation)
	if !ok || len(text) > maxInvitation {
		return v, false
	}
	return v, a.unwrap(boxInvitation, text, &v)
}

// markOfInvitation is live while the link is: its own, until it has served and is the account's. Whoever has the keys
// and no store makes no link that is good.
func (a *Authenticator) markOfInvitation(v invitation) store.Digest {
	return a.digests.bucket("invitation", v.ID.String())
}

// invite mails whom nobody knows the way to an account, where sign-up is open.
func (w *worker) invite(m store.QueuedMail) (to Account, sent bool, err error) {
	a, now := w.auth, w.auth.now()
	where := scopeOfLookup(m.Lookup)
	if a.maySignUp(where) != nil {
		return to, false, nil
	}
	s, err := a.newcomer(w.ctx, where, m)
	if errors.Is(err, ErrUnknownParent) || errors.Is(err, ErrParentInactive) {
		return to, false, nil
	}
	if err != nil {
		return to, false, err
	}
	out := a.addressed(s, m)
	marks, err := a.letterForNewcomer(&out, s, m, now)
	if err != nil {
		return s.Account, false, err
	}
	defer func() {
		if !sent || err != nil {
			a.forgetMarks(w.ctx, marks)
		}
	}()
	for _, r := range marks {
		if err := a.attempts.Release(w.ctx, r, now); err != nil {
			return s.Account, false, err
		}
	}
	sent, err = w.write(m, out)
	return s.Account, sent, err
}

// letterForNewcomer gives the mail a link, a code, or both, and returns what is to be marked before it is sent.
func (a *Authenticator) letterForNewcomer(out *outgoing, s Subject, m store.QueuedMail, now time.Time) (marks []store.Release, err error) {
	out.data.SignUp = true
	if m.Kind == MailSignInLink {
		v := invitation{s.Account.Parent, s.Account.Email, now.Add(SignInLinkTTL).UnixMilli(), newID()}
		token, err := a.sealInvitation(v)
		if err != nil {
			return nil, err
		}
		out.values = append(out.values, token)
		out.data.Link = a.links(s, a.linksOf(s).SignInLink, "", m.Args[argPath]).Link(token)
		out.data.Lifetime = language.Duration(out.lang, SignInLinkTTL)
		marks = append(marks, store.Release{Marks: []store.Digest{a.markOfInvitation(v)}, Owner: v.ID, Until: now.Add(SignInLinkTTL)})
	}
	if m.Kind == MailSignInCode || m.Args[argCode] != "" {
		code := random.Code()
		out.values = append(out.values, code)
		if out.showCode(code); m.Kind == MailSignInCode {
			out.data.Lifetime = out.data.CodeLifetime
		}
		marks = append(marks, a.knownCode(m, code, now))
	}
	return marks, nil
}

// newcomer is the account that a mail is to bring, with its parent.
func (a *Authenticator) newcomer(ctx context.Context, where Scope, m store.QueuedMail) (s Subject, err error) {
	owner, err := a.ownerOf(ctx, where)
	if err != nil {
		return s, err
	}
	s.Account.Email, s.Account.EmailKey = m.Args[argTyped], m.Lookup.Email
	if owner != nil {
		s.Account.Parent, s.Parent, s.Organization = owner.Account.ID, &owner.Account, owner.Organization
	}
	s.Organization = inNameOf(s)
	return s, nil
}

// knownCode marks a code of a sign-up, for the network that asked and for all others. The mark's owner is the code: a
// later one takes its place, so that one is good at a time, and none of an earlier try of the mail.
func (a *Authenticator) knownCode(m store.QueuedMail, code string, now time.Time) store.Release {
	g := guess{scope: m.Args[argSignUp], email: m.Lookup.Email}
	r := store.Release{Marks: []store.Digest{a.signUpMark(g, store.Digest{})}, Owner: a.codeOfSignUp(g, code), Until: now.Add(CodeTTL)}
	var asker store.Digest
	if n, err := hex.Decode(asker[:], []byte(m.Args[argAsker])); err == nil && n == len(asker) {
		r.Marks = append(r.Marks, a.signUpMark(g, asker))
	}
	return r
}

// forgetMarks ends the life of what no mail brought, where nothing later has taken its place.
func (a *Authenticator) forgetMarks(ctx context.Context, list []store.Release) {
	for _, r := range list {
		for _, mark := range r.Marks {
			if owner, err := a.ownerOfMark(ctx, mark); err == nil && owner == r.Owner {
				a.release(ctx, store.Release{Marks: []store.Digest{mark}, Until: r.Until}) // nobody's
			}
		}
	}
}

// ownerOfMark returns whose mark it is, while it lives. Marks are read beside a bucket: this one refuses nothing.
func (a *Authenticator) ownerOfMark(ctx context.Context, mark store.Digest) (uuid.UUID, error) {
	b := store.Bucket{Key: a.digests.bucket("mark", hex.EncodeToString(mark[:])), Limit: Rate(1, time.Minute), Waive: mark}
	var read hits
	read.add(b, nil)
	d, err := a.ask(ctx, read, a.now())
	if err != nil {
		return uuid.Nil, err
	}
	return d.Outcomes[0].Owner, nil
}

// signUpMark is of the newest code that the asker has had mailed to the address; a zero asker: that anybody has.
func (a *Authenticator) signUpMark(g guess, asker store.Digest) store.Digest {
	return a.digests.bucket("sign-up code of", g.scope, g.email, hex.EncodeToString(asker[:]))
}

// codeOfSignUp is the code as the owner of a mark: a digest with a key, of which nothing can be read.
func (a *Authenticator) codeOfSignUp(g guess, code string) uuid.UUID {
	d := a.digests.bucket("sign-up code", g.scope, g.email, code)
	return uuid.UUID(d[:16])
}

// signUpCodes is what counts tries at codes of sign-ups, beside the row "tries": as many as at a code of an account.
var signUpCodes = throttle{name: "sign-up", way: wayCode, kind: kindRate, limit: func(*Limits) Limit { return Limit{Free: codeTries, Window: askedFor} }}

// signUpTries is the bucket of an asker, or of all others, with the mark that says which code is good.
func (a *Authenticator) signUpTries(g guess, asker store.Digest) store.Bucket {
	return store.Bucket{
		Key:   a.digests.bucket(signUpCodes.name, g.email, hex.EncodeToString(asker[:])),
		Limit: signUpCodes.limit(&a.cfg.Limits), Waive: a.signUpMark(g, asker),
	}
}

// signUpByCode is what becomes of a code that no account has. It is counted whether there is an account, s, or not, and
// a right one is let in no further than a wrong one: the mark tells that it is right, and waives nothing.
func (a *Authenticator) signUpByCode(ctx context.Context, r CodeRequest, s Subject, t *taken, code string, began time.Time) (SignInResult, error) {
	asker, _ := t.asked()
	var tries hits
	tries.add(a.signUpTries(t.guess, asker), &signUpCodes)
	d, err := a.ask(ctx, tries, a.now())
	if err != nil {
		a.release(ctx, t.undecided())
		return SignInResult{}, err
	}
	t.hits, t.decision.Outcomes = t.and(tries), append(t.decision.Outcomes, d.Outcomes...)
	o := d.Outcomes[0]
	right := o.Counted && !o.Marked.IsZero() && o.Owner == a.codeOfSignUp(t.guess, code)
	if !right || s.Account.ID != Root {
		return SignInResult{}, a.failSignIn(ctx, *t, s, nil, began)
	}
	spent := []store.Digest{tries.buckets[0].Waive}
	if asker != (store.Digest{}) {
		spent = append(spent, a.signUpMark(t.guess, store.Digest{}))
	}
	res, err := a.join(ctx, joining{
		email: r.Email, where: r.Scope, audience: r.Audience, client: r.Client, method: "code", captcha: r.Captcha, taken: *t, spent: spent,
	})
	if errors.Is(err, ErrEmailTaken) {
		err = a.failSignIn(ctx, *t, s, nil, began) // by the same code, a moment ago
	}
	return res, err
}

// invited is what a link of a sign-up is for, while it is good.
func (a *Authenticator) invited(ctx context.Context, r LinkRequest, v invitation, now time.Time) (MailedLink, error) {
	if err := a.checkInvitation(ctx, r, v, now); err != nil {
		return MailedLink{}, err
	}
	key, err := emailKey(v.Email)
	if err != nil {
		return MailedLink{}, ErrInvalidLink.WithCause(err)
	}
	_, err = a.subject(ctx, store.Lookup{Email: key, Scope: v.Scope})
	switch {
	case err == nil:
		return MailedLink{}, ErrLinkUsed
	case !errors.Is(err, ErrNotFound):
		return MailedLink{}, err
	}
	return MailedLink{Email: v.Email, SignUp: true}, nil
}

// checkInvitation refuses one of another scope, one that is over, and one that has served: an account that it made and
// that is deleted since is not made again.
func (a *Authenticator) checkInvitation(ctx context.Context, r LinkRequest, v invitation, now time.Time) error {
	parent, err := a.parentIn(ctx, r.Scope)
	if errors.Is(err, ErrUnknownParent) || err == nil && parent != v.Scope {
		return ErrInvalidLink
	}
	if err != nil {
		return err
	}
	if now.UnixMilli() >= v.Until {
		return ErrLinkExpired
	}
	owner, err := a.ownerOfMark(ctx, a.markOfInvitation(v))
	if err == nil && owner != v.ID {
		err = ErrLinkUsed
	}
	return err
}

// signUpByLink makes the account of an invitation.
func (a *Authenticator) signUpByLink(ctx context.Context, r LinkRequest, v invitation, now time.Time) (SignInResult, error) {
	if err := a.checkInvitation(ctx, r, v, now); err != nil {
		return SignInResult{}, err
	}
	served := a.markOfInvitation(v)
	res, err := a.join(ctx, joining{
		email: v.Email, where: r.Scope, audience: r.Audience, client: r.Client, method: "link", captcha: r.Captcha, spent: []store.Digest{served},
		once: store.Once{Digest: served, Until: time.UnixMilli(v.Until).Add(time.Hour)},
	})
	if errors.Is(err, ErrEmailTaken) || errors.Is(err, ErrInvalidChallenge) {
		err = ErrLinkUsed
	}
	return res, err
}

// joining is somebody who has proven a mailbox that nobody has.
type joining struct {
	email    string // as it was written
	where    Scope
	audience Audience
	client   Client
	method   string
	captcha  string
	taken    taken
	spent    []store.Digest
	once     store.Once
}

// join makes the account and its first session, as [Authenticator.SignUp] does: behind the same rate and hook, paid for
// alike. Whoever comes second finds the address taken.
func (a *Authenticator) join(ctx context.Context, j joining) (SignInResult, error) {
	now := a.now()
	s, err := a.makeNewcomer(ctx, j, now)
	if err != nil {
		if !errors.Is(err, ErrEmailTaken) {
			a.release(ctx, j.taken.undecided()) // the proof was right
		}
		return SignInResult{}, err
	}
	t := j.taken
	t.guess = guess{scope: j.where.String(), email: s.Account.EmailKey, audience: j.audience, client: j.client}
	p := attempt{method: j.method, audience: j.audience, client: j.client, taken: t, spent: j.spent, once: j.once}
	return a.finishSignIn(ctx, s, p, now)
}

func (a *Authenticator) makeNewcomer(ctx context.Context, j joining, now time.Time) (Subject, error) {
	if err := a.maySignUp(j.where); err != nil {
		return Subject{}, err
	}
	x, err := a.newAccount(j.email, "", "", now)
	if err != nil {
		return Subject{}, err
	}
	x.PasswordChangedAt, x.EmailVerifiedAt, x.EmailProvenAt = time.Time{}, now, now
	if _, err := a.take(ctx, a.networkHits("sign-up", AudienceHost, j.client, a.cfg.Limits.SignUp), now); err != nil {
		return Subject{}, err
	}
	owner, err := a.ownerOf(ctx, j.where)
	if err != nil {
		return Subject{}, err
	}
	if owner != nil {
		x.Parent = owner.Account.ID
	}
	if err := a.beforeSignUp(ctx, &x, SignUpAttempt{Method: j.method, Captcha: j.captcha, Audience: j.audience, Client: j.client}); err != nil {
		return Subject{}, err
	}
	create := a.opening(x, owner, SignUpRequest{Audience: j.audience, Client: j.client}, now)
	create.Events[0].Method = j.method
	return a.createBelow(ctx, create, owner, j.audience, now)
}
