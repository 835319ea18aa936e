package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// brought imports one account with that hash and returns how it is kept.
func (w *world) brought(email, hash string, edits ...func(*tollkeeper.ImportOptions)) string {
	w.Helper()
	said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"email":%q,"passwordHash":%q}`, email, hash), edits...)
	if said.report.Made != 1 {
		w.Fatalf("%+v", said)
	}
	return string(w.subjectOf(email).Account.Password)
}

func (w *world) opens(email, password string) error {
	return errOf(w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: tollkeeper.Password(password)}))
}

// Whoever reads the database finds no digest that a list of passwords is tried against in an hour.
func TestNoWeakHashRestsInTheStore(t *testing.T) {
	story(t, func(w *world) {
		for n, hash := range []string{
			"{SHA}Y+uZJ6t5RhpNRbpQTCTQ87h1ouE=", "$1$saltsalt$LuIOkTuVJ1DInGeRTa4Xf.", foreignHashes["ssha"], foreignHashes["pbkdf2-sha256"],
		} {
			email := fmt.Sprintf("u%d@example.com", n)
			kept := w.brought(email, hash)
			digest := hash[strings.LastIndexAny(hash, "$}")+1:]
			if !strings.HasPrefix(kept, "$wrapped$") || strings.Contains(kept, digest) || strings.Contains(kept, digest[:8]) {
				t.Errorf("%s is kept as %s", hash, kept)
			}
			again := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"email":%q,"passwordHash":%q}`, email, hash), updating)
			if len(again.lines) != 0 || string(w.subjectOf(email).Account.Password) != kept {
				t.Errorf("%s is another one the second time: %+v", hash, again)
			}
		}
	}, unlimited)
}

// A wrong password costs one hash, whether the account is there, brought a weak hash along, or is none.
func TestAWrappedHashCostsWhatEverybodysDoes(t *testing.T) {
	var hashes counter
	story(t, func(w *world) {
		w.user("ann@example.com")
		w.brought("bob@example.com", foreignHashes["ssha"])
		w.brought("cyd@example.com", foreignHashes["argon2id"])
		for email, want := range map[string]int64{"ann@example.com": 1, "bob@example.com": 1, "nobody@example.com": 1, "cyd@example.com": 1} {
			if n := hashes.of(func() { w.want(w.opens(email, "wrong password"), tollkeeper.ErrInvalidCredentials) }); n != want {
				t.Errorf("%s costs %d hashes, want %d", email, n, want)
			}
		}
		w.ok(w.opens("bob@example.com", "correct horse battery"))
		if kept := w.subjectOf("bob@example.com").Account.Password; !strings.HasPrefix(string(kept), "$argon2id$") {
			t.Errorf("after a sign-in it is %s", kept)
		}
	}, unlimited, hashes.install)
}

// Devise hashes the password with a pepper behind it, which is in no database there and in none here.
func TestAPepperComesAlongEncrypted(t *testing.T) {
	const pepper = "a pepper of Devise, which is long: 0123456789abcdef0123456789abcdef"
	hash, err := bcrypt.GenerateFromPassword([]byte(("correct horse" + pepper)[:72]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	peppered := func(o *tollkeeper.ImportOptions) { o.Pepper = pepper }
	story(t, func(w *world) {
		kept := w.brought("ann@example.com", string(hash), peppered)
		if !strings.HasPrefix(kept, "$sealed$") || strings.Contains(kept, string(hash)) || strings.Contains(kept, "pepper") {
			t.Errorf("kept as %s", kept)
		}
		line := fmt.Sprintf(`{"email":"ann@example.com","passwordHash":%q}`, hash)
		if again := w.imports(tollkeeper.Scope{}, line, peppered); len(again.lines) != 0 {
			t.Errorf("another one the second time: %+v", again)
		}
		var out strings.Builder
		w.ok(errOf(w.Auth.Host().ExportAccounts(ctx, tollkeeper.Scope{}, &out, tollkeeper.ExportOptions{})))
		if again := w.imports(tollkeeper.Scope{}, out.String()); len(again.lines) != 0 || again.report.Stand != 1 {
			t.Errorf("its own export: %+v", again)
		}
		w.want(w.opens("ann@example.com", "correct horse"+pepper), tollkeeper.ErrInvalidCredentials)
		w.ok(w.opens("ann@example.com", "correct horse"))
		if kept := w.subjectOf("ann@example.com").Account.Password; !strings.HasPrefix(string(kept), "$argon2id$") {
			t.Errorf("after a sign-in it is %s", kept)
		}
		w.ok(w.opens("ann@example.com", "correct horse"))
		said := w.imports(tollkeeper.Scope{}, line, func(o *tollkeeper.ImportOptions) { o.Pepper = tollkeeper.SecretText(strings.Repeat("x", 257)) })
		w.want(said.err, tollkeeper.ErrInvalidInput)
	}, unlimited)
}

// A box of other secrets is nobody's hash: the account stands, and its owner resets.
func TestAPepperOfOtherSecretsOpensNothing(t *testing.T) {
	story(t, func(w *world) {
		kept := w.brought("ann@example.com", foreignHashes["bcrypt"], func(o *tollkeeper.ImportOptions) { o.Pepper = "x" })
		other := w.Another(authtest.WithStore(memory.New()), authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Secrets = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}
		}))
		_, err := imported(w, other, fmt.Sprintf(`{"email":"ann@example.com","passwordHash":%q}`, kept))
		if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "passwordHash" {
			t.Errorf("%v", err)
		}
	}, unlimited)
}

