package ui

import (
	"errors"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// beginPasskey asks the browser for a new passkey.
func beginPasskey(v *page.Visit) error {
	if len(v.Value("label")) > mostLabel { // before anybody is asked for a proof
		return page.At(tollkeeper.ErrInvalidInput, tollkeeper.ErrInvalidInput, "label", "factors.bad-name")
	}
	err := step{
		says: v.T("passkeys.adding"), button: v.T("prove.button"), kept: []string{"label"},
		do: func(tollkeeper.Confirmation) error {
			asked, err := v.Auth.BeginPasskey(v.R.Context(), v.By, tollkeeper.PasskeyEnrolment{Client: v.Client()})
			if err != nil {
				return err
			}
			v.Instead = &page.Screen{
				Title: v.T("passkeys.new"), Lead: []string{v.T("passkeys.new-lead")}, Passkey: &page.Passkey{
					Options: string(asked.Options), Ticket: string(asked.Ticket), Button: v.T("passkeys.make"), New: true, Failed: v.T("passkeys.failed"),
					Without: v.T("passkeys.without"), Do: "new-passkey", Hidden: []page.Hidden{{Name: "label", Value: v.Value("label")}},
				},
				Links: []page.Link{v.Link(securityPath, v.T("link.back"))},
			}
			return nil
		},
	}.take(v)
	err = page.At(err, tollkeeper.ErrUnverified, "", "factor.unproven")
	return page.At(err, tollkeeper.ErrFactorState, "", "passkeys.most")
}

// addPasskey keeps what the browser has made. The first factor of an account comes with recovery codes.
func addPasskey(v *page.Visit) error {
	added, err := v.Auth.AddPasskey(v.R.Context(), v.By, tollkeeper.NewPasskey{
		Label: v.Value("label"), Client: v.Client(),
		Answer: passkeyOf(v),
	})
	switch {
	case errors.Is(err, tollkeeper.ErrInvalidChallenge), errors.Is(err, tollkeeper.ErrNotRecent):
		return page.At(tollkeeper.ErrNotRecent, tollkeeper.ErrNotRecent, "", "factor.late") // not final: the form begins anew
	case errors.Is(err, tollkeeper.ErrInvalidInput):
		return page.At(err, tollkeeper.ErrInvalidInput, "", "factors.bad-name")
	case err != nil:
		err = page.At(err, tollkeeper.ErrInvalidCode, "", "passkeys.failed")
		err = page.At(err, tollkeeper.ErrConflict, "", "passkeys.known")
		return page.At(err, tollkeeper.ErrFactorState, "", "passkeys.most")
	}
	if len(added.Recovery) > 0 {
		v.Instead = keepCodes(v, added.Recovery, v.T("passkeys.added"), v.URL(securityPath))
	}
	return nil
}

// newCodes shows other recovery codes, once.
func newCodes(v *page.Visit) error {
	err := step{
		says: v.T("codes.replacing"), button: v.T("codes.button"), needs: aCode,
		do: func(c tollkeeper.Confirmation) error {
			codes, err := v.Auth.NewRecoveryCodes(v.R.Context(), v.By, tollkeeper.FactorProof{Code: c.Code, Passkey: c.Passkey, Client: c.Client})
			if err == nil {
				v.Instead = keepCodes(v, codes, v.T("codes.replaced"), v.URL(securityPath))
			}
			return err
		},
	}.take(v)
	return page.At(err, tollkeeper.ErrFactorState, "", "factors.gone")
}

// ownFactor is the one that the address names. False: they have none of that id.
func ownFactor(v *page.Visit) (found tollkeeper.FactorInfo, ok bool) {
	id, err := uuid.Parse(nameOf(v))
	if err != nil {
		return found, false
	}
	list, err := v.Auth.Factors(v.R.Context(), v.By)
	if err != nil {
		v.FailureOf(err) // for the log
	}
	for _, f := range list {
		if f.ID == id {
			return f, true
		}
	}
	return found, false
}

func showOwnFactor(v *page.Visit) (page.Screen, string) {
	f, ok := ownFactor(v)
	if !ok {
		return page.Screen{}, v.To(securityPath)
	}
	facts := []page.Fact{{Name: v.T("factors.kind"), Cell: page.Cell{Text: v.T("apps.one")}}}
	if f.Kind == passkeyKind {
		copied := v.T("passkeys.here")
		switch {
		case f.BackedUp:
			copied = v.T("passkeys.backed-up")
		case f.Synced:
			copied = v.T("passkeys.synced")
		}
		facts = []page.Fact{
			{Name: v.T("factors.kind"), Cell: page.Cell{Text: v.T("passkeys.one"), Soft: f.Device}}, {Name: v.T("passkeys.copies"), Cell: page.Cell{Text: copied}},
		}
	}
	facts = append(facts, page.Fact{Name: v.T("factors.since"), Cell: v.Moment(f.CreatedAt)}, page.Fact{Name: v.T("factors.used"), Cell: v.Moment(f.UsedAt)})
	seen := ofAccount(v, "", page.Screen{Title: f.Label, Sections: []page.Section{{Facts: facts, Forms: []page.Form{
		{
			Do: "rename", Button: v.T("factors.rename"), Quiet: true,
			Fields: []page.Field{{Name: "label", Label: v.T("factors.name"), Type: "text", Complete: "off", Most: mostLabel, Value: f.Label}},
		},
	}}, {
		Head: v.T("factors.remove"), Lead: []string{v.T("factors.remove-lead")},
		Forms: []page.Form{{Do: "remove", Button: v.T("factors.remove"), Danger: true}},
	}}})
	for i := range seen.Tabs {
		seen.Tabs[i].Current = seen.Tabs[i].URL == v.To(securityPath)
	}
	seen.Links = []page.Link{v.Link(securityPath, v.T("link.back"))}
	return seen, ""
}

func changeOwnFactor(v *page.Visit) (string, error) {
	f, ok := ownFactor(v)
	if !ok {
		return v.To(securityPath), nil
	}
	if v.Value("do") == "remove" {
		return v.To(securityPath, "about", "removed"), removeFactor(v, f)
	}
	if err := v.Need("label"); err != nil {
		return "", err
	}
	err := v.Auth.RenameFactor(v.R.Context(), v.By, f.ID, v.Value("label"))
	err = page.At(err, tollkeeper.ErrNotFound, "", "factors.gone")
	return v.To(securityPath, "about", "renamed"), page.At(err, tollkeeper.ErrInvalidInput, "label", "factors.bad-name")
}

func removeFactor(v *page.Visit, f tollkeeper.FactorInfo) error {
	err := step{
		says: v.T("factors.removing", "{name}", f.Label), button: v.T("factors.remove"), danger: true, needs: aFactor,
		do: func(c tollkeeper.Confirmation) error {
			return v.Auth.RemoveFactor(v.R.Context(), v.By, tollkeeper.FactorRemoval{
				Factor: f.ID, Password: c.Password, MailedCode: c.MailedCode, Code: c.Code, Passkey: c.Passkey, Client: c.Client,
			})
		},
	}.take(v)
	err = page.At(err, tollkeeper.ErrLastWayIn, "", "factors.last")
	err = page.At(err, tollkeeper.ErrNotFound, "", "factors.gone")
	return page.At(err, tollkeeper.ErrFactorState, "", "factors.gone")
}
