package tollkeeper

import (
	"reflect"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/store"
)

// recordField is what a line may say of an account that stands. What it leaves out says nothing.
type recordField struct {
	name         string // as the record spells it
	differs      func(a *Authenticator, l *importLine, s *Subject) bool
	take         func(c *store.Change, l *importLine, s *Subject)       // nil: it never changes
	may          func(a *Authenticator, l *importLine, s *Subject) bool // nil: whenever it differs
	endsSessions bool
}

var recordFields = []recordField{
	{
		name: "email", endsSessions: true,
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool { return l.account.Email != s.Account.Email },
		may: func(_ *Authenticator, l *importLine, s *Subject) bool { // no second factor stands on a mailbox that is not proven
			return l.account.EmailKey == s.Account.EmailKey || len(s.Factors) == 0 && vouched(l, s) || l.record.EmailProven
		},
		take: func(c *store.Change, l *importLine, s *Subject) {
			c.Account.Email, c.Account.EmailKey = l.account.Email, l.account.EmailKey
			if l.account.EmailKey != s.Account.EmailKey {
				c.Account.EmailVerifiedAt, c.Account.EmailProvenAt = l.account.EmailVerifiedAt, l.account.EmailProvenAt
			}
		},
	},
	{
		name: "username",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return says(l.account.Username, s.Account.Username)
		},
		take: func(c *store.Change, l *importLine, _ *Subject) { c.Account.Username = l.account.Username },
	},
	{
		name:    "name",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool { return says(l.record.Name, s.Account.Name) },
		take:    func(c *store.Change, l *importLine, _ *Subject) { c.Account.Name = l.record.Name },
	},
	{
		name: "role", endsSessions: true,
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return l.record.Role != "" && l.account.Role != s.Account.Role
		},
		take: func(c *store.Change, l *importLine, _ *Subject) { c.Account.Role = l.account.Role },
	},
	{
		name: "passwordHash", endsSessions: true,
		differs: passwordDiffers,
		may: func(a *Authenticator, l *importLine, s *Subject) bool {
			return vouched(l, s) && (newerPassword(l, s) || l.changed.IsZero() && !mayBeChosen(s.Account.Password))
		},
		take: func(c *store.Change, l *importLine, _ *Subject) { // its text is made when the line is done
			c.Account.Password, c.Account.PasswordChangedAt = SecretText(l.hash.text), l.account.PasswordChangedAt
			c.Account.PasswordTemporary = l.account.PasswordTemporary
		},
	},
	{
		name: "passwordTemporary",
		differs: func(a *Authenticator, l *importLine, s *Subject) bool {
			return l.account.PasswordTemporary && !s.Account.PasswordTemporary && a.hasher.same(s.Account.Password, l.hash, s.Account.ID)
		},
		take: func(c *store.Change, _ *importLine, _ *Subject) { c.Account.PasswordTemporary = true },
	},
	{
		name: "emailVerified",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return !l.account.EmailVerifiedAt.IsZero() && s.Account.EmailVerifiedAt.IsZero()
		},
		take: func(c *store.Change, l *importLine, _ *Subject) {
			c.Account.EmailVerifiedAt = l.account.EmailVerifiedAt
		},
	},
	{
		name: "emailProven",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return !l.account.EmailProvenAt.IsZero() && s.Account.EmailProvenAt.IsZero()
		},
		take: func(c *store.Change, l *importLine, _ *Subject) { c.Account.EmailProvenAt = l.account.EmailProvenAt },
	},
	{
		name: "disabled", endsSessions: true,
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return l.record.Disabled && s.Account.Status == StatusActive
		},
		take: func(c *store.Change, _ *importLine, _ *Subject) { c.Account.Status = StatusDisabled },
	},
	{
		name:    "locale",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool { return says(l.record.Locale, s.Account.Locale) },
		take:    func(c *store.Change, l *importLine, _ *Subject) { c.Account.Locale = l.record.Locale },
	},
	{
		name: "metadata",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return says(string(l.record.Metadata), string(s.Account.Metadata))
		},
		take: func(c *store.Change, l *importLine, _ *Subject) { c.Account.Metadata = l.record.Metadata },
	},
	{
		name:    "identities",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool { return len(newIdentities(l, s)) > 0 },
		may:     func(_ *Authenticator, l *importLine, s *Subject) bool { return vouched(l, s) },
		take:    func(c *store.Change, l *importLine, s *Subject) { c.Link = newIdentities(l, s) },
	},
	{
		name:    "factors",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool { return len(newFactors(l, s)) > 0 },
		take:    func(c *store.Change, l *importLine, s *Subject) { c.PutFactors = newFactors(l, s) },
	},
	{
		name: "createdAt",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return !l.record.CreatedAt.IsZero() && !l.account.CreatedAt.Equal(s.Account.CreatedAt)
		},
	},
	{
		name: "publicKey",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return says(l.record.PublicKey, s.Account.PublicKey)
		},
	},
	{
		name: "keyMaster",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return l.record.KeyMaster != "" && (l.account.KeyMaster != s.Account.KeyMaster || l.account.KeyVersion != s.Account.KeyVersion)
		},
	},
	{
		name: "organization",
		differs: func(_ *Authenticator, l *importLine, s *Subject) bool {
			return l.record.Organization != nil && !reflect.DeepEqual(l.record.Organization, s.Account.Organization)
		},
	},
}

// vouched reports whether the account may take from the line what leads into it. Where its owner has proven the mailbox
// and the line is of nobody who has, that may be what the proof took away: a stranger's, who set the account up there.
func vouched(l *importLine, s *Subject) bool {
	return l.record.EmailProven || s.Account.EmailProvenAt.IsZero()
}

// mayBeChosen reports whether a password may have been chosen here: every one since the first sign-in is argon2id, some
// with parameters of before.
func mayBeChosen(stored SecretText) bool { return strings.HasPrefix(string(stored), "$argon2id$") }

// says reports whether the line says something else than what there is.
func says(line, there string) bool { return line != "" && line != there }

// passwordDiffers reports whether the account has another password than the line, as far as anybody can tell. One that
// was made here since, by a sign-in that renewed the imported hash or by a change, is not an older one of the line.
func passwordDiffers(a *Authenticator, l *importLine, s *Subject) bool {
	if l.record.PasswordHash == "" || a.hasher.same(s.Account.Password, l.hash, s.Account.ID) {
		return false
	}
	renewed := a.hasher.ours(s.Account.Password) && !l.hash.parsed.Current(a.hasher.params)
	return !renewed || newerPassword(l, s)
}

func newerPassword(l *importLine, s *Subject) bool {
	return l.changed.After(s.Account.PasswordChangedAt)
}

func newIdentities(l *importLine, s *Subject) (list []store.Linked) {
	for _, linked := range l.linked {
		if !isLinked(*s, linked.Key()) {
			list = append(list, linked)
		}
	}
	return list
}

func newFactors(l *importLine, s *Subject) (list []store.Factor) {
	for _, f := range l.factors {
		if !slices.ContainsFunc(s.Factors, func(has store.Factor) bool { return has.ID == f.ID }) {
			list = append(list, f)
		}
	}
	return list
}
