package page

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

// Settings say whose pages a [Site] has. [New] checks all of them.
type Settings struct {
	Scope          tollkeeper.Scope
	Home           string   // where people land who asked for no page; zero: "/", below the path of Config.BaseURL
	Prefix         string   // before the paths of the pages that [Site.URL] names
	Account        string   // the page of the own account, as [Site.URL] takes it; empty: there is none
	SignOut        string   // the page to sign out at, likewise
	Console        string   // the page of who rules accounts, likewise
	Languages      []string // that pages are in, the first for who prefers none of them; nil: all, English first
	SignIn         string   // the page to sign in at, as [Site.URL] takes it; empty: there is none
	Assets         string   // before the names of style sheets, scripts and pictures, as [Site.URL] takes it
	TrustedProxies []netip.Prefix
	Cookie         httpadapter.Cookie
	Logger         *slog.Logger // nil: that of the Authenticator
	Look           Look
	FrameOrigins   []string // origins whose pages may frame these
	NextOrigins    []string // origins besides the own one to which a parameter next may lead
	Origin         string   // where the pages are; zero: that of Config.BaseURL
	NoPasswords    bool     // no page asks for a password to sign in or up

	// Guard is in the place of a session: it names the operator who asks, or refuses. Nil: whoever is signed in.
	Guard func(*http.Request) (operator string, err error)
}

// Site is what the pages of one table share. It serves concurrently.
type Site struct {
	Auth *tollkeeper.Authenticator
	Settings
	Base    string // path of Config.BaseURL, which browsers know and routers do not; empty at an Origin of its own
	Links   tollkeeper.Links
	Cookies *family.Cookies
	Log     *slog.Logger

	host   string // of an Origin of its own, as a mux knows it
	words  catalogue
	assets *assets
	unread clientaddr.Unread // the warning about proxies that nobody is told to trust
}

// New checks the settings, and reads what the looks replace. Its errors name the option.
func New(auth *tollkeeper.Authenticator, o Settings) (*Site, error) {
	if _, known := o.Scope.ID(); !known {
		return nil, refused("Scope", "must be the app's own users, the tenants, or a parent by its id")
	}
	if strings.ContainsAny(o.Prefix, "{}?#%\\ ") || o.Prefix != "" && (!Here(o.Prefix) || strings.HasSuffix(o.Prefix, "/")) {
		return nil, refused("Prefix", "must be a plain path without a slash at its end")
	}
	s := &Site{Auth: auth, Base: PathOf(auth.BaseURL()), Links: auth.LinksIn(o.Scope), Log: cmp.Or(o.Logger, auth.Logger())}
	if err := s.place(&o); err != nil {
		return nil, err
	}
	if o.Home = cmp.Or(o.Home, s.Base+"/"); !Here(o.Home) {
		return nil, refused("Home", "must be a path of this service")
	}
	for option, list := range map[string][]string{"FrameOrigins": o.FrameOrigins, "NextOrigins": o.NextOrigins} {
		for _, origin := range list {
			if !isOrigin(origin) {
				return nil, refused(option, "must be origins, as https://shop.example")
			}
		}
	}
	o.TrustedProxies, o.FrameOrigins, o.NextOrigins = slices.Clone(o.TrustedProxies), slices.Clone(o.FrameOrigins), slices.Clone(o.NextOrigins)
	s.Settings = o
	var err error
	if s.Cookies, err = family.NewCookies(auth, o.Cookie); err != nil {
		return nil, err
	}
	if s.words, err = readCatalogue(o.Look.Files); err != nil {
		return nil, err
	}
	if s.Languages, err = s.words.only(o.Languages); err != nil {
		return nil, err
	}
	s.assets, err = readAssets(o.Look, s.URL(o.Assets))
	return s, err
}

// place says at which origin the pages are.
func (s *Site) place(o *Settings) error {
	base, err := url.Parse(s.Auth.BaseURL())
	if err != nil {
		return err
	}
	if o.Origin == "" {
		o.Origin = base.Scheme + "://" + base.Host
		return nil
	}
	own, err := url.Parse(o.Origin)
	if err != nil || !isOrigin(o.Origin) {
		return refused("Origin", "must be an origin, as https://shop.example")
	}
	s.Base, s.host = "", own.Hostname()
	return nil
}

func refused(option, why string) error {
	return tollkeeper.ErrInvalidInput.WithField("ui.Options." + option).WithMessage("ui: Options." + option + " " + why)
}

// isOrigin reports whether text is an origin that a policy may name: https, or http of localhost.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || text != u.Scheme+"://"+u.Host || strings.ContainsAny(text, "*;, '\"") {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || strings.HasSuffix(host, ".localhost"))
}

// PathOf returns the path of a URL without a slash at its end.
func PathOf(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.EscapedPath(), "/")
}

// MailedAt is the path of a page at an Origin of its own, for the mail that leads there. Empty: mails lead to the pages
// of Config.BaseURL by themselves.
func (s *Site) MailedAt(path string) string {
	if s.host == "" {
		return ""
	}
	return path
}

// URL returns the address of a page as the browser knows it.
func (s *Site) URL(path string) string { return s.Base + s.Prefix + path }

// operatorKey is where a request has the operator that the guard named.
type operatorKey struct{}

func withOperator(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, operatorKey{}, name)
}

func operatorOf(ctx context.Context) string {
	name, _ := ctx.Value(operatorKey{}).(string)
	return name
}
