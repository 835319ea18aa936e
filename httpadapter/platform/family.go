// Package platform is the user API of a platform whose requests carry a PlatformId (docs/WIRE.md section 3): a table of
// routes, the bodies that they read and write, and a table of errors. What a route does is an operation of package
// family.
package platform

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// API are the options of the family. The zero API is the documented one.
type API struct {
	// Default is the platform of a request without PlatformId: any scope but [tollkeeper.Tenants]. No request can name
	// the app's own users, so that this is the way to serve them. Nil: such a request is refused.
	Default *tollkeeper.Scope
}

// Family returns the table. It refuses a Default that is no platform.
func (o API) Family() (family.Family, error) {
	f := family.Family{
		Name: "platform", Title: "Platform user API", Audience: tollkeeper.AudiencePlatform, Prefixes: []string{"/api/user"},
		Routes: routes, Replies: replies, Shape: family.Shape{Body: failure}, Credential: family.TokenHeader,
	}
	if o.Default != nil {
		home := *o.Default
		if !home.Valid() || home == tollkeeper.Tenants {
			return f, family.Refused("platform.API.Default", "must be the app's own users, or below a parent")
		}
		f.Home = &home
	}
	return f, nil
}

// errorBody is every error but that of the status.
type errorBody struct {
	Error string `json:"error"`
}

func failure(f family.Failure) any { return errorBody{f.Message} }

// statusError is the shape of GET /status.
type statusError struct {
	Authenticated bool   `json:"authenticated"`
	Error         string `json:"error"`
}

func statusFailure(f family.Failure) any { return statusError{false, f.Message} }
