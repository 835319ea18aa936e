package examples_test

import (
	"testing"
	"time"
)

// TestStalenessOnOneFile: two processes on one SQLite file. A sign-out counts at once where it was made, and in the other
// one within the staleness; strictly, it counts at once in both. The fleet's test measures the same on PostgreSQL.
func TestStalenessOnOneFile(t *testing.T) {
	for _, stale := range []time.Duration{0, 500 * time.Millisecond} {
		t.Run(stale.String(), func(t *testing.T) {
			program := in(t, t.TempDir())
			one := program.Start(t, anyPort, "-staleness="+stale.String())
			two := program.Start(t, anyPort, "-staleness="+stale.String())
			signUp(t, one.URL, "ada@home.example")
			_, answer := call(t, "POST "+one.URL+"/auth/signin", `{"email":"ada@home.example","password":"Plum4Kettle!Orbit"}`, "")
			data, _ := answer["data"].(map[string]any)
			token, _ := data["token"].(string)
			serves := func(base string) bool {
				status, answer := call(t, "GET "+base+"/auth/user-profile", "", token)
				if status != 200 && status != 401 {
					t.Fatalf("%d %v", status, answer)
				}
				return status == 200
			}
			if !serves(one.URL) || !serves(two.URL) {
				t.Fatal("the session does not serve in both")
			}
			if status, answer := call(t, "POST "+one.URL+"/auth/signout", "", token); status != 200 {
				t.Fatalf("signing out: %d %v", status, answer)
			}
			ended := time.Now()
			if serves(one.URL) {
				t.Error("it serves where it was ended")
			}
			var last time.Duration
			for {
				asked := time.Since(ended)
				if !serves(two.URL) {
					break
				}
				if last = asked; last > stale {
					t.Fatalf("it serves elsewhere %v after its end", last)
				}
				time.Sleep(5 * time.Millisecond)
			}
			t.Logf("with -staleness=%v it served elsewhere up to %v after its end", stale, last.Round(time.Millisecond))
		})
	}
}
