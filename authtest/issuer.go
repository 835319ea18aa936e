package authtest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"sync"

	"github.com/tollkeeper/tollkeeper"
)

// IssuerURL is the name of a Kit's [Issuer], and IssuerClient the client that the app's own users have there. Parents
// turn it on with a client id of their own.
const (
	IssuerURL    = "https://issuer.test"
	IssuerClient = "app-client"
)

// WithIssuer gives the Kit an [Issuer], beside those of the Config, and turns it on for the app's own users.
func WithIssuer() Option {
	return func(s *setup) { s.issuer = true }
}

// addIssuer puts the issuer into the Config, which may be another Kit's: nothing of it is written to.
func addIssuer(c *tollkeeper.Config, i *Issuer) {
	issuers := map[string]tollkeeper.IDTokenVerifier{IssuerURL: i}
	for name, other := range c.Social.Issuers {
		if name != IssuerURL {
			issuers[name] = other
		}
	}
	app := []tollkeeper.IssuerSettings{{Issuer: IssuerURL, Enabled: true, ClientID: IssuerClient}}
	for _, s := range c.Social.App {
		if s.Issuer != IssuerURL {
			app = append(app, s)
		}
	}
	c.Social.Issuers, c.Social.App = issuers, app
}

// Issuer is a [tollkeeper.Issuer] in the process of the test: no network, and whoever [Issuer.As] says is the person in
// front of it. In addresses it is called "test". It is safe for concurrent use.
type Issuer struct {
	mu     sync.Mutex
	person tollkeeper.IDToken
	down   bool
	posts  bool
	made   int
	codes  map[tollkeeper.SecretText]grant
	tokens map[string]grant
}

// grant is what a code or an ID token stands for.
type grant struct {
	person                        tollkeeper.IDToken
	client, redirect, nonce, pkce string
}

var _ tollkeeper.Issuer = (*Issuer)(nil)

// Issuer returns the Kit's, which [WithIssuer] gave it.
func (k *Kit) Issuer() *Issuer {
	k.tb.Helper()
	if k.issuer == nil {
		k.tb.Fatalf("authtest: the Kit has no issuer: make it with WithIssuer")
	}
	return k.issuer
}

// As says who is in front of the issuer from now on. verified: the issuer vouches for the email, which may be empty.
func (i *Issuer) As(subject, email string, verified bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.person = tollkeeper.IDToken{Subject: subject, Email: email, EmailVerified: verified}
}

// Down says whether the issuer cannot be reached.
func (i *Issuer) Down(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Posts says whether the issuer's page posts its answers (response_mode=form_post).
func (i *Issuer) Posts(posts bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.posts = posts
}

// Visit is a browser that goes to the URL of [tollkeeper.IssuerBegun]: the person says yes. It returns the address that
// the browser is sent back to, with state, code and iss.
func (i *Issuer) Visit(begun string) (*url.URL, error) {
	u, err := url.Parse(begun)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	code := i.next("code")
	i.codes[tollkeeper.SecretText(code)] = grant{i.person, q.Get("client_id"), q.Get("redirect_uri"), q.Get("nonce"), q.Get("code_challenge")}
	back.RawQuery = url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {IssuerURL}}.Encode()
	return back, nil
}

// IDToken returns a token of the person to the client, as the issuer's script gives one to a page. An empty nonce is
// none.
func (i *Issuer) IDToken(client, nonce string) tollkeeper.SecretText {
	i.mu.Lock()
	defer i.mu.Unlock()
	token := i.next("token")
	i.tokens[token] = grant{person: i.person, client: client, nonce: nonce}
	return tollkeeper.SecretText(token)
}

// next numbers what is made. i.mu is held.
func (i *Issuer) next(kind string) string {
	if i.codes == nil {
		i.codes, i.tokens = map[tollkeeper.SecretText]grant{}, map[string]grant{}
	}
	i.made++
	return kind + "-" + strconv.Itoa(i.made)
}

// About says what the issuer is called.
func (i *Issuer) About() tollkeeper.IssuerAbout {
	return tollkeeper.IssuerAbout{Name: "test", Label: "Test"}
}

// AuthURL returns an address for [Issuer.Visit].
func (i *Issuer) AuthURL(_ context.Context, r tollkeeper.AuthRequest) (tollkeeper.AuthStep, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		return tollkeeper.AuthStep{}, tollkeeper.ErrUpstream
	}
	q := url.Values{
		"response_type": {"code"}, "client_id": {r.ClientID}, "redirect_uri": {r.RedirectURL}, "state": {r.State}, "nonce": {r.Nonce},
		"code_challenge": {r.PKCE}, "code_challenge_method": {"S256"},
	}
	return tollkeeper.AuthStep{URL: IssuerURL + "/authorize?" + q.Encode(), FormPost: i.posts, Iss: IssuerURL, IssRequired: true}, nil
}

// Redeem takes each code of [Issuer.Visit] once, of the same flow.
func (i *Issuer) Redeem(_ context.Context, r tollkeeper.Redemption) (tollkeeper.IDToken, tollkeeper.UserInfo, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		return tollkeeper.IDToken{}, nil, tollkeeper.ErrUpstream
	}
	g, ok := i.codes[r.Code]
	delete(i.codes, r.Code)
	half := sha256.Sum256([]byte(r.Verifier))
	switch {
	case !ok, g.client != r.ClientID, g.redirect != r.RedirectURL:
		return tollkeeper.IDToken{}, nil, errors.New("authtest: the issuer gave no such code")
	case g.pkce != base64.RawURLEncoding.EncodeToString(half[:]):
		return tollkeeper.IDToken{}, nil, errors.New("authtest: the code is of another browser's flow")
	case tollkeeper.SecretText(g.nonce) != r.Nonce:
		return tollkeeper.IDToken{}, nil, errors.New("authtest: the nonce is of another flow")
	}
	return g.person, nil, nil
}

// VerifyIDToken takes the tokens of [Issuer.IDToken].
func (i *Issuer) VerifyIDToken(_ context.Context, token, clientID, nonce string) (tollkeeper.IDToken, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		return tollkeeper.IDToken{}, tollkeeper.ErrUpstream
	}
	g, ok := i.tokens[token]
	if !ok || g.client != clientID || nonce != "" && nonce != g.nonce {
		return tollkeeper.IDToken{}, errors.New("authtest: the issuer gave no such token")
	}
	return g.person, nil
}
