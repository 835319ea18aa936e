package tollkeeper_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// A dry run changes nothing, and reports what the run then does: of lines made at random, of people who have much in
// common, and again after each run.
func TestADryRunSaysWhatARunDoes(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			story(t, func(w *world) {
				r := rand.New(rand.NewPCG(seed, 1))
				for round := range 4 {
					var lines strings.Builder
					for range 60 {
						lines.WriteString(randomLine(r) + "\n")
					}
					takes, unknown := r.IntN(2) == 0, []tollkeeper.PasswordsUnknown{"", tollkeeper.PasswordsReset}[seed%2]
					update := func(o *tollkeeper.ImportOptions) { o.Update, o.PasswordsUnknown = takes, unknown }
					before := everything(w)
					said := w.imports(tollkeeper.Scope{}, lines.String(), update, rehearsing)
					if after := everything(w); after != before {
						w.Fatalf("round %d: a dry run changed something:\n%s\nbecame\n%s", round, before, after)
					}
					did := w.imports(tollkeeper.Scope{}, lines.String(), update)
					if said.err != nil || did.err != nil || said.report != did.report || !reflect.DeepEqual(said.lines, did.lines) {
						w.Fatalf("round %d, taking: %t: it said %+v, %v, and did %+v, %v%s\nof\n%s", round, takes, said.report, said.err, did.report, did.err, firstDifference(said.lines, did.lines), lines.String())
					}
				}
			}, unlimited)
		})
	}
}

func firstDifference(said, did []tollkeeper.ImportLine) string {
	for n := range min(len(said), len(did)) {
		if !reflect.DeepEqual(said[n], did[n]) {
			return fmt.Sprintf("\nof line %d it said %+v, of line %d it did %+v", said[n].Line, said[n], did[n].Line, did[n])
		}
	}
	return ""
}

// randomLine is of one of a few people, addresses and names, and sometimes of nobody.
func randomLine(r *rand.Rand) string {
	members := []string{fmt.Sprintf(`"email":"u%d@example.com"`, r.IntN(12))}
	maybe := func(one int, format string, most int) {
		if r.IntN(one) == 0 {
			members = append(members, fmt.Sprintf(format, r.IntN(most)))
		}
	}
	if r.IntN(4) > 0 {
		members = append(members, fmt.Sprintf(`"externalId":"x%d"`, r.IntN(12)))
	}
	maybe(2, `"username":"Name%d"`, 8)
	maybe(3, `"name":"N%d"`, 3)
	maybe(6, `"locale":"x%d"`, 2)
	maybe(4, `"identities":[{"issuer":"https://issuer.example","subject":"%d"}]`, 6)
	maybe(6, `"metadata":{"n":%d}`, 2)
	maybe(9, `"createdAt":"199%d-01-01T00:00:00Z"`, 2)
	maybe(20, `"nothing":%d`, 2)
	maybe(20, `"role":"r%d"`, 2)
	if r.IntN(3) == 0 {
		members = append(members, `"emailProven":true`)
		maybe(3, `"factors":[{"seed":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX%d"}]`, 8)
	}
	hashes := []string{foreignHashes["bcrypt"], foreignHashes["ssha"], foreignHashes["argon2id"], foreignHashes["sha256-crypt"], "{SHA}Y+uZJ6t5RhpNRbpQTCTQ87h1ouE=", "$y$unknown"}
	if r.IntN(2) == 0 {
		members = append(members, fmt.Sprintf(`"passwordHash":%q`, hashes[r.IntN(len(hashes))]))
		maybe(4, `"passwordChangedAt":"199%d-06-01T00:00:00Z"`, 4)
		maybe(6, `"passwordTemporary":true%.0d`, 1)
	}
	maybe(8, `"disabled":true%.0d`, 1)
	return "{" + strings.Join(members, ",") + "}"
}

// everything is what an export has of the app's own users.
func everything(w *world) string {
	w.Helper()
	var out strings.Builder
	if _, err := w.Auth.Host().ExportAccounts(ctx, tollkeeper.Scope{}, &out, tollkeeper.ExportOptions{}); err != nil {
		w.Fatal(err)
	}
	return out.String()
}

// A dry run of what stands in the store says what a run would find there.
func TestADryRunSeesWhatIsThere(t *testing.T) {
	story(t, func(w *world) {
		w.user("ann@example.com")
		said := w.imports(tollkeeper.Scope{}, `{"externalId":"1","email":"ann@example.com"}`+"\n"+`{"externalId":"2","email":"bob@example.com"}`, rehearsing)
		if said.report.Refused != 1 || said.report.Made != 1 || said.lines[0].Code != tollkeeper.ErrEmailTaken.Code {
			t.Errorf("%+v", said)
		}
		if len(w.Events(tollkeeper.EventAccountsImported)) > 0 {
			t.Error("the log has an import")
		}
	}, unlimited)
}
