package tollkeeper

import "github.com/google/uuid"

// refreshToken answers the refresh token of a session, or nothing when Config.Refresh is off.
func (a *Authenticator) refreshToken(s Session) string {
	if s.RefreshUntil.IsZero() {
		return ""
	}
	return a.keys.seal(sealRefresh, refreshClaims{Session: s.ID, Generation: s.Generation})
}

const sealRefresh = "refresh"

// refreshClaims are what a refresh token says; its MAC makes it ours, the session's row decides whether it is good.
type refreshClaims struct {
	Session    uuid.UUID `json:"s"`
	Generation int       `json:"g"`
}
