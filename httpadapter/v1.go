package httpadapter

import (
	"encoding/json"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
)

// V1 returns the v1 family alone (docs/WIRE.md section 2), to be mounted at /authentiq/v1 and below.
func V1(auth *tollkeeper.Authenticator, o Options) (http.Handler, error) {
	return handler(v1Family, auth, o)
}

func v1Family(o Options) (family, error) {
	home, err := o.v1Home()
	if err != nil {
		return family{}, err
	}
	f := family{
		name: "v1", audience: tollkeeper.AudienceV1, prefixes: []string{"/authentiq/v1"},
		routes: v1Routes, replies: v1Replies, shape: v1Error,
		home: home, closed: true, credential: bearer, carriers: bearerCarriers,
	}
	if o.V1PasswordRegex {
		f.password = v1Passwords
	}
	return f, nil
}

func v1Error(_, message string) []byte {
	body, _ := json.Marshal(v1Message{message}) // a string always encodes
	return body
}

// v1Own are the routes where a wrong password is that of somebody who is signed in.
var v1Own = at(tollkeeper.ErrInvalidCredentials, 401, "", "Invalid password!")

var v1Routes = []route{
	on("GET", "/authentiq/v1/heartbeat", noBody, heartbeat, v1Says[done]("Authentication Service is up and running!")),
	on("POST", "/authentiq/v1/user/register", v1Register, signUp, v1Registered),
	on("POST", "/authentiq/v1/user/login", v1Login, signIn, v1LoggedIn).
		saying(at(tollkeeper.ErrRateLimited, 429, "", v1TooMany), at(tollkeeper.ErrLocked, 429, "", v1TooMany)),
	on("GET", "/authentiq/v1/validate/token", noBody, whoAmI, v1Validated).asks(signedIn),
	on("PUT", "/authentiq/v1/user/password", v1NewPassword, changePassword, v1Says[done]("Changed password successfully!")).
		asks(signedIn).saying(v1Own),
	on("GET", "/authentiq/v1/user/list", v1Query, accounts, v1List).
		asks(adminOnly).saying(at(tollkeeper.ErrForbidden, 403, "", "You must be an admin to list users!")),
	on("GET", "/authentiq/v1/user/role", noBody, whoAmI, v1Role).asks(signedIn),
	on("PUT", "/authentiq/v1/user/role", v1NewRole, setRole, v1RoleSet).asks(adminOnly).
		saying(
			at(tollkeeper.ErrForbidden, 403, "", "You must be an admin to set role!"),
			at(tollkeeper.ErrNotFound, 404, "", "E-mail not found!"),
			at(tollkeeper.ErrInvalidEmail, 404, "", "E-mail not found!"),
		),
	on("DELETE", "/authentiq/v1/user/logout", noBody, signOut, v1Says[done]("Successfully logged out!")).asks(signedIn),
	on("POST", "/authentiq/v1/user/mfa", factorBody(v1Invalid), verifyFactor, v1LoggedIn).
		saying(at(tollkeeper.ErrRateLimited, 429, "", v1TooMany)),
	on("POST", "/authentiq/v1/token/refresh", refreshBody(v1Invalid), refresh, v1LoggedIn),
	on("DELETE", "/authentiq/v1/user/delete", v1Password, deleteAccount, v1Says[done]("Successfully deleted user!")).
		asks(signedIn).saying(v1Own),
}
