package witness

import (
	"strconv"

	"github.com/google/uuid"
)

const password = "Plum4Kettle!Orbit"

// Act does one thing at the server at base: somebody signs up, in or out, asks for a mail or uses a code. Which one, is
// taken in turns.
func (w *Witness) Act(base string) {
	turn := w.turn.Add(1)
	parent, child, mailer := pick(w, &w.parents, turn), pick(w, &w.children, turn), pick(w, &w.mailers, turn)
	switch step := turn % 16; {
	case step == 0 || parent == nil:
		w.signUp(base, nil, turn, &w.parents)
	case step < 3 || child == nil:
		w.signUp(base, parent, turn, &w.children)
	case step < 5 || mailer == nil:
		w.signUp(base, parent, turn, &w.mailers)
	case step < 7:
		w.signIn(base, parent, false)
	case step < 10:
		w.signIn(base, child, step == 9)
	case step == 10:
		w.askReset(base, parent)
	case step < 13:
		w.askCode(base, mailer)
	case step < 15:
		w.useCode(base, mailer)
	default:
		w.signOut(base, pick(w, &w.sessions, turn))
	}
}

// signUp makes a parent, or a child of one, for a list.
func (w *Witness) signUp(base string, parent *account, turn uint64, list *[]*account) {
	a := &account{email: "w" + strconv.FormatUint(turn, 10) + "@witness.example", parent: parent}
	body := map[string]any{"username": "w" + strconv.FormatUint(turn, 10), "email": a.email, "password": password}
	if parent != nil {
		body["parentPublicKey"] = parent.key
	}
	var answer struct {
		Data struct {
			Token string
			Data  struct {
				UserID    uuid.UUID
				PublicKey string
			}
		}
	}
	if !w.post(base, "/auth/signup", body, "", &answer) {
		return
	}
	a.id, a.key = answer.Data.Data.UserID, answer.Data.Data.PublicKey
	w.note(func() { *list = append(*list, a) })
	if list != &w.mailers {
		w.opened(answer.Data.Token, a, false, false)
	}
}

// signIn signs in at the organization family, or at the platform's.
func (w *Witness) signIn(base string, a *account, platform bool) {
	body := map[string]any{"email": a.email, "password": password}
	var answer struct {
		Token string
		Data  struct{ Token string }
	}
	path := "/auth/signin"
	if platform {
		path, body["PlatformId"] = "/api/user/signin", a.parent.key
	} else if a.parent != nil {
		body["parentPublicKey"] = a.parent.key
	}
	if w.post(base, path, body, "", &answer) {
		w.opened(answer.Token+answer.Data.Token, a, platform, true)
	}
}

// askReset asks for a reset link of a parent.
func (w *Witness) askReset(base string, a *account) {
	w.askMail(base, a, "/auth/reset-password", map[string]any{"email": a.email})
}

// askCode asks for a code of a child.
func (w *Witness) askCode(base string, a *account) {
	w.askMail(base, a, "/api/user/signin-otp", map[string]any{"email": a.email, "PlatformId": a.parent.key})
}

func (w *Witness) askMail(base string, a *account, path string, body map[string]any) {
	first := false
	w.note(func() { first, a.mailed = !a.mailed, true })
	if first && w.post(base, path, body, "", nil) {
		w.note(func() { w.told = append(w.told, a.email) })
	}
}

// useCode signs in with the code of a mail, if one is there.
func (w *Witness) useCode(base string, a *account) {
	code := w.Mail.Code(a.email)
	first := false
	w.note(func() {
		if code != "" {
			first, a.coded = !a.coded, true
		}
	})
	if !first {
		return
	}
	body := map[string]any{"email": a.email, "otp": code, "PlatformId": a.parent.key}
	var answer struct{ Token string }
	if w.post(base, "/api/user/verify-otp", body, "", &answer) {
		w.opened(answer.Token, a, true, true)
	}
}

// signOut ends a session of the platform family; the others have no route for it.
func (w *Witness) signOut(base string, s *session) {
	first := false
	w.note(func() {
		if s != nil && s.platform {
			if _, tried := w.revoked[s.id]; !tried {
				first, w.revoked[s.id] = true, false
			}
		}
	})
	if first && w.post(base, "/api/user/signout", nil, s.token, nil) {
		w.note(func() { w.revoked[s.id] = true })
	}
}

// opened notes a session.
func (w *Witness) opened(token string, a *account, platform, paid bool) {
	id, err := sessionOf(token)
	if err != nil {
		w.blame("the token of %s: %v", a.email, err)
		return
	}
	w.note(func() {
		w.sessions = append(w.sessions, &session{id: id, token: token, account: a, platform: platform, paid: paid})
	})
}
