package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// showData leads to the own data, and out of the account. The file is there for who has just proved who they are.
func showData(v *page.Visit) (page.Screen, string) {
	export := page.Section{Head: v.T("data.export"), Lead: []string{v.T("data.export-lead")}}
	if v.Auth.RequireRecent(v.By, freshFor) == nil {
		export.Links = []page.Link{{URL: v.URL(exportPath), Text: v.T("data.download")}}
	} else {
		export.Forms = []page.Form{{Do: "prove", Button: v.T("data.export-button"), Quiet: true}}
	}
	seen := page.Screen{Sections: []page.Section{export, {
		Head: v.T("data.delete"), Lead: []string{v.T("data.delete-lead"), v.T("data.kept")},
		Forms: []page.Form{{
			Do: "delete", Button: v.T("data.delete"), Danger: true,
			Fields: []page.Field{{Name: "address", Label: v.T("data.address"), Hint: v.By.Email, Type: "text", Complete: "off", Mode: "email"}},
		}},
	}}}
	if v.About() == "proved" {
		seen.Notice = v.T("data.proved")
	}
	return ofAccount(v, dataPath, seen), ""
}

// exportData writes what there is about the account.
func exportData(v *page.Visit) error {
	to := elsewhere(v, nil)
	if to == "" && v.Auth.RequireRecent(v.By, freshFor) != nil {
		to = v.URL(dataPath)
	}
	if to != "" {
		http.Redirect(v.W, v.R, to, http.StatusSeeOther)
		return nil
	}
	data, err := v.Auth.Export(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Content-Disposition", `attachment; filename="account.json"`)
	_, _ = v.W.Write(append(text, '\n')) // an error: the visitor has left
	return nil
}

// deleteAccount asks for the address to be typed, and then for a proof, whatever the session is.
func deleteAccount(v *page.Visit) (string, error) {
	if v.Value("do") == "prove" {
		return v.To(dataPath, "about", "proved"), proveOnce(v, v.T("data.export-lead"))
	}
	if err := v.Need("address"); err != nil {
		return "", err
	}
	if !strings.EqualFold(v.Value("address"), v.By.Email) {
		return "", page.At(tollkeeper.ErrInvalidEmail, tollkeeper.ErrInvalidEmail, "address", "data.other-address")
	}
	err := step{
		says: v.T("data.deleting", "{email}", v.By.Email), button: v.T("data.delete"), danger: true, kept: []string{"address"}, needs: aProof,
		do: func(c tollkeeper.Confirmation) error {
			if err := v.Auth.DeleteOwnAccount(v.R.Context(), v.By, c); err != nil {
				return err
			}
			httpadapter.ClearSession(v.W)
			return nil
		},
	}.take(v)
	return v.URL(donePath) + "?about=deleted", page.At(err, tollkeeper.ErrLastAdmin, "", "data.last-admin")
}

// proveOnce is a step by which nothing is done but that the session is fresh.
func proveOnce(v *page.Visit, says string) error {
	return step{says: says, button: v.T("prove.button"), do: func(tollkeeper.Confirmation) error {
		return v.Auth.RequireRecent(v.By, freshFor)
	}}.take(v)
}
