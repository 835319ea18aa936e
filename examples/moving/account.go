package main

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// account is a line of the import: of tollkeeper.AccountRecord what another system knows.
type account struct {
	ID                string                    `json:"id,omitempty"`
	ExternalID        string                    `json:"externalId,omitempty"`
	Email             string                    `json:"email"`
	Username          string                    `json:"username,omitempty"`
	Name              string                    `json:"name,omitempty"`
	Role              string                    `json:"role,omitempty"`
	PasswordHash      string                    `json:"passwordHash,omitempty"`
	PasswordChangedAt string                    `json:"passwordChangedAt,omitempty"`
	PasswordTemporary bool                      `json:"passwordTemporary,omitempty"`
	EmailVerified     bool                      `json:"emailVerified,omitempty"`
	Disabled          bool                      `json:"disabled,omitempty"`
	Locale            string                    `json:"locale,omitempty"`
	Identities        []identity                `json:"identities,omitempty"`
	CreatedAt         string                    `json:"createdAt,omitempty"`
	Factors           []factor                  `json:"factors,omitempty"`
	Metadata          map[string]map[string]any `json:"metadata,omitempty"` // below the name of the system

	who     string // in notes
	unsaid  bool   // the export does not say whether the address is verified
	kept    map[string]any
	unnamed []elsewhere
}

type identity struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	Email   string `json:"email,omitempty"`
}

// elsewhere is a sign-in at a provider that has no issuer here. It is kept in the metadata.
type elsewhere struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
}

// factor is an authenticator app: six digits of SHA-1 every thirty seconds.
type factor struct {
	Kind  string `json:"kind"`
	Label string `json:"label,omitempty"`
	Seed  string `json:"seed"` // base32
}

// accountOf returns the account of the user that the old system calls id. A UUID stays their id.
func accountOf(id string) *account {
	a := &account{who: fmt.Sprintf("user %q", id)}
	if u, err := uuid.Parse(id); err == nil && len(id) == 36 && u != uuid.Nil {
		a.ID = u.String()
	} else {
		a.ExternalID = id
	}
	return a
}

// keep puts into the metadata what has no place of its own. Nothing is not kept.
func (a *account) keep(name string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		return
	}
	switch string(text) {
	case "null", `""`, "{}", "[]", "false", "0":
		return
	}
	if a.kept == nil {
		a.kept = map[string]any{}
	}
	a.kept[name] = value
}

// output takes the accounts, and what is to be said of them.
type output struct {
	system               string
	lines                *json.Encoder
	notes                io.Writer
	issuers              map[string]string // by the name that the old system has for a provider
	verified             bool
	written, left, noted int
}

const maxMetadata = 4 << 10 // bytes

// usernames are those that an import takes.
var usernames = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,64}$`)

// write writes the line of the account, unless it has no address.
func (o *output) write(a *account) error {
	if a.Email == "" {
		o.leave(a.who, "it has no email address")
		return nil
	}
	a.EmailVerified = a.EmailVerified || a.unsaid && o.verified
	if strings.EqualFold(a.Username, a.Email) {
		a.Username = "" // signs in without
	}
	if a.Username != "" && !usernames.MatchString(a.Username) {
		o.note(a.who, "the username is none here, and stays in the metadata")
		a.keep("username", a.Username)
		a.Username = ""
	}
	a.keep("identities", a.unnamed)
	if len(a.kept) > 0 {
		a.Metadata = map[string]map[string]any{o.system: a.kept}
		if text, err := json.Marshal(a.Metadata); err != nil || len(text) > maxMetadata {
			o.note(a.who, "the metadata is longer than 4 KiB, and stays behind")
			a.Metadata = nil
		}
	}
	o.written++
	return o.lines.Encode(a)
}

// note says what of a user does not come along, or of the whole export.
func (o *output) note(who, what string) {
	o.noted++
	fmt.Fprintf(o.notes, "%s: %s\n", who, what)
}

// leave says that there is no line for a user.
func (o *output) leave(who, why string) {
	o.left++
	fmt.Fprintf(o.notes, "%s: left out: %s\n", who, why)
}

// foreign leaves a record out that has not what every user of the system has. The first record shows by it that the
// file is of another system, which is an error.
func (o *output) foreign(n int, member string) error {
	if o.written+o.left == 0 {
		return fmt.Errorf("record %d has no %s: that is no export for %s", n, member, o.system)
	}
	o.leave(fmt.Sprintf("record %d", n), "it has no "+member)
	return nil
}

// digest writes a digest of the password alone, which the old system has in hex, as LDAP does.
func (o *output) digest(a *account, scheme, digits string) string {
	sum, err := hex.DecodeString(digits)
	if err != nil {
		o.note(a.who, "the password stays behind: it is no digest in hex")
		return ""
	}
	return scheme + base64.StdEncoding.EncodeToString(sum)
}

// totp adds an authenticator app by its seed in base32.
func (o *output) totp(a *account, label, seed string) {
	seed = strings.TrimRight(strings.ToUpper(strings.ReplaceAll(seed, " ", "")), "=")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed); err != nil || seed == "" {
		o.note(a.who, "the seed of the authenticator app cannot be read: the app stays behind")
		return
	}
	if len(label) > 64 {
		label = ""
	}
	a.Factors = append(a.Factors, factor{Kind: "totp", Label: label, Seed: seed})
}

// totpKey adds an authenticator app by the key itself.
func (o *output) totpKey(a *account, label string, key []byte) {
	o.totp(a, label, base32.StdEncoding.EncodeToString(key))
}
