package console

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// doRotate is the question about another key, and its form.
const doRotate = "rotate"

func showKey(v *visit) (page.Screen, error) {
	if !v.tenant {
		return page.Screen{}, tollkeeper.ErrNotFound
	}
	if v.Asked("confirm") == doRotate || v.Value("do") == doRotate {
		return page.Screen{
			Title: v.T("rotate.title"), Lead: []string{v.T("rotate.lead"), v.T("rotate.breaks")},
			Forms: []page.Form{{
				Do: doRotate, Button: v.T("rotate.button"), Danger: true,
				Fields: []page.Field{{Name: "sure", Label: v.T("rotate.sure"), Type: "checkbox"}},
			}},
			Links: []page.Link{{URL: v.at("/key"), Text: v.T("link.back")}},
		}, nil
	}
	d, err := v.organization(v.R.Context())
	if err != nil {
		return page.Screen{}, err
	}
	return page.Screen{
		Title: v.T("tenant-key.title"),
		Sections: []page.Section{
			{Head: v.T("tenant-key.public"), Lead: []string{v.T("tenant-key.public.lead")}, Codes: []string{d.PublicKey}},
			{
				Head: v.T("tenant-key.secret"), Lead: []string{v.T("tenant-key.secret.lead")},
				Links: []page.Link{{URL: v.at("/key") + "?confirm=" + doRotate, Text: v.T("tenant-key.rotate")}},
			},
		},
	}, nil
}

// rotateKey shows the new key once, in the answer to the form.
func rotateKey(v *visit) (string, error) {
	switch {
	case !v.tenant:
		return "", v.spoken(tollkeeper.ErrNotFound)
	case v.Value("sure") == "":
		return "", page.At(tollkeeper.ErrMissing, tollkeeper.ErrMissing, "", "rotate.unsure")
	}
	return "", v.prove(Step{Says: v.T("rotate.title"), Button: v.T("rotate.button"), Danger: true, Kept: []string{"sure"}, Do: func() error {
		key, err := v.rotateKey(v.R.Context())
		if err != nil {
			return v.spoken(err)
		}
		v.Instead = &page.Screen{
			Title: v.T("rotate.done"), Lead: []string{v.T("rotate.keep")}, Codes: []string{string(key)},
			Links: []page.Link{{URL: v.at("/key"), Text: v.T("rotate.kept")}},
		}
		return nil
	}})
}
