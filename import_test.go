package tollkeeper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// importRun is what a run said.
type importRun struct {
	report tollkeeper.ImportReport
	lines  []tollkeeper.ImportLine
	err    error
}

func (w *world) imports(in tollkeeper.Scope, text string, edits ...func(*tollkeeper.ImportOptions)) (said importRun) {
	w.Helper()
	var report bytes.Buffer
	o := tollkeeper.ImportOptions{Report: &report}
	for _, edit := range edits {
		edit(&o)
	}
	said.report, said.err = w.Auth.Host().ImportAccounts(ctx, in, strings.NewReader(text), o)
	for line := range strings.Lines(report.String()) {
		var l tollkeeper.ImportLine
		w.ok(json.Unmarshal([]byte(line), &l))
		said.lines = append(said.lines, l)
	}
	return said
}

func (w *world) subjectOf(email string) tollkeeper.Subject {
	w.Helper()
	home, _ := tollkeeper.Scope{}.ID()
	s, err := w.store.Store.FindAccount(ctx, store.Lookup{Email: email, Scope: home, Credentials: true})
	w.ok(err)
	return s
}

func updating(o *tollkeeper.ImportOptions)   { o.Update = true }
func rehearsing(o *tollkeeper.ImportOptions) { o.DryRun = true }

// A misspelt member would be lost without anybody knowing: its line is refused, and the report names it.
func TestAnImportRefusesWhatNoRecordHas(t *testing.T) {
	story(t, func(w *world) {
		for member, line := range map[string]string{
			`"passwordhash"`: `{"email":"a@example.com","passwordhash":"x"}`,
			`"Email"`:        `{"email":"a@example.com","Email":"b@example.com"}`,
			`"isuer"`:        `{"email":"a@example.com","identities":[{"isuer":"x","subject":"1"}]}`,
			`"colour"`:       `{"email":"a@example.com","organization":{"colour":"red"}}`,
		} {
			said := w.imports(tollkeeper.Tenants, line)
			if said.report.Refused != 1 || len(said.lines) != 1 || !strings.Contains(said.lines[0].Reason, member) {
				t.Errorf("%s: %+v", line, said)
			}
		}
		w.ok(w.imports(tollkeeper.Scope{}, `{"email":"a@example.com","metadata":{"colour":{"of":"the host"}}}`).err)
		if string(w.subjectOf("a@example.com").Account.Metadata) != `{"colour":{"of":"the host"}}` {
			t.Error("metadata is looked into")
		}
	})
}

// One line that is too long costs that line, wherever it stands.
func TestALineThatIsTooLongIsOneRefusal(t *testing.T) {
	story(t, func(w *world) {
		long := `{"email":"long@example.com","name":"` + strings.Repeat("x", 5<<20) + `"}`
		good := func(n int) string { return fmt.Sprintf(`{"email":"u%d@example.com"}`, n) }
		text := strings.Join([]string{good(1), long, good(2), long, good(3), long}, "\r\n")
		said := w.imports(tollkeeper.Scope{}, text)
		want := tollkeeper.ImportReport{Lines: 6, Done: 6, Stand: 3, Made: 3, Refused: 3}
		if said.err != nil || said.report != want {
			t.Fatalf("%+v, %v", said.report, said.err)
		}
		for i, l := range said.lines {
			if l.Line != int64(2*i+2) || l.Outcome != tollkeeper.ImportRefused || l.Field != "line" || l.Code != tollkeeper.ErrInvalidInput.Code {
				t.Errorf("%+v", l)
			}
		}
	})
}

// A line may have 4 MiB, whatever ends it.
func TestALineMayHaveFourMebibytes(t *testing.T) {
	story(t, func(w *world) {
		line := `{"email":"a@example.com"}`
		full := line + strings.Repeat(" ", 4<<20-len(line))
		for text, refused := range map[string]int64{full: 0, full + "\n": 0, full + " ": 1, full + " \n": 1} {
			if said := w.imports(tollkeeper.Scope{}, text); said.report.Refused != refused || said.report.Lines != 1 {
				t.Errorf("%d bytes: %+v", len(text), said)
			}
		}
	}, unlimited)
}