// bcrypt elsewhere took the first 72 bytes of a longer password. Where the host says so that is good once; from then on
// every byte counts.
func TestALongPasswordOfBcrypt(t *testing.T) {
	long := strings.Repeat("seventy-two bytes and more ", 4)
	hash, err := bcrypt.GenerateFromPassword([]byte(long[:72]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	story(t, func(w *world) {
		w.brought("strict@example.com", string(hash))
		w.want(w.opens("strict@example.com", long), tollkeeper.ErrInvalidCredentials)
		w.brought("ann@example.com", string(hash), func(o *tollkeeper.ImportOptions) { o.LongBcrypt = true })
		w.want(w.opens("ann@example.com", "x"+long), tollkeeper.ErrInvalidCredentials)
		w.ok(w.opens("ann@example.com", long))
		w.want(w.opens("ann@example.com", long+"x"), tollkeeper.ErrInvalidCredentials)
		w.ok(w.opens("ann@example.com", long))
	}, unlimited)
}

// Where nobody can read the hash the account comes without a password, if the host asks for it, and is told of.
func TestAnUnknownHashIsResetWhereTheHostSaysSo(t *testing.T) {
	story(t, func(w *world) {
		line := `{"email":"ann@example.com","emailProven":true,"passwordTemporary":true,"passwordHash":"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"}`
		if said := w.imports(tollkeeper.Scope{}, line); said.report.Refused != 1 || said.lines[0].Field != "passwordHash" {
			t.Fatalf("%+v", said)
		}
		reset := func(o *tollkeeper.ImportOptions) { o.PasswordsUnknown = tollkeeper.PasswordsReset }
		said := w.imports(tollkeeper.Scope{}, line, reset)
		if said.report.Made != 1 || said.report.Reset != 1 || said.lines[0].Outcome != tollkeeper.ImportReset || said.lines[0].Field != "passwordHash" || strings.Contains(said.lines[0].Reason, "$") {
			t.Fatalf("%+v", said)
		}
		x := w.subjectOf("ann@example.com").Account
		if x.Password != "" || !x.PasswordChangedAt.IsZero() || x.PasswordTemporary {
			t.Errorf("%+v", x)
		}
		w.want(w.opens("ann@example.com", ""), tollkeeper.ErrInvalidCredentials)
		if said := w.imports(tollkeeper.Scope{}, line, reset, updating); len(said.lines) != 0 || said.report.Stand != 1 {
			t.Errorf("the second time: %+v", said)
		}
	}, unlimited)
}

// Where there is no place to wait for a hash an import tries again after a while, and ends with its context.
func TestAnImportThatFindsNoPlaceTriesAgain(t *testing.T) {
	var armed atomic.Bool
	inside, release := make(chan struct{}, 2), make(chan struct{})
	const weak = "{SHA}Y+uZJ6t5RhpNRbpQTCTQ87h1ouE="
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Passwords.Imported = []tollkeeper.SecretText{weak}
		c.Passwords.Hash.Parallel, c.Passwords.Hash.Queue, c.Passwords.Hash.Wait = 1, 1, time.Minute
		c.Passwords.Hash.Derive = func(password, salt []byte, passes, memory uint32, threads uint8, size uint32) []byte {
			if armed.Load() {
				inside <- struct{}{}
				<-release
			}
			return argon2.IDKey(password, salt, passes, memory, threads, size)
		}
	}))
	armed.Store(true)
	var people sync.WaitGroup
	waiting := make(chan error, 8)
	for range 3 { // one has the place, one waits, one is told at once that there is none
		people.Go(func() {
			_, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "nobody@example.com", Password: "wrong password"})
			waiting <- err
		})
	}
	<-inside
	if err := <-waiting; !errors.Is(err, tollkeeper.ErrBusy) {
		t.Fatal(err)
	}
	imports := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(`{"email":"a@example.com","passwordHash":"`+weak+`"}`), tollkeeper.ImportOptions{})
			done <- err
		}()
		return done
	}
	bounded, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	select {
	case err := <-imports(bounded):
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
	patient := imports(ctx)
	time.Sleep(150 * time.Millisecond) // it has tried in vain by now
	close(release)
	people.Wait()
	if err := <-patient; err != nil {
		t.Error(err)
	}
	if s, err := k.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, "a@example.com"); err != nil || !strings.HasPrefix(string(s.Account.Password), "$wrapped$") {
		t.Errorf("kept as %s, %v", string(s.Account.Password), err)
	}
}
