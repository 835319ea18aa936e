package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// createSession is account, charge, ledger row and session. The account's row is locked before the payer's. What is
// refused at first sight writes and locks nothing. What only shows under a lock divides by zero, which takes the
// account's row back: the last credits are gone, the factor was used meanwhile, or there is something to tell of. So
// does what the statement leaves to one of more parts.
var createSession = assemble(signInParts, func(p parts) (string, []values[signIn]) {
	var w writer[signIn]
	w.add(`WITH ok AS (`+touchAccount, signInValues)
	if p.has(using) {
		w.add(`
    AND EXISTS (SELECT 1 FROM factors f WHERE f.account = @account AND f.id = @factor AND `+accepted+`)`, signInUse)
	}
	if p.has(spending) {
		w.add(`
    AND NOT EXISTS (SELECT 1 FROM once WHERE digest = @once AND until > @now)`, signInOnce)
	}
	if p.has(paying) {
		w.add(`
    AND (NOT @required::boolean OR EXISTS (SELECT 1 FROM credits c WHERE c.owner = @payer::uuid AND c.balance >= @price::bigint))`)
	}
	w.add(`
  RETURNING a.id, a.parent
)`)
	if p.has(paying) {
		w.add(`, pay AS (
  UPDATE credits c SET `+debit+`
  FROM ok, `+theBill+` WHERE c.owner = @payer AND c.balance >= @price RETURNING c.*
), led AS (
  `+addDebit+`
)`, billValues, requiredValue(signInCharge))
	}
	w.add(`, ses AS (` + insertSession + ` RETURNING 1)`)
	addBesides(&w, p)
	addOutcome(&w, p)
	return w.done()
})

// signInParts are what a sign-in may need.
const signInParts = paying | logging | listing | mailing | telling | using | spending | linked | forgiving

// addBesides goes on with what is written besides the session and its charge.
func addBesides(w *writer[signIn], p parts) {
	if p.has(using) {
		w.add(`, used AS (
  UPDATE factors f SET counter = @counter, used_at = @now FROM ok WHERE f.account = ok.id AND f.id = @factor AND ` + accepted + ` RETURNING 1
)`)
	}
	if p.has(spending) {
		w.add(`, served AS (
  INSERT INTO once AS o (digest, until) SELECT @once::bytea, @once_until::bigint FROM ok` + serve + `
)`)
	}
	if p.has(linked) {
		w.add(`, came AS (
  UPDATE identities i SET used_at = @now FROM ok
  WHERE i.scope = ok.parent AND i.issuer = @issuer AND i.subject = @subject AND i.account = ok.id
)`, values[signIn]{
			"issuer":  field(func(r *signIn) string { return storable(r.By.Issuer) }),
			"subject": field(func(r *signIn) string { return storable(r.By.Subject) }),
		})
	}
	if p.has(forgiving) {
		w.add(releasing, releaseValues(func(r *signIn) *released { return r.released }))
	}
	if p.has(mailing) {
		w.add(`, mail AS (`+mailWith("ses")+`)`, mailValues(func(r *signIn) *mails { return &r.mails }))
	}
	switch {
	case p.has(listing):
		w.add(logAll("ses"), eventsValues(func(r *signIn) events { return r.events }))
	case p.has(logging):
		w.add(logOne("ses"), signInEvent)
	}
}

// addOutcome ends it with the receipt.
func addOutcome(w *writer[signIn], p parts) {
	refuse := `false`
	if p.has(using) {
		refuse = `NOT EXISTS (SELECT 1 FROM used)`
	}
	if p.has(spending) {
		refuse += ` OR NOT EXISTS (SELECT 1 FROM served)`
	}
	if p.has(logging) && !p.has(listing) {
		refuse += ` OR ` + late
	}
	if !p.has(paying) {
		w.add(` SELECT 1 / CASE WHEN ` + refuse + ` THEN 0 ELSE 1 END = 0, ` + noBalance + ` FROM ses`)
		return
	}
	refuse += ` OR @required AND c.owner IS NULL`
	if p.has(telling) {
		w.add(tell(paidNow), tellValues(func(r *signIn) store.Telling { return r.Charge.Tell }))
	} else {
		refuse += ` OR @tells::boolean AND c.owner IS NOT NULL AND ` + crosses
		w.add(``, values[signIn]{"tells": field(func(r *signIn) bool { return tells(r.Charge) })})
	}
	w.add(` SELECT 1 / CASE WHEN ` + refuse + ` THEN 0 ELSE 1 END = 1 AND c.owner IS NOT NULL, ` + balanceColumns + ` FROM ses LEFT JOIN pay c ON true`)
}

