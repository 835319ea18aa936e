package httpadapter

import (
	"encoding/json"
	"net/http"

	"github.com/tollkeeper/tollkeeper"
)

// Platform returns the platform family alone (docs/WIRE.md section 3), to be mounted at /api/user and below.
func Platform(auth *tollkeeper.Authenticator, o Options) (http.Handler, error) {
	return handler(platformFamily, auth, o)
}

func platformFamily(o Options) (family, error) {
	home, err := o.home()
	if err != nil {
		return family{}, err
	}
	return family{
		name: "platform", audience: tollkeeper.AudiencePlatform, prefixes: []string{"/api/user"},
		routes: platformRoutes, replies: platformReplies, shape: platformError,
		home: home, credential: headerOrBearer, carriers: tokenCarriers,
	}, nil
}

func platformError(_, message string) []byte {
	body, _ := json.Marshal(struct {
		Error string `json:"error"`
	}{message}) // a string always encodes
	return body
}

// platformStatusError is the shape of GET /status.
func platformStatusError(_, message string) []byte {
	body, _ := json.Marshal(struct {
		Authenticated bool   `json:"authenticated"`
		Error         string `json:"error"`
	}{false, message})
	return body
}

const (
	platformNeedsPassword = "Email and password are required"
	platformNeedsCode     = "Email and OTP are required"
	platformNeedsEmail    = "Email is required"
	platformNeedsToken    = "Token and password are required"
	platformNeedsFactor   = "Challenge and code are required"
	platformNeedsRefresh  = "Refresh token is required"
)

// platformNeeds returns a body that cannot be read as one that lacks everything: the one documented 400 of the route.
func platformNeeds(message string) []reply {
	return []reply{
		at(errEmptyBody, 400, "", message),
		at(errBadBody, 400, "", message),
		at(tollkeeper.ErrMissing, 400, "", message),
	}
}

var platformRoutes = []route{
	on("POST", "/api/user/signin", platformSignIn, signIn, platformSession).saying(platformNeeds(platformNeedsPassword)...),
	on("POST", "/api/user/signin-otp", platformMail, requestCode, platformCodeSent).saying(platformNeeds(platformNeedsEmail)...),
	on("POST", "/api/user/verify-otp", platformCode, verifyCode, platformSession).asks(perhapsOwner).
		saying(platformNeeds(platformNeedsCode)...),
	on("POST", "/api/user/signout", noBody, signOut, platformSays("Successfully signed out")).asks(signedIn),
	on("GET", "/api/user/status", noBody, whoAmI, platformStatus).asks(signedIn).shaped(platformStatusError),
	on("POST", "/api/user/forgot-password", platformMail, requestReset, platformSays("Password reset instructions sent")).
		saying(platformNeeds(platformNeedsEmail)...),
	on("POST", "/api/user/reset-password", platformReset, resetPassword, platformResetShown).asks(perhapsOwner).
		saying(platformNeeds(platformNeedsToken)...),
	on("POST", "/api/user/mfa/verify", factorBody(platformNeedsFactor), verifyFactor, platformSession).saying(platformNeeds(platformNeedsFactor)...),
	on("POST", "/api/user/token/refresh", refreshBody(platformNeedsRefresh), refresh, refreshed).saying(platformNeeds(platformNeedsRefresh)...),
}
