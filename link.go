package tollkeeper

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// SignInLinkTTL is how long a mailed link that signs in is good for.
const SignInLinkTTL = 15 * time.Minute

// boundLink tells the digest of a link from that of a code, which is bound to an address. Both are secrets of one
// purpose, so that either uses up all of them in the one step in which it is compared.
const boundLink = "link"

// RequestLink mails a link to sign in with, and with WithCode a one-time code beside it. In all else it is
// [Authenticator.RequestCode]: the same answer for every address, the same errors ([ErrInvalidInput] also for the link
// path), and the same rates, which count both together.
//
// The session goes to the browser that shows the token, and to no other. Nothing that waits elsewhere is let in by a
// press of the button: else whoever sends somebody a link of their own would be signed in by it. Who reads mail on
// another device types the code.
func (a *Authenticator) RequestLink(ctx context.Context, r MailRequest) error {
	return a.mailSignIn(ctx, MailSignInLink, r)
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// linkToken is a token without six digits in a row: a code beside it is the only one.
func linkToken() string {
	for {
		if token := random.Token(); !sixDigits.MatchString(token) {
			return token
		}
	}
}

// LinkRequest is a sign-in with a mailed link.
type LinkRequest struct {
	Token    SecretText
	By       *Identity // who asks, where they are signed in to the account: a first proof then drops nothing. Nil: nobody
	Captcha  string    // of a sign-up, as in [SignUpRequest]
	Scope    Scope     // where the page is: a link of an account elsewhere is none here
	Audience Audience
	Client   Client
}

// MailedLink is what a link to sign in with is for.
type MailedLink struct {
	Email  string // whose account it is, or is to be
	SignUp bool   // it makes the account
}

// SignInLink says what a link is for, and does not use it: a page names the account on the button that does. Whoever
// follows a link, as scanners of mail do, changes nothing. [ErrInvalidLink], [ErrLinkExpired], [ErrLinkUsed],
// [ErrInvalidInput] (scope), [ErrRateLimited].
func (a *Authenticator) SignInLink(ctx context.Context, r LinkRequest) (MailedLink, error) {
	now := a.now()
	if err := r.Scope.check(); err != nil {
		return MailedLink{}, err
	}
	if _, err := a.take(ctx, a.networkHits("read-link", AudienceHost, r.Client, a.cfg.Limits.Links), now); err != nil {
		return MailedLink{}, err
	}
	if v, ok := a.openInvitation(r.Token); ok {
		return a.invited(ctx, r, v, now)
	}
	s, err := a.byOwnLink(ctx, r, now)
	return MailedLink{Email: s.Account.Email}, err
}

// SignInWithLink signs in with the token of a mailed link. It serves once, and voids every other link and code of the
// account. It is a proof of the mailbox as a code is: the first one drops what was set up before (R34), and says so in
// [SignInResult].Dropped. A second factor is asked for all the same. [ErrInvalidLink]: it is none of this Scope;
// [ErrLinkExpired]; [ErrLinkUsed], or voided by what ends sessions; [ErrRateLimited]; other errors as of
// [Authenticator.SignIn].
//
// A link that was asked for with [MailRequest].SignUp and mailed to whom nobody knew makes the account, without a
// password and on a proven mailbox, if somebody has not made it meanwhile ([ErrLinkUsed]). Then errors are as of
// [Authenticator.SignUp].
func (a *Authenticator) SignInWithLink(ctx context.Context, r LinkRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return SignInResult{}, err
	}
	t, err := a.take(ctx, a.networkHits("confirm", AudienceHost, r.Client, a.cfg.Limits.Links), now)
	if err != nil {
		return SignInResult{}, err
	}
	if v, ok := a.openInvitation(r.Token); ok {
		return a.signUpByLink(ctx, r, v, now)
	}
	s, err := a.byOwnLink(ctx, r, now)
	if err != nil {
		return SignInResult{}, err
	}
	s, err = a.store.ConsumeSecret(ctx, store.Claim{
		Purpose: store.PurposeSignIn, Lookup: store.Lookup{ID: s.Account.ID, Credentials: true}, Digest: a.linkDigest(r.Token),
		Events: []Event{{Name: EventLinkUsed, Audience: r.Audience, Network: r.Client.network()}},
	}, now)
	if errors.Is(err, ErrNotFound) {
		return SignInResult{}, ErrLinkUsed // a moment ago
	}
	if err != nil {
		return SignInResult{}, err
	}
	dropped, err := a.proveByMail(ctx, &s, mailProof{by: r.By, client: r.Client, method: "link", late: ErrLinkUsed}, now)
	if err != nil {
		return SignInResult{}, err
	}
	t.guess = guess{scope: r.Scope.String(), email: s.Account.EmailKey, audience: r.Audience, client: r.Client}
	return a.finishSignIn(ctx, s, attempt{method: "link", operation: OpSignIn, audience: r.Audience, client: r.Client, taken: t, dropped: dropped}, now)
}

func (a *Authenticator) linkDigest(token SecretText) store.Digest {
	return a.digests.secret(store.PurposeSignIn, boundLink, string(token))
}

// byOwnLink returns whose link it is, if it is live and of the scope.
func (a *Authenticator) byOwnLink(ctx context.Context, r LinkRequest, now time.Time) (Subject, error) {
	if !canon.ValidToken(string(r.Token)) {
		return Subject{}, ErrInvalidLink
	}
	_, s, err := a.byLink(ctx, store.PurposeSignIn, a.linkDigest(r.Token), now)
	if s.Account.ID != Root && !r.Scope.holds(s) {
		return Subject{}, ErrInvalidLink
	}
	return s, err
}
