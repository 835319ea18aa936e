package examples_test

import (
	"bytes"
	"fmt"
	"maps"
	"testing"
	"time"
)

// orders are the ways to spread three steps over three processes.
var orders = [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

// signOutCounts: signed in at one, out at another, refused by all when the answer is there (I5).
func (f *fleet) signOutCounts(t *testing.T) {
	c := f.child(t)
	for _, order := range orders {
		one, two, three := f.servers[order[0]].URL, f.servers[order[1]].URL, f.servers[order[2]].URL
		v := newVisitor()
		v = v.with(v.signIn(one, c, password).want(t, "sign-in", 200).field("token"))
		v.get(three+"/api/user/status").want(t, "the session elsewhere", 200)
		v.post(two+"/api/user/signout", nil).want(t, "sign-out elsewhere", 200)
		for _, base := range []string{three, one, two} {
			v.get(base+"/api/user/status").want(t, "the session after its end", 401)
		}
	}
}

// passwordEndsSessions: all but the caller's are over when the answer is there (I5).
func (f *fleet) passwordEndsSessions(t *testing.T) {
	one, two, three := f.servers[0].URL, f.servers[1].URL, f.servers[2].URL
	login := object{"email": fmt.Sprintf("v%d@fleet.example", f.people.Add(1)), "password": password}
	v := newVisitor()
	mine := v.with(v.post(one+"/authentiq/v1/user/register", login).want(t, "register", 201).field("token"))
	other := v.with(v.post(two+"/authentiq/v1/user/login", login).want(t, "login", 200).field("token"))
	other.get(three+"/authentiq/v1/validate/token").want(t, "the other session", 200)
	change := object{"password": password, "newPassword": "Green4Anchor!Tide"}
	mine.ask("PUT", one+"/authentiq/v1/user/password", change).want(t, "the change", 200)
	for _, s := range f.servers {
		other.get(s.URL+"/authentiq/v1/validate/token").want(t, "the other session afterwards", 401)
		mine.get(s.URL+"/authentiq/v1/validate/token").want(t, "the caller's session", 200)
	}
}

// guess is a sign-in of the organization family.
func (v visitor) guess(base string, p person, password string) reply {
	return v.post(base+"/auth/signin", object{"email": p.email, "password": password, "parentPublicKey": p.key})
}

// failuresCount: of many guesses at once five are judged, and the lock holds against the right password.
func (f *fleet) failuresCount(t *testing.T) {
	c, v := f.child(t), newVisitor()
	wantCounts(t, f.atOnce(20, func(base string, _ int) reply { return v.guess(base, c, "Wrong4Kettle!Orbit") }), map[int]int{401: 5, 403: 15})
	for _, s := range f.servers {
		locked := v.guess(s.URL, c, password).want(t, "the right password", 403)
		if code := locked.field("error", "code"); code != "ACCOUNT_LOCKED" {
			t.Errorf("it is refused with %s", code)
		}
	}
	newVisitor().guess(f.url, c, password).want(t, "the owner on their own network", 200)
}

// attemptsCount: a network may sign ten people up an hour.
func (f *fleet) attemptsCount(t *testing.T) {
	parent, _ := f.newPerson(t, f.url, "")
	v := newVisitor()
	wantCounts(t, f.atOnce(25, func(base string, _ int) reply {
		name := fmt.Sprintf("n%d", f.people.Add(1))
		return v.post(base+"/auth/signup", object{"username": name, "email": name + "@fleet.example", "password": password, "parentPublicKey": parent.key})
	}), map[int]int{200: 10, 429: 15})
}

// code has somebody ask for a code by mail and waits for it.
func (f *fleet) code(t *testing.T, c person) string {
	t.Helper()
	return f.codeFor(t, newVisitor(), c)
}

func (f *fleet) codeFor(t *testing.T, asker visitor, c person) string {
	t.Helper()
	asker.post(f.url+"/api/user/signin-otp", object{"email": c.email, "PlatformId": c.key}).want(t, "asking for a code", 200)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if code := f.mails.Code(c.email); code != "" {
			return code
		}
		if time.Now().After(deadline) {
			t.Fatal("no code comes")
		}
	}
}

func (v visitor) useCode(base string, c person, code string) reply {
	return v.post(base+"/api/user/verify-otp", object{"email": c.email, "otp": code, "PlatformId": c.key})
}

