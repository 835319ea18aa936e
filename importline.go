package tollkeeper

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/store"
)

// importLine is a line of an import on its way, and what became of it.
type importLine struct {
	number int64
	text   []byte
	err    error // it is refused
	recorded

	stands bool     // the account was there before these lines: of a run with Update
	leaves []string // what it would leave to others, in the form of names

	made  bool     // the account is new
	taken []string // fields that the account that stood has got
	kept  []string // fields in which it still differs
}

// read makes an account of the text.
func (i *importing) read(l *importLine) {
	if l.err != nil {
		return
	}
	var r AccountRecord
	if err := strictjson.DecodeKnown(l.text, &r); err != nil {
		reason := err.Error()
		if len(reason) > maxReason { // it has the member that is unknown
			reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
		}
		l.err = ErrInvalidInput.WithField("line").WithCause(err).WithMessage("Not a record: " + reason)
		return
	}
	l.recorded, l.err = i.auth.recorded(i.parent, r, i.options, i.auth.now())
}

const maxReason = 160 // bytes of why a line is no record

// meet looks at the account that stands before the line changes it. Who wants what it leaves comes after it, or before:
// in the order of their lines.
func (i *importing) meet(ctx context.Context, l *importLine) error {
	s, err := i.standing(ctx, l.account.ID)
	if err == nil && s == nil && isAdmin(&l.account) {
		l.leaves = []string{"admin"} // another one may cease to be one
	}
	if err != nil || s == nil || s.Account.Parent != i.parent {
		return err
	}
	l.stands = true
	if l.account.EmailKey != s.Account.EmailKey || says(l.account.Username, s.Account.Username) {
		l.leaves = namesOf(i.nameClaims(&s.Account))
	}
	if isAdmin(&s.Account) && (l.record.Role != "" || l.record.Disabled) {
		l.leaves = append(l.leaves, "admin")
	}
	return nil
}

// standing returns the account, in a dry run as it would be by now; nil: there is none.
func (i *importing) standing(ctx context.Context, id uuid.UUID) (*Subject, error) {
	if i.rehearsal != nil {
		return i.rehearsed(ctx, id)
	}
	return i.found(ctx, store.Lookup{ID: id})
}

func (i *importing) found(ctx context.Context, l store.Lookup) (*Subject, error) {
	s, err := i.auth.store.FindAccount(ctx, l)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &s, err
}

// claim is something that no two accounts of a scope share.
type claim struct {
	name    string
	lookup  store.Lookup
	refusal error // where another one has it
}

// claims are what the account would have of the line, in the order in which a store refuses.
func (i *importing) claims(l *importLine, x *Account, links []store.Linked, factors []store.Factor) []claim {
	list := i.nameClaims(x)
	for _, linked := range links {
		list = append(list, claim{
			"identity " + linked.Issuer + " " + linked.Subject,
			store.Lookup{Issuer: linked.Issuer, Subject: linked.Subject, Scope: i.parent}, ErrConflict.WithField("identity"),
		})
	}
	for _, f := range factors {
		if len(f.Credential) > 0 {
			list = append(list, claim{"credential " + string(f.Credential), store.Lookup{Credential: f.Credential, Scope: i.parent}, ErrConflict.WithField("credential")})
		}
	}
	if l.record.PublicKey != "" {
		list = append(list, claim{"key " + x.PublicKey, store.Lookup{PublicKey: x.PublicKey}, ErrConflict})
	}
	return list
}

func (i *importing) nameClaims(x *Account) []claim {
	list := []claim{{"email " + x.EmailKey, store.Lookup{Email: x.EmailKey, Scope: i.parent}, ErrEmailTaken}}
	if key := canon.Lower(x.Username); key != "" {
		list = append(list, claim{"username " + key, store.Lookup{Username: key, Scope: i.parent}, ErrUsernameTaken})
	}
	return list
}

func namesOf(claims []claim) (names []string) {
	for _, c := range claims {
		names = append(names, c.name)
	}
	return names
}

// names is what the line shares with no other of the scope, and what its account may leave to another one.
func (i *importing) names(l *importLine) []string {
	if l.err != nil {
		return nil
	}
	return slices.Concat([]string{"id " + l.account.ID.String()}, namesOf(i.claims(l, &l.account, l.linked, l.factors)), l.leaves)
}

