package witness

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// post sends a request and reports whether it was answered with 200 and a whole body, which is in answer then. A status
// that is neither 200 nor excused is wrong.
func (w *Witness) post(base, path string, body map[string]any, token string, answer any) bool {
	status, text, err := w.send(http.MethodPost, base+path, body, token)
	if err != nil {
		return false
	}
	if status != http.StatusOK {
		if w.Excused == nil || !w.Excused(status) {
			w.blame("POST %s %v: %d %s", path, body["email"], status, text)
		}
		return false
	}
	if answer == nil {
		return true
	}
	if err := json.Unmarshal(text, answer); err != nil {
		w.blame("POST %s: %v in %s", path, err, text)
		return false
	}
	return true
}

// send is one request, each from a network of its own, so that no rate of a network is met. The server must trust
// this machine as a proxy.
func (w *Witness) send(method, url string, body map[string]any, token string) (status int, text []byte, err error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, url, content)
	if err != nil {
		return 0, nil, err
	}
	var peer [3]byte
	rand.Read(peer[:])
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", peer[0], peer[1], peer[2]))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := w.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	text, err = io.ReadAll(res.Body)
	return res.StatusCode, text, errors.Join(err, res.Body.Close())
}

// sessionOf reads the session's id in a token, without checking anything.
func sessionOf(token string) (uuid.UUID, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return uuid.Nil, fmt.Errorf("%q is no token", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return uuid.Nil, err
	}
	var claims struct{ SID uuid.UUID }
	err = json.Unmarshal(text, &claims)
	return claims.SID, err
}
