package letter

import (
	"time"

	"github.com/tollkeeper/tollkeeper/internal/language"
)

// Sample is a mail that shows what one of its kind looks like.
type Sample struct {
	Name string // "notice-password"
	Kind string
	Data Data
}

// Samples are mails of a language that together show all that the templates can say.
func Samples(tag, product, base string) []Sample {
	plain := Data{
		Product: product, SignIn: base, Link: base + "/link?token=Zm9yLXNob3ctb25seS1hbmQtb2Ytbm8tdXNl",
		Lifetime: language.Duration(tag, 30*time.Minute),
	}
	code := plain
	code.Code, code.Lifetime, code.CodeLifetime = "012345", language.Duration(tag, 5*time.Minute), language.Duration(tag, 5*time.Minute)
	link := plain
	link.Lifetime = language.Duration(tag, 15*time.Minute)
	both := code
	both.Lifetime = link.Lifetime
	verify := plain
	verify.Lifetime = language.Duration(tag, 24*time.Hour)
	var all []Sample
	for _, s := range []Sample{
		{"sign-in-code", "sign-in-code", code}, {"sign-in-link", "sign-in-link", link}, {"sign-in-link-with-code", "sign-in-link", both},
		{"reset", "reset", plain}, {"sign-up-tried", "sign-up-tried", plain}, {"verify", "verify", verify}, {"change-email", "change-email", plain},
	} {
		all = append(all, s)
		if s.Kind == "sign-in-code" || s.Kind == "sign-in-link" {
			up := s
			up.Name, up.Data.SignUp = s.Name+"-to-sign-up", true
			all = append(all, up)
		}
	}
	for _, s := range all {
		s.Name, s.Data.Organization, s.Data.OrganizationURL = s.Name+"-of-organization", "Acme", "https://acme.example"
		all = append(all, s)
	}
	return append(all, news(tag, product)...)
}

// news are the notices and alerts.
func news(tag, product string) (all []Sample) {
	for _, what := range []string{"password", "role", "email", "factor", "identity", "network", "reuse", "copied", "dropped"} {
		d := Data{Product: product, Notice: what, DroppedPassword: true, DroppedIdentities: 3, DroppedKey: true, DroppedSettings: true}
		d.Network, d.Time = "192.0.2.0/24", language.DateTime(tag, time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC))
		all = append(all, Sample{"notice-" + what, "notice", d})
	}
	for _, level := range []string{"low", "critical", "depleted", "recovered"} {
		all = append(all, Sample{"credit-alert-" + level, "credit-alert", Data{Product: product, Level: level, Credits: language.Number(tag, 1234)}})
	}
	return all
}
