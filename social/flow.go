package social

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/random"
)

// errFlow means that the callback is not the end of a sign-in that this browser began, or that the person said no.
var errFlow = &tollkeeper.Error{Code: tollkeeper.ErrInvalidChallenge.Code, Message: "The sign-in was not completed, please start again"}

// start sends the browser to the issuer.
func (f *flow) start(w http.ResponseWriter, r *http.Request) {
	target, err := f.begin(w, r)
	if err != nil {
		f.refuse(w, r, err)
		return
	}
	plain(w)
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (f *flow) begin(w http.ResponseWriter, r *http.Request) (string, error) {
	query, err := parameters(r, "parentPublicKey", "return")
	if err != nil {
		return "", err
	}
	t := ticket{State: random.Token(), Nonce: random.Token(), Verifier: oauth2.GenerateVerifier(), ExpiresAt: f.now().Add(ticketTTL).Unix()}
	if t.ParentKey = query.Get("parentPublicKey"); t.ParentKey == "" {
		return "", tollkeeper.ErrParentKeyNeeded
	}
	if t.Return = query.Get("return"); t.Return != "" && !slices.Contains(f.Returns, t.Return) {
		return "", invalid("return")
	}
	o, err := f.organization(r.Context(), t.ParentKey)
	if err != nil {
		return "", err
	}
	c, err := f.oauth(r.Context(), o.Issuer(f.Issuer).ClientID)
	if err != nil {
		return "", err
	}
	if err := f.issue(w, r, t); err != nil {
		return "", err
	}
	return c.AuthCodeURL(t.State, oauth2.S256ChallengeOption(t.Verifier), oauth2.SetAuthURLParam("nonce", t.Nonce)), nil
}

// callback ends a sign-in that start began in the same browser.
func (f *flow) callback(w http.ResponseWriter, r *http.Request) {
	query, err := parameters(r, "state", "code", "error", "iss")
	t, ok := f.redeem(w, r, query.Get("state"))
	switch {
	case err != nil:
	case !ok, subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(t.State)) != 1:
		err = errFlow
	case query.Has("iss") && query.Get("iss") != f.Verifier.issuer: // another issuer's answer (RFC 9207)
		err = errFlow
	case query.Has("error") || query.Get("code") == "":
		err = errFlow
	}
	if err != nil {
		f.refuse(w, r, err)
		return
	}
	o, result, err := f.finish(r, t, query.Get("code"))
	if err != nil {
		f.refuse(w, r, err)
		return
	}
	f.deliver(w, o, t.Return, result)
}

func (f *flow) finish(r *http.Request, t ticket, code string) (tollkeeper.Organization, tollkeeper.SignInResult, error) {
	ctx := r.Context()
	o, err := f.organization(ctx, t.ParentKey)
	if err != nil {
		return o, tollkeeper.SignInResult{}, err
	}
	tokens, err := f.exchange(ctx, o.Issuer(f.Issuer).ClientID, code, t.Verifier)
	if err != nil {
		return o, tollkeeper.SignInResult{}, err
	}
	result, err := f.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
		Issuer: f.Issuer, IDToken: tollkeeper.SecretText(tokens.id), Nonce: tollkeeper.SecretText(t.Nonce),
		UserInfo: func(ctx context.Context) (tollkeeper.IDToken, error) { return f.Verifier.UserInfo(ctx, tokens.access) },
		Scope:    tollkeeper.UnderKey(t.ParentKey), Audience: tollkeeper.AudienceOrganization, Client: f.requester(r),
	})
	return o, result, err
}

// exchanged is what the issuer gives for a code.
type exchanged struct{ id, access string }

// exchange gets the tokens for a code, which the issuer gives once.
func (f *flow) exchange(ctx context.Context, clientID, code, verifier string) (exchanged, error) {
	c, err := f.oauth(ctx, clientID)
	if err != nil {
		return exchanged{}, err
	}
	if f.ClientSecret != nil {
		if c.ClientSecret, err = f.ClientSecret(ctx, clientID); err != nil {
			return exchanged{}, because(tollkeeper.ErrInternal, err)
		}
	}
	if c.ClientSecret == "" {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client only names itself (RFC 6749 3.2.1)
	}
	tokens, err := c.Exchange(context.WithValue(ctx, oauth2.HTTPClient, f.client), code, oauth2.VerifierOption(verifier))
	if err != nil {
		if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok && answer.ErrorCode == "invalid_grant" {
			return exchanged{}, because(tollkeeper.ErrInvalidCredentials, errors.New("the issuer does not take the code"))
		}
		return exchanged{}, because(tollkeeper.ErrUpstream, exchangeError(err))
	}
	token, ok := tokens.Extra("id_token").(string)
	if !ok || token == "" {
		return exchanged{}, because(tollkeeper.ErrUpstream, errors.New("the issuer gave no ID token"))
	}
	return exchanged{token, tokens.AccessToken}, nil
}

// exchangeError keeps what the issuer wrote out of logs: it may repeat the code.
func exchangeError(err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok && answer.Response != nil {
		return errors.New("the issuer answers the code with " + answer.Response.Status)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return errors.New("the issuer's answer to the code cannot be read")
}

// parameters reads the query and refuses one that has any of the names twice.
func parameters(r *http.Request, names ...string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("query")
	}
	for _, name := range names {
		if len(query[name]) > 1 {
			return nil, invalid(name)
		}
	}
	return query, nil
}

func invalid(field string) error {
	return &tollkeeper.Error{Code: tollkeeper.ErrInvalidInput.Code, Field: field, Message: "The parameter " + field + " is not valid"}
}

func because(e *tollkeeper.Error, err error) *tollkeeper.Error {
	c := *e
	c.Err = err
	return &c
}