// codeWorksOnce: whoever is second, anywhere and ever, is refused (I3, I4).
func (f *fleet) codeWorksOnce(t *testing.T) {
	c := f.child(t)
	code := f.code(t, c)
	wantCounts(t, f.atOnce(9, func(base string, _ int) reply { return newVisitor().useCode(base, c, code) }), map[int]int{200: 1, 401: 8})
}

// codesHaveFewTries: strangers have ten for an address, wherever they make them, and do not stop whoever asked (I4).
func (f *fleet) codesHaveFewTries(t *testing.T) {
	c := f.child(t)
	asker := newVisitor()
	code := f.codeFor(t, asker, c)
	wrong := code[:5] + string('0'+(code[5]-'0'+1)%10)
	wantCounts(t, f.atOnce(14, func(base string, _ int) reply { return newVisitor().useCode(base, c, wrong) }), map[int]int{401: 10, 429: 4})
	newVisitor().useCode(f.url, c, code).want(t, "a stranger, with the code", 429)
	newVisitor().signIn(f.url, c, password).want(t, "the password", 200)
	asker.useCode(f.url, c, code).want(t, "who asked for it", 200)
}

// addressIsTakenOnce: of many sign-ups at once one succeeds (I7).
func (f *fleet) addressIsTakenOnce(t *testing.T) {
	email := fmt.Sprintf("same%d@fleet.example", f.people.Add(1))
	wantCounts(t, f.atOnce(9, func(base string, _ int) reply {
		return newVisitor().post(base+"/auth/signup", object{"username": fmt.Sprintf("s%d", f.people.Add(1)), "email": email, "password": password})
	}), map[int]int{200: 1, 409: 8})
}

// creditsAreSpentOnce: 60 credits are eight children at 5 and twenty sign-ins at 1 (I1, I2).
func (f *fleet) creditsAreSpentOnce(t *testing.T) {
	small := f.program.Start(t, append(f.args, "-credits=60")...)
	parent, token := f.newPerson(t, small.URL, "")
	if end := small.Stop(t); end.Code != 0 {
		t.Errorf("a process that leaves ends with %+v", end)
	}
	var children [8]person
	for i := range children {
		children[i], _ = f.newPerson(t, f.url, parent.key)
	}
	wantCounts(t, f.atOnce(40, func(base string, i int) reply {
		return newVisitor().signIn(base, children[i%len(children)], password)
	}), map[int]int{200: 20, 403: 20})
	f.wantBalance(t, token, 0)
}

// wantBalance asks every process for the credits of a parent.
func (f *fleet) wantBalance(t *testing.T, token string, credits int) {
	t.Helper()
	for _, s := range f.servers {
		r := newVisitor().with(token).get(s.URL+"/parent/credit-analysis").want(t, "the balance", 200)
		if !bytes.Contains(r.body, fmt.Appendf(nil, `"creditBalance":%d,`, credits)) {
			t.Errorf("the balance is not %d: %s", credits, r.body)
		}
	}
}

// adminIsLeft: of two admins who demote each other one stays (I6).
func (f *fleet) adminIsLeft(t *testing.T) {
	const first = "admin@localhost.localdomain"
	v, second := newVisitor(), fmt.Sprintf("a%d@fleet.example", f.people.Add(1))
	login := func(email string) visitor {
		body := object{"email": email, "password": password}
		return v.with(v.post(f.url+"/authentiq/v1/user/login", body).want(t, "login of "+email, 200).field("token"))
	}
	v.post(f.url+"/authentiq/v1/user/register", object{"email": second, "password": password}).want(t, "register", 201)
	setRole := func(by visitor, base, email, role string) reply {
		return by.ask("PUT", base+"/authentiq/v1/user/role", object{"email": email, "role": role})
	}
	admins := []visitor{login(first), login(second)}
	setRole(admins[0], f.url, second, "admin").want(t, "a second admin", 200)
	counts := f.atOnce(2, func(base string, i int) reply { return setRole(admins[i], base, []string{second, first}[i], "user") })
	if counts[200] != 1 {
		t.Errorf("two admins demote each other: %v, want one success", counts)
	}
	if admins[1].get(f.url+"/authentiq/v1/user/list").status == 200 {
		setRole(admins[1], f.url, first, "admin").want(t, "the first one back", 200)
	}
	setRole(login(first), f.url, second, "user").want(t, "one admin again", 200)
}

func wantCounts(t *testing.T, got, want map[int]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("answered by status: %v, want %v", got, want)
	}
}
