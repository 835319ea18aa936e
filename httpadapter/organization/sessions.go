package organization

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// sessionRoutes are sessions and refresh tokens in the organization family's envelope (ours).
var sessionRoutes = []family.Route{
	family.On("POST", "/auth/signout", family.Nothing(), family.SignOut, says("Signed out successfully")).
		Is("ends the caller's session").Asks(family.SignedIn),
	family.On("POST", "/auth/token/refresh",
		family.Body(family.RefreshOf), family.Refresh, enveloped(family.NextTokens)).
		Is("the next pair of tokens; 404 while refresh tokens are off").Anywhere(),
	family.On("GET", "/auth/sessions", family.Nothing(), family.Sessions, enveloped(sessionsShown)).
		Is("the caller's live sessions").Asks(family.SignedIn),
	family.On("DELETE", "/auth/sessions", family.Nothing(), family.EndSessions, says("All sessions ended")).
		Is("ends all of the caller's sessions").Asks(family.SignedIn),
	family.On("DELETE", "/auth/sessions/others",
		family.Nothing(), family.EndOtherSessions, says("All other sessions ended")).
		Is("ends all of the caller's sessions but this one").Asks(family.SignedIn),
	family.On("DELETE", "/auth/sessions/{id}", family.Nothing(), family.EndSession, says("Session ended")).
		Is("ends one of the caller's sessions").Asks(family.SignedIn).
		Saying(family.At(tollkeeper.ErrNotFound, 404, "SESSION_NOT_FOUND", "Session not found")),
	family.On("POST", "/auth/reauthenticate", family.Body(proof), family.Reauthenticate, says("Confirmed")).
		Is("proves again who the caller is").Asks(family.SignedIn).Saying(wrongPassword),
}

type proofBody struct {
	Password string              `json:"password" about:"or passkey"`
	Code     family.Code         `json:"code"`
	Passkey  *family.PasskeyBody `json:"passkey" about:"instead of both"`
}

func proof(_ *family.Call, b proofBody) (tollkeeper.Confirmation, error) {
	p, err := b.Passkey.Answer()
	if err == nil && p.IsZero() && b.Password == "" {
		err = family.Missing("Password is required")
	}
	return tollkeeper.Confirmation{Password: tollkeeper.Password(b.Password), Code: tollkeeper.SecretText(b.Code), Passkey: p}, err
}

// shownSession is a session as its owner sees it.
type shownSession struct {
	ID        uuid.UUID           `json:"id"`
	Device    string              `json:"device"`
	Network   textOrNull          `json:"network" about:"masked address"`
	Family    tollkeeper.Audience `json:"family"`
	CreatedAt int64               `json:"createdAt" about:"unix seconds"`
	LastSeen  int64               `json:"lastSeen" about:"unix seconds"`
	ExpiresAt int64               `json:"expiresAt" about:"unix seconds"`
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

type sessionsBody struct {
	Sessions []shownSession `json:"sessions"`
}

func sessionsShown(_ *family.Call, list []tollkeeper.SessionInfo) sessionsBody {
	return sessionsBody{shownSessions(list)}
}
