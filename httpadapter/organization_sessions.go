package httpadapter

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// sessionRoutes are sessions and refresh tokens in the organization family's envelope (ours).
var sessionRoutes = []route{
	on("POST", "/auth/signout", noBody, signOut, organizationSays("Signed out successfully")).asks(signedIn),
	on("POST", "/auth/token/refresh", refreshBody("Refresh token is required"), refresh, organizationRefreshed).readable(),
	on("GET", "/auth/sessions", noBody, sessions, sessionsShown).asks(signedIn),
	on("DELETE", "/auth/sessions", noBody, endSessions, organizationSays("All sessions ended")).asks(signedIn),
	on("DELETE", "/auth/sessions/others", noBody, endOtherSessions, organizationSays("All other sessions ended")).asks(signedIn),
	on("DELETE", "/auth/sessions/{id}", noBody, endSession, organizationSays("Session ended")).asks(signedIn).
		saying(at(tollkeeper.ErrNotFound, 404, "SESSION_NOT_FOUND", "Session not found")),
	on("POST", "/auth/reauthenticate", reauthenticationBody, reauthenticate, organizationSays("Confirmed")).asks(signedIn).saying(wrongPassword),
}

func reauthenticationBody(c *call) (secondProof, error) {
	b, err := body[struct {
		Password string `json:"password"`
		Code     string `json:"code"`
	}](c)
	if err == nil && b.Password == "" {
		err = missing("Password is required")
	}
	return secondProof{b.Password, b.Code}, err
}

func organizationRefreshed(_ *call, s tollkeeper.SignInResult) answer {
	return enveloped(nextTokens(s))
}

// shownSession is a session as its owner sees it.
type shownSession struct {
	ID        uuid.UUID           `json:"id"`
	Device    string              `json:"device"`
	Network   textOrNull          `json:"network"` // masked address
	Family    tollkeeper.Audience `json:"family"`
	CreatedAt int64               `json:"createdAt"` // unix seconds, as the others
	LastSeen  int64               `json:"lastSeen"`
	ExpiresAt int64               `json:"expiresAt"`
	Current   bool                `json:"current"`
}

func shownSessions(list []tollkeeper.SessionInfo) []shownSession {
	shown := make([]shownSession, len(list))
	for i, s := range list {
		shown[i] = shownSession{
			s.ID, s.Device, textOrNull(s.Network), s.Audience, s.CreatedAt.Unix(), s.SeenAt.Unix(), s.EndsAt.Unix(), s.Current,
		}
	}
	return shown
}

func sessionsShown(_ *call, list []tollkeeper.SessionInfo) answer {
	return enveloped(struct {
		Sessions []shownSession `json:"sessions"`
	}{shownSessions(list)})
}