// What a line has in place of a member may be long, and is nobody's to read.
func TestAReasonIsShort(t *testing.T) {
	story(t, func(w *world) {
		said := w.imports(tollkeeper.Scope{}, `{"email":"a@example.com","`+strings.Repeat("é", 1<<20)+`":1}`)
		if l := said.lines[0]; l.Field != "line" || len(l.Reason) > 300 || !utf8.ValidString(l.Reason) {
			t.Errorf("%d bytes", len(l.Reason))
		}
	})
}

// Blank lines without end end with the context, and so does a long way to where an earlier run stopped.
func TestAnImportOfNothingEndsWithItsContext(t *testing.T) {
	story(t, func(w *world) {
		for _, line := range []string{"\n", `{"email":"a@example.com"}` + "\n"} {
			bounded, cancel := context.WithCancel(ctx)
			read := 0
			r := readerFunc(func(p []byte) (int, error) {
				if read++; read == 3 {
					cancel()
				}
				if read > 1000 {
					return 0, io.EOF
				}
				return copy(p, strings.Repeat(line, 100)), nil
			})
			report, err := w.Auth.Host().ImportAccounts(bounded, tollkeeper.Scope{}, r, tollkeeper.ImportOptions{Skip: 1 << 40})
			if !errors.Is(err, context.Canceled) || report.Lines > 1000 {
				t.Errorf("%+v, %v", report, err)
			}
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAByteOrderMarkIsSkipped(t *testing.T) {
	story(t, func(w *world) {
		said := w.imports(tollkeeper.Scope{}, "\ufeff{\"email\":\"a@example.com\"}\n\ufeff{\"email\":\"b@example.com\"}")
		if said.report.Made != 1 || said.report.Refused != 1 || said.lines[0].Line != 2 {
			t.Errorf("%+v: at the start of the file, and there alone", said)
		}
	})
}

// A reader that fails in the middle of a line has not said what the line is.
func TestAnImportStopsWhereItsReaderFails(t *testing.T) {
	story(t, func(w *world) {
		broken := errors.New("the tape is torn")
		text := `{"email":"a@example.com"}` + "\n" + `{"email":"b@example.com"}`
		r := io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
		report, err := w.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, r, tollkeeper.ImportOptions{})
		if !errors.Is(err, broken) || !errors.Is(err, tollkeeper.ErrInvalidInput) || report.Stand != 0 || report.Done != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestAnImportStopsWhereItsReportFails(t *testing.T) {
	story(t, func(w *world) {
		full := errors.New("disk full")
		_, r := io.Pipe()
		w.ok(r.CloseWithError(full))
		_, err := w.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader("{}"), tollkeeper.ImportOptions{Report: r})
		if !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, full) {
			t.Error(err)
		}
	})
}

// Of two lines that are in each other's way the first is made, however many are written at once.
func TestTheEarlierLineWins(t *testing.T) {
	story(t, func(w *world) {
		var lines []string
		for n := range 40 {
			lines = append(lines,
				fmt.Sprintf(`{"externalId":"a%d","email":"u%d@example.com","username":"name%d","name":"first"}`, n, n, n),
				fmt.Sprintf(`{"externalId":"b%d","email":"U%d@example.com","name":"second"}`, n, n),
				fmt.Sprintf(`{"externalId":"c%d","email":"v%d@example.com","username":"NAME%d","name":"third"}`, n, n, n))
		}
		var calls atomic.Int64
		w.store.faults(func(verb string) error {
			if verb == "CreateAccount" {
				time.Sleep(time.Duration(1_000-calls.Add(1)) * time.Millisecond) // whoever comes later is done sooner
			}
			return nil
		}, nil)
		said := w.imports(tollkeeper.Scope{}, strings.Join(lines, "\n"))
		if said.report.Made != 40 || said.report.Refused != 80 || len(said.lines) != 80 {
			t.Fatalf("%+v", said.report)
		}
		for n, l := range said.lines {
			code := []tollkeeper.Code{tollkeeper.ErrEmailTaken.Code, tollkeeper.ErrUsernameTaken.Code}[n%2]
			if l.Line != int64(3*(n/2)+2+n%2) || l.Code != code {
				t.Errorf("%d: %+v", n, l)
			}
		}
		if name := w.subjectOf("u7@example.com").Account.Name; name != "first" {
			t.Error(name)
		}
	}, unlimited)
}

// What a line says otherwise than the account that stands is reported by name, and taken where the host asks for it.
func TestDifferencesAreReportedAndTaken(t *testing.T) {
	const first = `{"externalId":"1","email":"ann@example.com","username":"ann","name":"Ann","emailVerified":true,"passwordHash":"$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS","createdAt":"2020-01-01T00:00:00Z"}`
	for field, c := range map[string]struct {
		line string
		kept bool // whatever the host asks for
	}{
		"email":             {`"email":"anne@example.com"`, false},
		"username":          {`"username":"anne"`, false},
		"name":              {`"name":"Anne"`, false},
		"role":              {`"role":"guest"`, false},
		"passwordHash":      {`"passwordHash":"{SSHA}D4kSuvPIF4rZzl+dW9Km/1788fBwZXBwZXI="`, false},
		"passwordTemporary": {`"passwordHash":"$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS","passwordTemporary":true`, false},
		"emailProven":       {`"emailProven":true`, false},
		"disabled":          {`"disabled":true`, false},
		"locale":            {`"locale":"de-AT"`, false},
		"metadata":          {`"metadata":{"a":1}`, false},
		"identities":        {`"identities":[{"issuer":"https://issuer.example","subject":"1"}]`, false},
		"createdAt":         {`"createdAt":"2021-01-01T00:00:00Z"`, true},
		"publicKey":         {`"publicKey":"APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"`, true},
	} {
		t.Run(field, func(t *testing.T) {
			story(t, func(w *world) {
				if said := w.imports(tollkeeper.Scope{}, first); said.report.Made != 1 || len(said.lines) != 0 {
					t.Fatalf("%+v", said)
				}
				before := w.subjectOf("ann@example.com")
				line := `{"externalId":"1",` + c.line + `}`
				if field != "email" {
					line = strings.Replace(line, `{`, `{"email":"ann@example.com",`, 1)
				}
				for range 2 {
					said := w.imports(tollkeeper.Scope{}, line)
					want := tollkeeper.ImportLine{Line: 1, Outcome: tollkeeper.ImportDifferent, Account: before.Account.ID, Kept: []string{field}}
					if said.report.Different != 1 || len(said.lines) != 1 || fmt.Sprint(said.lines[0]) != fmt.Sprint(want) {
						t.Fatalf("%+v", said)
					}
				}
				if now := w.subjectOf("ann@example.com"); now.Account.Version != before.Account.Version {
					t.Error("a run without Update changed something")
				}
				said := w.imports(tollkeeper.Scope{}, line, updating)
				taken := len(said.lines) == 1 && slices.Equal(said.lines[0].Fields, []string{field}) && said.report.Updated == 1
				if taken == c.kept {
					t.Fatalf("%+v", said)
				}
				if said := w.imports(tollkeeper.Scope{}, line, updating); !c.kept && len(said.lines) > 0 {
					t.Errorf("the second time: %+v", said)
				}
			}, unlimited)
		})
	}
}

// What a line leaves out says nothing.
func TestALineThatSaysLittleChangesNothing(t *testing.T) {
	story(t, func(w *world) {
		ann := w.user("ann@example.com")
		w.ok(w.Auth.Host().SetStatus(ctx, ann.ID, tollkeeper.StatusDisabled))
		before := w.subjectOf("ann@example.com")
		said := w.imports(tollkeeper.Scope{}, `{"id":"`+ann.ID.String()+`","email":"ann@example.com"}`, updating)
		if after := w.subjectOf("ann@example.com"); len(said.lines) != 0 || said.report.Stand != 1 || after.Account.Version != before.Account.Version {
			t.Errorf("%+v", said)
		}
	}, unlimited)
}

// An address, a role, a status or a password that an import takes ends the sessions that were begun with the old one.
func TestATakenPasswordEndsSessions(t *testing.T) {
	story(t, func(w *world) {
		line := `{"externalId":"1","email":"ann@example.com","emailProven":true,"passwordHash":"$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS","name":"%s","passwordChangedAt":"%s"}`
		w.ok(w.imports(tollkeeper.Scope{}, fmt.Sprintf(line, "Ann", "1999-01-01T00:00:00Z")).err)
		in, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@example.com", Password: "correct horse battery"})
		w.ok(err)
		said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(line, "Anne", "1999-01-01T00:00:00Z"), updating)
		if said.report.Updated != 1 || !slices.Equal(said.lines[0].Fields, []string{"name"}) {
			t.Errorf("a password that was renewed here counts as another one: %+v", said)
		}
		w.ok(errOf(w.Auth.Authenticate(ctx, in.Token)))
		said = w.imports(tollkeeper.Scope{}, fmt.Sprintf(line, "Anne", "1999-06-01T00:00:00Z"), updating)
		if said.report.Updated != 1 || !slices.Equal(said.lines[0].Fields, []string{"passwordHash"}) {
			t.Errorf("a later password is not taken: %+v", said)
		}
		w.want(errOf(w.Auth.Authenticate(ctx, in.Token)), tollkeeper.ErrInvalidToken)
		if e := w.lastWritten(w.subjectOf("ann@example.com").Account.ID, tollkeeper.EventAccountUpdated); e.Method != "import" {
			t.Errorf("%+v", e)
		}
	}, unlimited)
}

// A password that its owner chose here is not replaced by one of before, whatever the host asks for.
func TestAChosenPasswordStays(t *testing.T) {
	story(t, func(w *world) {
		ann := w.user("ann@example.com")
		for hash, differs := range map[string]bool{
			"$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS":                                      false, // an old one
			"$argon2id$v=19$m=65536,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gLHIkr1qgP4r3sH1P/NIg3+PMckaLQ3RkuIiytJhVlY": true,  // nobody can tell
		} {
			said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"id":%q,"email":"ann@example.com","passwordHash":%q}`, ann.ID, hash), updating)
			if differs != (said.report.Different == 1) || said.report.Updated != 0 {
				t.Errorf("%s: %+v", hash, said)
			}
		}
		w.ok(errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@example.com", Password: password})))
	}, unlimited)
}

// A second factor stands on a proven mailbox: an address that nobody vouches for is not put below one.
func TestAnUpdateLeavesNoFactorOnAnUnprovenAddress(t *testing.T) {
	const factor = `"factors":[{"seed":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}]`
	story(t, func(w *world) {
		w.ok(w.imports(tollkeeper.Scope{}, `{"externalId":"1","email":"ann@example.com","emailProven":true,`+factor+`}`).err)
		said := w.imports(tollkeeper.Scope{}, `{"externalId":"1","email":"new@example.com"}`, updating)
		if said.report.Different != 1 || !slices.Equal(said.lines[0].Kept, []string{"email"}) || w.subjectOf("ann@example.com").Account.EmailProvenAt.IsZero() {
			t.Errorf("%+v", said)
		}
		said = w.imports(tollkeeper.Scope{}, `{"externalId":"1","email":"new@example.com","emailProven":true}`, updating)
		if x := w.subjectOf("new@example.com"); said.report.Updated != 1 || x.Account.EmailProvenAt.IsZero() || len(x.Factors) != 1 {
			t.Errorf("%+v", said)
		}
		plain := w.imports(tollkeeper.Scope{}, `{"externalId":"2","email":"bob@example.com","emailVerified":true}`+"\n"+`{"externalId":"2","email":"rob@example.com"}`, updating)
		if x := w.subjectOf("rob@example.com").Account; plain.report.Updated != 1 || !x.EmailProvenAt.IsZero() || !x.EmailVerifiedAt.IsZero() {
			t.Errorf("%+v", plain)
		}
	}, unlimited)
}

// The last admin stays one, and a change that another one overtakes is done on what that left.
func TestAnUpdateKeepsTheRules(t *testing.T) {
	story(t, func(w *world) {
		admin := w.firstAdmin()
		said := w.imports(tollkeeper.Scope{}, `{"id":"`+admin.ID.String()+`","email":"`+admin.Email+`","role":"user"}`, updating)
		if said.report.Refused != 1 || said.lines[0].Code != tollkeeper.ErrLastAdmin.Code || said.lines[0].Account != uuid.Nil {
			t.Errorf("%+v", said)
		}
	}, unlimited)
}
