package social_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/social"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// unmigrated is a store whose operator has something to mend.
type unmigrated struct{ store.Store }

func (unmigrated) FindAccount(context.Context, store.Lookup) (store.Subject, error) {
	return store.Subject{}, fmt.Errorf("toy: %w", store.ErrNotMigrated)
}

// What the operator has to do is in the log, and is nothing for a visitor.
func TestVisitorsDoNotReadWhatTheOperatorHasToMend(t *testing.T) {
	kit := authtest.New(t, authtest.WithStore(unmigrated{memory.New()}))
	var log strings.Builder
	h, err := social.NewHandlers(social.HandlersConfig{
		Auth: kit.Auth, Verifier: verifier(t, newIssuer(t), realClock()), Key: tollkeeper.NewMasterKey(),
		RedirectURL: "https://app.example/auth/google/callback", Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.Start.ServeHTTP(w, httptest.NewRequest("GET", "/auth/google/start?parentPublicKey=APK_"+strings.Repeat("A", 26), nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 503 || strings.Contains(string(body), "Migrate") {
		t.Errorf("%d %s, %v", w.Code, body, err)
	}
	if !strings.Contains(log.String(), "call Migrate first") {
		t.Errorf("the log is %q", log.String())
	}
}
