package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// createSession is account, charge, ledger row and session. The account's row is locked before the payer's. What is
// refused at first sight writes and locks nothing; when the last credits go while the payer is waited for, it divides
// by zero, which takes the account's row back.
const createSession = `WITH ok AS (` + touchAccount + `
    AND (NOT @required::boolean OR EXISTS (SELECT 1 FROM credits c WHERE c.owner = @payer::uuid AND c.balance >= @price::bigint))
  RETURNING a.id
), pay AS (
  UPDATE credits c SET ` + debit + `
  FROM ok, ` + theBill + ` WHERE c.owner = @payer AND c.balance >= @price RETURNING c.*
), led AS (
  ` + addDebit + `
), ses AS (` + insertSession + ` RETURNING 1)`

const (
	touchAccount = `
  UPDATE accounts a SET last_sign_in = @now::bigint, active_day = @now / 86400000, totp_step = greatest(a.totp_step, @totp_step)
  WHERE a.id = @account AND a.epoch = @epoch AND a.status = 'active' AND (@totp_step::bigint = 0 OR a.totp_step < @totp_step)
    AND (a.parent = ` + root + ` OR EXISTS (SELECT 1 FROM accounts p WHERE p.id = a.parent AND p.status = 'active'))
`
	insertSession = `
  INSERT INTO sessions (` + sessionFields + `)
  SELECT @session::uuid, ok.id, @epoch::bigint, @audience::text, @key_id::text, @generation::bigint, @rotated_at::bigint,
    @network::text, @agent::bytea, @created_at::bigint, @seen_at::bigint, @proved_at::bigint, @expires_at::bigint,
    @refresh_until::bigint, @end_day::bigint FROM ok`

	// sessionFields are the columns of a new session.
	sessionFields = `id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at,
    proved_at, expires_at, refresh_until, end_day`

	charged = ` SELECT 1 / CASE WHEN @required AND c.owner IS NULL THEN 0 ELSE 1 END = 1 AND c.owner IS NOT NULL, ` + balanceColumns + ` FROM ses LEFT JOIN pay c ON true`

	// releasing ends createSession where there is something to release.
	releasing = `, ` + askedAttempts + ` AND EXISTS (SELECT 1 FROM ses)` + easeAttempts + `, marked AS (
  ` + addMark + ` FROM ses` + whereMarked + `
)`
)

// The sign-in alone: without a charge, with one, and with attempts to release, too.
var (
	createFree = prepare(`WITH ok AS (`+touchAccount+` RETURNING a.id), ses AS (`+insertSession+` RETURNING 1) SELECT false, `+noBalance+` FROM ses`,
		signInValues)
	createCharged   = prepare(createSession+charged, signInValues, billValues, requiredValue(signInCharge))
	createReleasing = prepare(createSession+releasing+charged, signInValues, billValues, requiredValue(signInCharge),
		releaseValues(func(r *signIn) *released { return r.released }))
)

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
		"created_at":    field(func(r *signIn) int64 { return millis(r.Session.CreatedAt) }),
		"seen_at":       field(func(r *signIn) int64 { return millis(r.Session.SeenAt) }),
		"proved_at":     field(func(r *signIn) int64 { return millis(r.Session.ProvedAt) }),
		"expires_at":    field(func(r *signIn) int64 { return millis(r.Session.ExpiresAt) }),
		"refresh_until": field(func(r *signIn) int64 { return millis(r.Session.RefreshUntil) }),
		"end_day":       field(func(r *signIn) int64 { return millis(r.Session.EndsAt()) / dayMillis }),
		"totp_step":     field(func(r *signIn) int64 { return r.TOTPStep }),
		"now":           field(func(r *signIn) int64 { return millis(r.now) }),
	}
	billValues = chargeValues(signInCharge)
)

// CreateSession meets [store.SessionStore]. Sign-ins that queue behind one that is being committed are committed
// together (see [SignInLanes]); one that has attempts to release is committed alone.
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	r := signIn{ctx: ctx, NewSession: n, now: now}
	if s.together == nil || !n.Release.Zero() || rules.SenselessCharge(n.Charge) {
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
	released *released // Release, for the statement that does it
}

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
		done, err := s.one(ctx, sql, args, append([]any{&receipt.Charged}, balanceTo(&receipt.Balance)...)...)
		if err == nil && done {
			if !receipt.Charged {
				receipt, err = s.standing(ctx, r.Charge)
			}
			return err
		}
		if err != nil && violated(err) == "" && pgCode(err) != "22012" {
			return err
		}
		receipt, err = s.whyRefused(ctx, r)
		return err
	})
	if err != nil {
		return store.Receipt{}, err
	}
	return receipt, nil
}

// statement returns the cheapest one that does the sign-in.
func (r *signIn) statement() (string, []any) {
	switch {
	case !r.Release.Zero():
		r.released = releaseOf(r.Release)
		return createReleasing.Text, createReleasing.Args(r)
	case rules.Charged(r.Charge):
		return createCharged.Text, createCharged.Args(r)
	}
	return createFree.Text, createFree.Args(r)
}

// signing is what a sign-in is decided on.
var signing = prepare(`SELECT coalesce(s.account, `+root+`), a.id IS NOT NULL, coalesce(a.status, ''), coalesce(p.status, ''),
  coalesce(a.epoch, 0), coalesce(a.totp_step, 0), `+purseColumns+`
  FROM (SELECT 1) one LEFT JOIN sessions s ON s.id = @session LEFT JOIN accounts a ON a.id = @account`+joinParent+joinPurse,
	purseValues(signInCharge), values[signIn]{
		"session": field(func(r *signIn) [16]byte { return r.Session.ID }),
		"account": field(func(r *signIn) [16]byte { return r.Session.Account }),
	})

// signerTo returns where the columns of signing are scanned to.
func signerTo(w *rules.Signer) []any {
	return append([]any{idTo(&w.Holder), &w.Found, &w.Status, &w.Parent, &w.Epoch, &w.Step}, purseTo(&w.Purse)...)
}

// whyRefused returns the receipt of a sign-in that happened before, the error of one that may not happen, and errRaced
// for one that could happen now. Without a charge that stands already, it makes it happen.
func (s *Store) whyRefused(ctx context.Context, r *signIn) (store.Receipt, error) {
	var facts rules.Signer
	if _, err := s.one(ctx, signing.Text, signing.Args(r), signerTo(&facts)...); err != nil {
		return store.Receipt{}, err
	}
	done, err := rules.SignIn(r.NewSession, facts, r.now)
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
