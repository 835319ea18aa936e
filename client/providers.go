package client

import "context"

// Provider is an issuer that one may sign in by. Only a browser does: the service keeps the way there and back in a
// cookie, so that a page asks for it, and no program.
type Provider struct {
	Name   string `json:"name"`   // in addresses, as "google"
	Label  string `json:"label"`  // for people
	Linked bool   `json:"linked"` // to the account that asks
}

type providers struct {
	Providers []Provider `json:"providers"`
}

// Providers returns the issuers that one may sign in by.
func (c *Client) Providers(ctx context.Context) ([]Provider, error) {
	var out providers
	err := c.send(ctx, request{method: "GET", path: "/providers"}, "", &out)
	return out.Providers, err
}

// Providers is [Client.Providers], and says which of them are linked to the account.
func (s *Session) Providers(ctx context.Context) ([]Provider, error) {
	out, err := get[providers](ctx, s, request{method: "GET", path: "/providers"})
	return out.Providers, err
}