const (
	touchAccount = `
  UPDATE accounts a SET last_sign_in = @now::bigint, active_day = @now / 86400000, sessions = a.sessions + 1
  WHERE a.id = @account AND a.epoch = @epoch AND a.status = 'active' AND (@most::bigint = 0 OR a.sessions < @most)
    AND (a.parent = ` + root + ` OR EXISTS (SELECT 1 FROM accounts p WHERE p.id = a.parent AND p.status = 'active'))`
	insertSession = `
  INSERT INTO sessions (` + sessionFields + `)
  SELECT @session::uuid, ok.id, @epoch::bigint, @audience::text, @key_id::text, @generation::bigint, @rotated_at::bigint,
    @network::text, @agent::bytea, @created_at::bigint, @seen_at::bigint, @proved_at::bigint, @expires_at::bigint,
    @refresh_until::bigint, @end_day::bigint FROM ok`

	// sessionFields are the columns of a new session.
	sessionFields = `id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at,
    proved_at, expires_at, refresh_until, end_day`
)

// releasing is there where there is something to release.
var releasing = `, ` + asRelease + ` AND EXISTS (SELECT 1 FROM ses)` + easeAttempts + `, marked AS (
  ` + addMarks + ` CROSS JOIN ses` + whereMarked + `
)`

var (
	signInValues = values[signIn]{
		"session":       field(func(r *signIn) [16]byte { return r.Session.ID }),
		"account":       field(func(r *signIn) [16]byte { return r.Session.Account }),
		"epoch":         field(func(r *signIn) int64 { return r.Session.Epoch }),
		"audience":      field(func(r *signIn) string { return string(r.Session.Audience) }),
		"key_id":        field(func(r *signIn) string { return r.Session.KeyID }),
		"generation":    field(func(r *signIn) int64 { return int64(r.Session.Generation) }),
		"rotated_at":    field(func(r *signIn) int64 { return millis(r.Session.RotatedAt) }),
		"network":       field(func(r *signIn) string { return r.Session.Network }),
		"agent":         field(func(r *signIn) []byte { return []byte(r.Session.Agent) }),
		"created_at":    field(func(r *signIn) int64 { return r.Session.CreatedAt.UnixMilli() }),
		"seen_at":       field(func(r *signIn) int64 { return millis(r.Session.SeenAt) }),
		"proved_at":     field(func(r *signIn) int64 { return millis(r.Session.ProvedAt) }),
		"expires_at":    field(func(r *signIn) int64 { return millis(r.Session.ExpiresAt) }),
		"refresh_until": field(func(r *signIn) int64 { return millis(r.Session.RefreshUntil) }),
		"end_day":       field(func(r *signIn) int64 { return millis(r.Session.EndsAt()) / dayMillis }),
		"most":          field(func(r *signIn) int64 { return int64(r.Most) }),
		"now":           field(func(r *signIn) int64 { return millis(r.now) }),
	}
	billValues = merged(chargeValues(signInCharge), values[signIn]{
		"month": field(func(r *signIn) int { return rules.Evidence(r.Charge.Operation, r.now) }),
	})
	signInUse   = useValues(func(r *signIn) *store.Use { return &r.Use })
	signInOnce  = onceValues(func(r *signIn) *store.Once { return &r.Once })
	signInEvent = eventValues(func(r *signIn) *store.Event { return r.event })
)

// CreateSession meets [store.SessionStore]. Sign-ins that queue behind one that is being committed are committed
// together (see [SignInLanes]); one that does more than to be charged for and logged is committed alone.
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	r, err := signInOf(ctx, n, now)
	if err != nil {
		return store.Receipt{}, err
	}
	if s.together == nil || !r.plain() || rules.SenselessCharge(n.Charge) {
		return s.createAlone(ctx, &r)
	}
	defer s.underWay.Add(-1)
	lanes := s.together
	if s.underWay.Add(1) <= fewSignIns {
		lanes = s.apart
	}
	receipt, err := lanes.Do(ctx, r)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = ctx.Err() // the batch was cancelled because the last who waited for it has gone
	}
	return receipt, err
}

// signIn is a call of CreateSession.
type signIn struct {
	ctx context.Context
	store.NewSession
	now      time.Time
	released *released    // Release, for the statement that does it
	event    *store.Event // if there is just one
	events   events       // if there are more
	mails    mails

	tells   bool // it is known to cross a threshold
	crowded bool // the account is known to have made as many sessions as it may have
}

func signInOf(ctx context.Context, n store.NewSession, now time.Time) (r signIn, err error) {
	r = signIn{ctx: ctx, NewSession: n, now: now}
	switch len(n.Events) {
	case 0:
	case 1:
		e := n.Events[0]
		r.event = &e
	default:
		r.events = eventsOf(n.Events)
	}
	if len(n.Mail) > 0 {
		r.mails, err = mailsOf(n.Mail)
	}
	return r, err
}

// parts are those that the sign-in needs.
func (r *signIn) parts() parts {
	return paying.when(rules.Charged(r.Charge)) | telling.when(r.tells && tells(r.Charge)) |
		logging.when(r.event != nil) | listing.when(r.events != nil) | mailing.when(len(r.Mail) > 0) |
		using.when(r.Use.Factor != uuid.Nil) | spending.when(r.Once.Digest != store.Digest{}) |
		linked.when(r.By != store.IssuedKey{}) | forgiving.when(!r.Release.Zero())
}

