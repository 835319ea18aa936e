package v1

import (
	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// wrongOwn is a wrong password of somebody who is signed in.
var wrongOwn = family.At(tollkeeper.ErrInvalidCredentials, 401, "", "Invalid password!")

var routes = []family.Route{
	family.On("GET", "/authentiq/v1/heartbeat",
		family.Nothing(), family.Heartbeat, says("Authentication Service is up and running!")).
		Is("says whether the service can answer"),
	family.On("POST", "/authentiq/v1/user/register",
		family.Body(register), family.SignUp, family.Status(201, registered)).
		Is("makes an account and gives a session"),
	family.On("POST", "/authentiq/v1/user/login", family.Body(login), family.SignIn, session).
		Is("gives a session, or 202 with a challenge").
		Saying(
			family.At(tollkeeper.ErrRateLimited, 429, "", tooMany),
			family.At(tollkeeper.ErrLocked, 429, "", tooMany),
		),
	family.On("GET", "/authentiq/v1/validate/token", family.Nothing(), family.WhoAmI, family.JSON(validated)).
		Is("whom the token speaks for").Asks(family.SignedIn),
	family.On("PUT", "/authentiq/v1/user/password",
		family.Body(newPassword), family.ChangePassword, says("Changed password successfully!")).
		Is("changes the password; every other session ends").Asks(family.SignedIn).Saying(wrongOwn),
	family.On("GET", "/authentiq/v1/user/list", family.Query(listed, pages...), family.Accounts, family.JSON(list)).
		Is("lists the users, page by page").Asks(family.AdminOnly).
		Saying(family.At(tollkeeper.ErrForbidden, 403, "", "You must be an admin to list users!")),
	family.On("GET", "/authentiq/v1/user/role", family.Nothing(), family.WhoAmI, family.JSON(ownRole)).
		Is("the caller's role").Asks(family.SignedIn),
	family.On("PUT", "/authentiq/v1/user/role", family.Body(newRole), family.SetRole, family.JSON(roleSet)).
		Is("changes a role").Asks(family.AdminOnly).
		Saying(
			family.At(tollkeeper.ErrForbidden, 403, "", "You must be an admin to set role!"),
			family.At(tollkeeper.ErrNotFound, 404, "", "E-mail not found!"),
			family.At(tollkeeper.ErrInvalidEmail, 404, "", "E-mail not found!"),
		),
	family.On("DELETE", "/authentiq/v1/user/logout",
		family.Nothing(), family.SignOut, says("Successfully logged out!")).
		Is("ends the caller's session").Asks(family.SignedIn),
	family.On("POST", "/authentiq/v1/user/mfa", family.Body(family.FactorOf), family.VerifyFactor, session).
		Is("ends a login that stopped at a challenge").Saying(family.At(tollkeeper.ErrRateLimited, 429, "", tooMany)),
	family.On("POST", "/authentiq/v1/token/refresh", family.Body(family.RefreshOf), family.Refresh, session).
		Is("the next pair of tokens; 404 while refresh tokens are off"),
	family.On("DELETE", "/authentiq/v1/user/delete",
		family.Body(password), family.DeleteAccount, says("Successfully deleted user!")).
		Is("deletes the caller's account").Asks(family.SignedIn).Saying(wrongOwn),
}
