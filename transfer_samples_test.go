package tollkeeper_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// What other programs publish as samples of their hashes is imported as far as the formats are read, and one of each
// scheme signs in with its password.
func TestSamplesOfOtherProgramsAreImported(t *testing.T) {
	text, err := os.ReadFile("internal/passhash/testdata/hashes/hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var samples []struct{ Scheme, Password, Hash, Expect string }
	if err := json.Unmarshal(text, &samples); err != nil {
		t.Fatal(err)
	}
	k := authtest.New(t, authtest.WithConfig(unlimited))
	var lines bytes.Buffer
	for i, s := range samples {
		hash, err := json.Marshal(s.Hash)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "{\"email\":\"s%d@home.example\",\"passwordHash\":%s,\"emailVerified\":true}\n", i, hash)
	}
	var mu sync.Mutex
	refused := map[int64]bool{}
	_, err = k.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, &lines, tollkeeper.ImportOptions{Refused: func(line int64, err error) {
		mu.Lock()
		defer mu.Unlock()
		if refused[line] = true; !errors.Is(err, tollkeeper.ErrInvalidInput) {
			t.Errorf("line %d: %v", line, err)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for i, s := range samples {
		if r := refused[int64(i+1)]; r && s.Expect == "ok" || !r && s.Expect == "other" && s.Hash != "" {
			t.Errorf("%s is refused: %t: %s", s.Scheme, r, s.Hash)
		}
		if s.Expect != "ok" || tried[s.Scheme] || s.Hash[:2] == "$2" && len(s.Password) > 72 {
			continue
		}
		tried[s.Scheme] = true
		_, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: fmt.Sprintf("s%d@home.example", i), Password: tollkeeper.Password(s.Password)})
		if err != nil {
			t.Errorf("%s: %q: %v", s.Scheme, s.Password, err)
		}
	}
	if len(tried) < 20 {
		t.Errorf("only %d schemes were tried", len(tried))
	}
}
