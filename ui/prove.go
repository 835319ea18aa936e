package ui

import (
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// freshFor is how long the core takes a proof for one of this moment.
const freshFor = 5 * time.Minute

// need is which proof a step asks for.
type need int

const (
	aFreshSession need = iota // a session that was proved within five minutes; else a proof, by which it is
	aProof                    // a proof of this step, whatever the session is
	aFactor                   // the second factor, and the first one where the session is not fresh
	aCode                     // the second factor alone
)

// How the first factor is shown: what the field prove of a question says.
const (
	byPassword = "password"
	byMail     = "mail"
	byFactor   = "factor" // it is not asked for
	byPasskey  = "passkey"
)

// step is what nobody does who merely sits down at somebody's screen. Where the proof is missing, the answer to its
// form is a question for it, which carries the fields of the form on; with the right answer the step is done. Passwords
// are carried nowhere.
type step struct {
	says   string // what is about to be done
	button string
	danger bool
	kept   []string // fields of the form
	needs  need
	do     func(tollkeeper.Confirmation) error // by the identity that the visit has then
}

// take does the step, or asks.
func (s step) take(v *page.Visit) error {
	switch way := v.Value("way"); way {
	case byMail:
		return s.ask(v, byMail, v.Auth.RequestCode(v.R.Context(), tollkeeper.MailRequest{
			Email: v.By.Email, Scope: v.Settings.Scope, Audience: tollkeeper.AudienceApp, Client: v.Client(),
		}))
	case byPassword:
		return s.ask(v, byPassword, nil)
	}
	by, shown := v.Value("prove"), shownBy(v)
	if by == "" && s.needs != aFreshSession {
		return s.ask(v, "", nil)
	}
	if by != "" && s.needs == aFreshSession {
		if err := v.Auth.Reauthenticate(v.R.Context(), v.By, shown); err != nil {
			return s.ask(v, by, err)
		}
		if err := renew(v); err != nil {
			return err
		}
	}
	err := s.do(shown)
	switch {
	case errors.Is(err, tollkeeper.ErrNotRecent):
		return s.ask(v, "", nil)
	case by != "" && s.needs != aFreshSession && isOfProof(err):
		return s.ask(v, by, err)
	}
	return err
}

// shownBy is the proof that was sent.
func shownBy(v *page.Visit) tollkeeper.Confirmation {
	return tollkeeper.Confirmation{
		Password: v.Password("proof-password"), MailedCode: tollkeeper.SecretText(v.Value("proof-mailed")),
		Code:    tollkeeper.SecretText(v.Value("proof-code")),
		Passkey: passkeyOf(v),
		Client:  v.Client(),
	}
}

// renew looks the session up again, which knows of the proof now.
func renew(v *page.Visit) error {
	token, err := v.Cookies.Token(v.R)
	if err != nil {
		return err
	}
	v.By, err = v.Auth.Authenticate(v.R.Context(), tollkeeper.SecretText(token))
	return err
}

// isOfProof reports whether an error is about the proof, and not about what is to be done by it.
func isOfProof(err error) bool {
	for _, e := range []*tollkeeper.Error{
		tollkeeper.ErrInvalidCredentials, tollkeeper.ErrInvalidCode, tollkeeper.ErrInvalidChallenge, tollkeeper.ErrLocked, tollkeeper.ErrRateLimited,
		tollkeeper.ErrBusy, tollkeeper.ErrUnavailable,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// ask shows the question, with what was wrong with the answer before.
func (s step) ask(v *page.Visit, by string, wrong error) error {
	if errors.Is(wrong, tollkeeper.ErrInvalidToken) || errors.Is(wrong, tollkeeper.ErrLimitedSession) {
		return wrong
	}
	has, err := hasPassword(v)
	if err != nil {
		return err
	}
	first := s.needs == aFreshSession || s.needs == aProof || s.needs == aFactor && v.Auth.RequireRecent(v.By, freshFor) != nil
	switch {
	case !first:
		by = byFactor
	case by != byMail && has:
		by = byPassword
	case by != byMail:
		by = ""
	}
	v.Instead = &page.Screen{
		Title: v.T("prove.title"), Lead: []string{s.says}, Forms: []page.Form{s.question(v, by, has)}, Passkey: s.passkey(v),
		Links: []page.Link{{URL: v.Self(), Text: v.T("link.back")}},
	}
	if by == byMail && wrong == nil {
		v.Instead.Notice = v.T("prove.mailed", "{email}", v.By.Email)
	}
	return wrongProof(v, by, wrong)
}

func hasPassword(v *page.Visit) (bool, error) {
	p, err := v.Auth.Profile(v.R.Context(), v.By)
	return p.Subject.Account.Password != "", err
}

// carried are the fields that a question carries on, and how it is answered.
func (s step) carried(v *page.Visit, by string) (list []page.Hidden) {
	for _, name := range s.kept {
		list = append(list, page.Hidden{Name: name, Value: v.Value(name)})
	}
	if by != "" {
		list = append(list, page.Hidden{Name: "prove", Value: by})
	}
	return list
}

// question asks for the password, for a mailed code, or for neither, and for the second factor of who has one. Who has
// no password is mailed a code first.
func (s step) question(v *page.Visit, by string, has bool) page.Form {
	f := page.Form{Do: v.Value("do"), Hidden: s.carried(v, by), Button: s.button, Danger: s.danger}
	mailed := page.Way{Value: byMail, Text: v.T("prove.mail-instead")}
	switch by {
	case "":
		f.Hidden = append(f.Hidden, page.Hidden{Name: "way", Value: byMail})
		f.Lead, f.Button, f.Danger = v.T("prove.mail-lead", "{email}", v.By.Email), v.T("prove.mail-button"), false
		return f
	case byPassword:
		f.Fields = []page.Field{{Name: "proof-password", Label: v.T("field.password"), Type: "password", Complete: "current-password"}}
		f.Ways = []page.Way{mailed}
	case byMail:
		f.Fields = []page.Field{{Name: "proof-mailed", Label: v.T("field.mailed-code"), Type: "text", Complete: "one-time-code", Mode: "numeric"}}
		f.Ways = []page.Way{{Value: byMail, Text: v.T("prove.mail-again")}}
		if has {
			f.Ways = append(f.Ways, page.Way{Value: byPassword, Text: v.T("prove.password-instead")})
		}
	}
	if v.By.HasFactor || by == byFactor {
		f.Fields = append(f.Fields, page.Field{
			Name: "proof-code", Label: v.T("prove.code"), Hint: v.T("prove.code.hint"), Type: "text", Complete: "one-time-code",
		})
	}
	return f
}

// passkey asks for one, which is both factors. Nil: they have none that is good here.
func (s step) passkey(v *page.Visit) *page.Passkey {
	asked, err := v.Auth.BeginPasskeyProof(v.R.Context(), v.By)
	if err != nil {
		return nil
	}
	return &page.Passkey{
		Options: string(asked.Options), Ticket: string(asked.Ticket), Button: v.T("second-factor.passkey"), Failed: v.T("passkeys.failed"),
		Do: v.Value("do"), Hidden: s.carried(v, byPasskey),
	}
}

// wrongProof says an error of the proof beside its field.
func wrongProof(v *page.Visit, by string, err error) error {
	if v.Value("prove") == byPasskey && (errors.Is(err, tollkeeper.ErrInvalidCode) || errors.Is(err, tollkeeper.ErrInvalidChallenge)) {
		return page.At(tollkeeper.ErrInvalidCode, tollkeeper.ErrInvalidCode, "", "passkeys.failed") // not final: there is another button
	}
	if by == byMail {
		err = page.At(err, tollkeeper.ErrInvalidCredentials, "proof-mailed", "error.code")
		return page.At(err, tollkeeper.ErrInvalidCode, "proof-code", "prove.both-anew") // the mailed one is used up
	}
	err = page.At(err, tollkeeper.ErrInvalidCredentials, "proof-password", "error.password")
	return page.At(err, tollkeeper.ErrInvalidCode, "proof-code", "error.code")
}
