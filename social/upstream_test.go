package social_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/social"
)

// network leads every request to the issuer of the test, whatever the URL says: as does one that an attacker holds.
type network struct{ i *issuer }

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(n.i.Server.URL, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

// What comes over http from another machine is not asked for, though it would be answered: keys would be anybody's, and
// the access token would be shown to everybody on the way.
func TestNothingIsAskedForOverHTTP(t *testing.T) {
	for scheme, taken := range map[string]bool{"https": true, "http": false} {
		for member, path := range map[string]string{"jwks_uri": "/keys", "userinfo_endpoint": "/userinfo"} {
			t.Run(scheme+" "+member, func(t *testing.T) {
				i, c := newIssuer(t), start()
				i.says = map[string]any{"sub": "1077", "email": "ada@home.example", "email_verified": true}
				i.edit = func(d map[string]any) { d[member] = scheme + "://issuer.example" + path }
				v, err := social.New(social.Config{Issuer: i.name, Now: c.Now, HTTPClient: &http.Client{Transport: network{i}}})
				if err != nil {
					t.Fatal(err)
				}
				if path == "/keys" {
					_, err = v.VerifyIDToken(t.Context(), sign(i.keys[0], i.person(c.now, client)), client, "n1")
				} else {
					_, err = v.UserInfo(t.Context(), "a")
				}
				if (err == nil) != taken || (i.count(path) == 1) != taken {
					t.Errorf("asked %d times: %v", i.count(path), err)
				}
			})
		}
	}
}
