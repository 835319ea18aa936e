package tollkeeper_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// What the first proof of a mailbox took away, a stranger's password and sign-in, does not come back with the next
// import; a line that is proven itself brings what its owner has there.
func TestAnUpdateBringsNoStrangerBack(t *testing.T) {
	const line = `{"externalId":"1","email":%q,"name":"Ann","passwordHash":%q,"passwordChangedAt":"2999-01-01T00:00:00Z","identities":[{"issuer":"https://issuer.example","subject":"1"}]%s}`
	story(t, func(w *world) {
		w.ok(w.imports(tollkeeper.Scope{}, fmt.Sprintf(line, "ann@example.com", foreignHashes["bcrypt"], "")).err)
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "ann@example.com"}))
		in, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "ann@example.com", Code: tollkeeper.SecretText(w.LastCode("ann@example.com"))})
		w.ok(err)
		if !in.Dropped.Password || len(in.Dropped.Identities) != 1 {
			t.Fatalf("%+v", in.Dropped)
		}
		for email, kept := range map[string][]string{
			"ann@example.com": {"passwordHash", "identities"}, "eve@example.com": {"email", "passwordHash", "identities"},
		} {
			said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(line, email, foreignHashes["bcrypt"], ""), updating)
			if said.report.Updated != 0 || len(said.lines) != 1 || !reflect.DeepEqual(said.lines[0].Kept, kept) {
				t.Errorf("%s: %+v", email, said)
			}
		}
		w.want(w.opens("ann@example.com", "correct horse battery"), tollkeeper.ErrInvalidCredentials)
		w.ok(w.imports(tollkeeper.Scope{}, fmt.Sprintf(line, "ann@example.com", foreignHashes["bcrypt"], `,"emailProven":true`), updating).err)
		w.ok(w.opens("ann@example.com", "correct horse battery"))
	}, unlimited)
}

// An account that a line names by its address alone, and that has another one by now, gets nothing of it: the address
// may be somebody else's.
func TestAnAddressThatAnAccountHasLeftNamesItNoMore(t *testing.T) {
	story(t, func(w *world) {
		w.ok(w.imports(tollkeeper.Scope{}, `{"email":"ann@example.com","emailProven":true}`).err)
		w.moveTo(w.subjectOf("ann@example.com").Account, "ann@new.example")
		said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"email":"ann@example.com","emailProven":true,"name":"Eve","passwordHash":%q}`, foreignHashes["bcrypt"]), updating)
		if said.report.Different != 1 || said.report.Updated != 0 || len(said.lines[0].Kept) != 3 {
			t.Errorf("%+v", said)
		}
		w.want(w.opens("ann@new.example", "correct horse battery"), tollkeeper.ErrInvalidCredentials)
	}, unlimited)
}

func (w *world) moveTo(x tollkeeper.Account, email string) {
	w.Helper()
	x.Email, x.EmailKey = email, email
	_, _, err := w.store.Store.UpdateAccount(ctx, store.Change{Account: x}, w.Now())
	w.ok(err)
}

// A password that was chosen here stays one that was chosen, also when hashes are made dearer afterwards.
func TestAPasswordChosenBeforeHashesGotDearerStays(t *testing.T) {
	story(t, func(w *world) {
		ann := w.user("ann@example.com")
		x := w.subjectOf("ann@example.com").Account
		x.Password = "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gLHIkr1qgP4r3sH1P/NIg3+PMckaLQ3RkuIiytJhVlY" // of lesser parameters
		_, _, err := w.store.Store.UpdateAccount(ctx, store.Change{Account: x}, w.Now())
		w.ok(err)
		said := w.imports(tollkeeper.Scope{}, fmt.Sprintf(`{"id":%q,"email":"ann@example.com","emailProven":true,"passwordHash":%q}`, ann.ID, foreignHashes["bcrypt"]), updating)
		if w.subjectOf("ann@example.com").Account.Password != x.Password {
			t.Errorf("%+v", said)
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Passwords.Hash.Memory = 16 })
}

// With Update a name may become free by one line and be wanted by another: the order of the lines decides, however many
// are done at once, and a dry run knows it. So it knows of what a record has twice, and of the last admin.
func TestADryRunKnowsWhatLinesLeaveToEachOther(t *testing.T) {
	const two = `{"externalId":"1","email":"a@example.com","username":"ann"}` + "\n" + `{"externalId":"2","email":"b@example.com","username":"bob"}`
	const seed = `{"id":"018f3f6e-7c3a-7b2e-9a51-0c6f5a1d2e3f","seed":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX2"}`
	for name, c := range map[string]struct {
		first, then      string
		updated, refused int64
	}{
		"left before":    {two, `{"externalId":"1","email":"c@example.com","username":"anne"}` + "\n" + `{"externalId":"2","email":"a@example.com","username":"ann"}`, 2, 0},
		"left to a new":  {two, `{"externalId":"1","email":"c@example.com","username":"anne"}` + "\n" + `{"externalId":"3","email":"a@example.com","username":"ann"}`, 1, 0},
		"left later":     {two, `{"externalId":"2","email":"b@example.com","username":"ann"}` + "\n" + `{"externalId":"1","email":"a@example.com","username":"anne"}`, 1, 1},
		"identity twice": {two, `{"externalId":"1","email":"a@example.com","identities":[{"issuer":"https://i.example","subject":"1"},{"issuer":"https://i.example","subject":"1"}]}`, 0, 1},
		"factor twice":   {"", `{"email":"a@example.com","emailProven":true,"factors":[` + seed + "," + seed + `]}`, 0, 1},
		"many apps":      {"", `{"email":"a@example.com","emailProven":true,"factors":[{"seed":"JBSWY3DPEHPK3PXP"}` + strings.Repeat(`,{"seed":"JBSWY3DPEHPK3PXP"}`, 10) + `]}`, 0, 1},
		"one weak hash":  {"", `{"email":"a@example.com","passwordHash":"{SHA}Y+uZJ6t5RhpNRbpQTCTQ87h1ouE="}` + "\n" + `{"email":"a@example.com","passwordHash":"{SHA1}Y+uZJ6t5RhpNRbpQTCTQ87h1ouE="}`, 0, 0},
		"one admin":      {`{"email":"a@example.com","role":"admin"}`, `{"email":"a@example.com","role":"user"}` + "\n" + `{"email":"b@example.com","role":"admin"}`, 0, 1},
		"an admin after": {`{"email":"a@example.com","role":"admin"}`, `{"email":"b@example.com","role":"admin"}` + strings.Repeat("\n", 1000) + `{"email":"a@example.com","role":"user"}`, 1, 0},
		"two admins": {`{"email":"a@example.com","role":"admin"}` + "\n" + `{"email":"b@example.com","role":"admin"}`,
			`{"email":"a@example.com","disabled":true}` + "\n" + `{"email":"b@example.com","role":"user"}`, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.ok(w.imports(tollkeeper.Scope{}, c.first).err)
				said := w.imports(tollkeeper.Scope{}, c.then, updating, rehearsing)
				did := w.imports(tollkeeper.Scope{}, c.then, updating)
				if !reflect.DeepEqual(said, did) || did.report.Updated != c.updated || did.report.Refused != c.refused {
					t.Errorf("it said %+v\nand did %+v", said, did)
				}
			}, unlimited)
		})
	}
}
