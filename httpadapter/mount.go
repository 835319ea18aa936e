package httpadapter

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// Mux is what [Mount] needs of a router: [http.ServeMux], chi's, or one whose patterns mean the same.
type Mux interface {
	http.Handler
	Handle(pattern string, h http.Handler)
}

// subtree is a router that has its own word for everything below a prefix, as chi's.
type subtree interface {
	Mount(pattern string, h http.Handler)
}

// Mount puts families on mux, each below its prefixes, where everything else is answered with the family's 404. Without
// any it is the app family of an ordinary service:
//
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{})
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{}, organization.API{}, v1.API{}, app.API{})
//
// The host's own routes below a prefix may be added to an [http.ServeMux] as more specific patterns. Mount asks mux for
// a path of each prefix and refuses a router that leads none of them to the family, or to another one; the questions
// are GET requests that only mux and its middleware see. What hangs mux itself below a path has to strip it, as
// [http.StripPrefix] does and chi's Route does not: Mount cannot see that, and the family says so in the log at the
// first request. There [Handler] serves a family whose prefix is the whole path. A family whose prefix would hide
// routes of another one is refused. An error names the option, the pattern or the path; mux may then hold some of the
// routes.
func Mount(mux Mux, auth *tollkeeper.Authenticator, o Options, apis ...API) error {
	if len(apis) == 0 {
		apis = []API{app.API{}}
	}
	var all []*mounted
	for _, api := range apis {
		m, err := newMounted(auth, api, o)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	for _, m := range all {
		if err := m.unhidden(all); err != nil {
			return err
		}
	}
	for _, m := range all {
		if err := m.on(mux); err != nil {
			return err
		}
	}
	for _, m := range all {
		m.asked.Store(true)
		defer m.asked.Store(false)
	}
	for _, m := range all {
		if err := m.check(mux); err != nil {
			return err
		}
	}
	return nil
}

// mounted is a family on its way to a mux.
type mounted struct {
	http.Handler
	name     string
	prefixes []string
	routes   []family.Route
	asked    atomic.Bool // Mount is asking
}

// built is an API that was asked already.
type built struct{ family family.Family }

func (b built) Family() (family.Family, error) { return b.family, nil }

func newMounted(auth *tollkeeper.Authenticator, api API, o Options) (*mounted, error) {
	if api == nil {
		return nil, family.Refused("apis", "has a nil one")
	}
	f, err := api.Family()
	if err != nil {
		return nil, err
	}
	h, err := family.New(auth, built{f}, o)
	return &mounted{Handler: h, name: f.Name, prefixes: f.Prefixes, routes: f.Routes}, err
}

// unhidden refuses a prefix of another family that takes a route of this one away, because routers prefer the longer
// one.
func (m *mounted) unhidden(all []*mounted) error {
	for _, r := range m.routes {
		own := longest(m.prefixes, r.Path)
		for _, other := range all {
			if prefix := longest(other.prefixes, r.Path); len(prefix) > len(own) {
				return fmt.Errorf("httpadapter: the prefix %s of the family %s hides %s of the family %s", prefix, other.name, r.Path, m.name)
			}
		}
	}
	return nil
}

// longest returns the longest of the prefixes that hold the path of a route. Empty: none does.
func longest(prefixes []string, path string) (found string) {
	for _, prefix := range prefixes {
		if len(prefix) > len(found) && holds(prefix, path) {
			found = prefix
		}
	}
	return found
}

// holds reports whether the path of a route, which may have a parameter, is or may be at the prefix or below it.
func holds(prefix, path string) bool {
	want, have := strings.Split(prefix, "/"), strings.Split(path, "/")
	if len(have) < len(want) {
		return false
	}
	for i, segment := range want {
		if have[i] != segment && !strings.HasPrefix(have[i], "{") {
			return false
		}
	}
	return true
}

// probe is what Mount asks a mux with, in the context of a request.
type probe struct {
	path string
	met  *mounted // who was asked at that path
}

type probeKey struct{}

// ServeHTTP notes the questions of Mount, and leads everything else to the family.
func (m *mounted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.asked.Load() {
		if p, ok := r.Context().Value(probeKey{}).(*probe); ok {
			if r.URL.Path == p.path {
				p.met = m
			}
			return
		}
	}
	m.Handler.ServeHTTP(w, r)
}

// on registers the prefixes. The one without slash keeps ServeMux from redirecting to the other.
func (m *mounted) on(mux Mux) (err error) {
	pattern := ""
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("httpadapter: the mux refused %q: %v", pattern, p)
		}
	}()
	for _, pattern = range m.prefixes {
		if tree, ok := mux.(subtree); ok {
			tree.Mount(pattern, m)
			continue
		}
		mux.Handle(pattern, m)
		mux.Handle(pattern+"/", m)
	}
	return nil
}

// check asks mux for what it would lead to the family.
func (m *mounted) check(mux Mux) (err error) {
	for _, prefix := range m.prefixes {
		for _, path := range []string{prefix, prefix + "/" + rand.Text(), prefix + "/" + rand.Text() + "/" + rand.Text()} {
			p := &probe{path: path}
			if err := ask(mux, p); err != nil {
				return err
			}
			if p.met != m {
				return fmt.Errorf("httpadapter: the mux does not lead %s to the family %s: its middleware answers first, or it needs httpadapter.Handler for %s and everything below", path, m.name, prefix)
			}
		}
	}
	return nil
}

func ask(mux Mux, p *probe) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("httpadapter: the mux panicked when asked for %s: %v", p.path, v)
		}
	}()
	r, err := http.NewRequestWithContext(context.WithValue(context.Background(), probeKey{}, p), http.MethodGet, p.path, http.NoBody)
	if err != nil {
		return err
	}
	r.RemoteAddr, r.Host = "127.0.0.1:0", "localhost"
	mux.ServeHTTP(discard{http.Header{}}, r)
	return nil
}

// discard is nobody who reads an answer.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// Handler returns one family as an [http.Handler], for any router that leaves Request.URL.Path as it came;
// [http.StripPrefix] moves a family elsewhere.
func Handler(auth *tollkeeper.Authenticator, api API, o Options) (http.Handler, error) {
	return family.New(auth, api, o)
}