// plain reports whether it may be committed together with others.
func (r *signIn) plain() bool { return r.parts()&^(paying|logging) == 0 }

func signInCharge(r *signIn) *store.Charge { return &r.Charge }

// payer chooses the lane.
func payer(r signIn) uint64 {
	key := r.Session.Account
	if rules.Charged(r.Charge) {
		key = r.Charge.Owner
	}
	return binary.BigEndian.Uint64(key[8:])
}

// createAlone does one sign-in in a statement of its own.
func (s *Store) createAlone(ctx context.Context, r *signIn) (receipt store.Receipt, err error) {
	err = retry(ctx, func() error {
		if rules.SenselessCharge(r.Charge) {
			receipt, err = s.whyRefused(ctx, r)
			return err
		}
		receipt = store.Receipt{}
		sql, args := r.statement()
		to := append([]any{&receipt.Charged}, balanceTo(&receipt.Balance)...)
		done := false
		if r.crowded {
			done, err = s.createCrowded(ctx, r, sql, args, to)
		} else {
			done, err = s.one(ctx, sql, args, to...)
		}
		if err == nil && done {
			if !receipt.Charged {
				receipt, err = s.standing(ctx, r.Charge)
			}
			return err
		}
		if err != nil && violated(err) == "" && pgCode(err) != "22012" {
			return err
		}
		if r.event != nil { // it may be there, or late
			r.event, r.events = nil, eventsOf(r.Events)
		}
		receipt, err = s.whyRefused(ctx, r)
		return err
	})
	if err != nil {
		return store.Receipt{}, err
	}
	return receipt, nil
}

// statement returns the one that does the sign-in, and nothing that it does not need.
func (r *signIn) statement() (string, []any) {
	if !r.Release.Zero() {
		r.released = releaseOf(r.Release)
	}
	sql := createSession.of(r.parts())
	return sql.Text, sql.Args(r)
}

// signing is what a sign-in is decided on.
var signing = prepare(`SELECT coalesce(s.account, `+root+`), a.id IS NOT NULL, coalesce(a.status, ''), coalesce(p.status, ''),
  coalesce(a.epoch, 0), coalesce(a.sessions, 0), `+factorColumns+`, `+spentColumn+`, `+purseColumns+`
  FROM (SELECT 1) one LEFT JOIN sessions s ON s.id = @session LEFT JOIN accounts a ON a.id = @account`+joinParent+joinFactor+joinPurse,
	purseValues(signInCharge), values[signIn]{
		"session": field(func(r *signIn) [16]byte { return r.Session.ID }),
		"account": field(func(r *signIn) [16]byte { return r.Session.Account }),
		"factor":  field(func(r *signIn) [16]byte { return r.Use.Factor }),
		"once":    field(func(r *signIn) []byte { return digestOrNull(r.Once.Digest) }),
		"now":     field(func(r *signIn) int64 { return millis(r.now) }),
	})

// signer is where the columns of signing are scanned to.
type signer struct {
	rules.Signer
	sessions int64 // that the account made in its epoch
	factor   usedFactor
}

func (w *signer) to() []any {
	return slices.Concat([]any{idTo(&w.Holder), &w.Found, &w.Status, &w.Signer.Parent, &w.Epoch, &w.sessions}, w.factor.to(),
		[]any{&w.Spent}, purseTo(&w.Purse))
}

// judge decides about a sign-in that was refused, and notes what its next statement must do.
func (r *signIn) judge(w *signer) (rules.SignedIn, error) {
	w.Factor = w.factor.value(r.Use)
	done, err := rules.SignIn(r.NewSession, w.Signer, r.now)
	r.tells = r.tells || len(done.Payment.Told.Events)+len(done.Payment.Told.Mail) > 0
	r.crowded = r.Most > 0 && w.sessions >= int64(r.Most)
	return done, err
}

// whyRefused returns the receipt of a sign-in that happened before, the error of one that may not happen, and errRaced
// for one that could happen now. Without a charge that stands already, it makes it happen.
func (s *Store) whyRefused(ctx context.Context, r *signIn) (store.Receipt, error) {
	var facts signer
	if _, err := s.one(ctx, signing.Text, signing.Args(r), facts.to()...); err != nil {
		return store.Receipt{}, err
	}
	done, err := r.judge(&facts)
	switch {
	case err != nil:
		return store.Receipt{}, err
	case done.Stands:
		return done.Payment.Receipt, nil
	case paidBefore(done.Payment):
		paid := *r
		paid.Charge = store.Charge{}
		_, err := s.createAlone(ctx, &paid)
		return done.Payment.Receipt, err
	}
	return store.Receipt{}, errRaced
}