// do makes the account of a line, or compares the one that stands.
func (i *importing) do(ctx context.Context, l *importLine) error {
	if i.rehearsal != nil {
		return i.rehearse(ctx, l)
	}
	stands, err := i.find(ctx, l)
	if err != nil {
		return err
	}
	if !stands {
		if l.made, err = i.make(ctx, l); err != nil || l.made {
			return err
		}
	}
	return i.auth.retry(func() error { return i.compare(ctx, l) })
}

// find looks first for an account that the line cannot make: where there are millions, that is a trip less for each of
// those that are new. Whether one stands all the same is known when it is made.
func (i *importing) find(ctx context.Context, l *importLine) (bool, error) {
	if l.stands || i.options.Update || !l.hash.parsed.Weak() && l.record.PublicKey == "" {
		return l.stands, nil
	}
	s, err := i.found(ctx, store.Lookup{ID: l.account.ID})
	return s != nil, err
}

// make reports whether the account is new. One that stands is left as it is.
func (i *importing) make(ctx context.Context, l *importLine) (made bool, err error) {
	in := l.recorded
	if in.account.Password, err = i.passwordOf(ctx, l); err != nil {
		return false, err
	}
	return i.auth.settleIn(ctx, in, "import", i.auth.now())
}

// passwordOf is what is stored of the line's hash. Weak ones are wrapped one at a time, or an import would be before
// the people who sign in.
func (i *importing) passwordOf(ctx context.Context, l *importLine) (SecretText, error) {
	if l.record.PasswordHash == "" {
		return "", nil
	}
	if l.hash.parsed.Weak() {
		i.wrapping <- struct{}{}
		defer func() { <-i.wrapping }()
	}
	return i.auth.hasher.kept(ctx, l.hash, l.account.ID)
}

// compare looks in what the account that stands differs from the line, and takes that where the options say so.
func (i *importing) compare(ctx context.Context, l *importLine) error {
	s, err := i.found(ctx, store.Lookup{ID: l.account.ID, Credentials: true})
	if err != nil {
		return err
	}
	if s == nil || s.Account.Parent != i.parent {
		return ErrConflict.WithField("id")
	}
	c := i.change(l, s)
	if len(l.taken) == 0 {
		return nil
	}
	if slices.Contains(l.taken, "passwordHash") {
		if c.Account.Password, err = i.passwordOf(ctx, l); err != nil {
			return err
		}
	}
	e := about(&s.Account, EventAccountUpdated)
	e.Method = "import"
	c.Events = []Event{e}
	_, _, err = i.auth.update(ctx, c, i.auth.now())
	return signUpError(err)
}

// change is what the account gets of the line. It notes in which fields the two differ.
func (i *importing) change(l *importLine, s *Subject) store.Change {
	l.taken, l.kept = nil, nil
	c := store.Change{Account: s.Account}
	for _, field := range recordFields {
		switch {
		case !field.differs(i.auth, l, s):
		case i.options.Update && field.take != nil && !l.left(s) && (field.may == nil || field.may(i.auth, l, s)):
			field.take(&c, l, s)
			c.EndSessions = c.EndSessions || field.endsSessions
			l.taken = append(l.taken, field.name)
		default:
			l.kept = append(l.kept, field.name)
		}
	}
	c.Account.Factors = kinds(slices.Concat(s.Factors, c.PutFactors))
	return c
}

// left reports whether the account, which the line names by its address alone, has another one by now. Whoever has that
// address today may be somebody else.
func (l *importLine) left(s *Subject) bool {
	return l.record.ID == uuid.Nil && l.record.ExternalID == "" && l.account.EmailKey != s.Account.EmailKey
}

// said is what there is to say of a line. Empty: nothing.
func (l *importLine) said() ImportLine {
	said := ImportLine{Line: l.number, Fields: l.taken, Kept: l.kept}
	why := l.err
	switch {
	case l.err != nil:
		said = ImportLine{Line: l.number, Outcome: ImportRefused}
	case l.made && l.reset != nil:
		said.Outcome, why = ImportReset, l.reset
	case len(l.taken) > 0:
		said.Outcome = ImportUpdated
	case len(l.kept) > 0:
		said.Outcome = ImportDifferent
	}
	if l.err == nil {
		said.Account = l.account.ID
	}
	if e, ok := errors.AsType[*Error](why); ok {
		said.Field, said.Code, said.Reason = e.Field, e.Code, e.Error()
	}
	return said
}
