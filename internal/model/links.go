package model

import (
	"context"
	"slices"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

func requestLink(m *machine, s Step, ctx context.Context) (plan, error) {
	return m.asksToSignIn(s, ctx, m.auth.RequestLink)
}

// ofKind are the letters that such a mail brought.
func ofKind(list []*letter, kind tollkeeper.MailKind) []*letter {
	return slices.DeleteFunc(list, func(l *letter) bool { return l.kind != kind })
}

// signInWithLink is a proof of the mailbox as a code is, and uses up every code and link of the account.
func signInWithLink(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, _ := m.scope(at, s.How/5)
	a := m.at(at)
	l := choose(ofKind(m.lettersOf(a, store.PurposeSignIn), tollkeeper.MailSignInLink), s.How)
	r := tollkeeper.LinkRequest{Token: tokenOf(l), Scope: scope, Audience: s.audience(), Client: s.client()}
	if s.How%3 == 0 {
		r.By, _ = m.identity(a, s.How)
	}
	p := refused(m.opens(a, l))
	if p.err == nil {
		p = m.provenBy(a, r.By)
	}
	right := p.pardons
	res, err := m.auth.SignInWithLink(ctx, r)
	if !right {
		return p, err
	}
	if err == nil {
		m.entered(res, a.ID, way{r.Audience, tollkeeper.OpSignIn, true}, m.keyAfter(a, p), m.epochAfter(a, p))
		if res.Challenge == "" {
			m.pardoned(a, ofAddress)
		}
	}
	for _, used := range m.lettersOf(a, store.PurposeSignIn) {
		used.spent = used.spent || !m.store.stopped() && !m.store.struck && used.Address == a.EmailKey
	}
	return p, err
}
