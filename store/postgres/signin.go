package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
)

// createSession: account, charge, ledger row, session. $1 to $15 the session, $16 now, $17 TOTP step, $18 to $23 the
// charge. The account's row is locked before the payer's. What is refused at first sight writes and locks nothing; when
// the last credits go while the payer is waited for, it divides by zero, which takes the account's row back.
const createSession = `WITH ok AS (` + touchAccount + `
    AND (NOT $23::boolean OR EXISTS (SELECT 1 FROM credits c WHERE c.owner = $18::uuid AND c.balance >= $22::bigint))
  RETURNING a.id
), pay AS (
  UPDATE credits c SET balance = c.balance - $22, used = c.used + $22,
    sign_ins = c.sign_ins + CASE WHEN $21::text = 'sign-in' THEN 1 ELSE 0 END,
    sign_ups = c.sign_ups + CASE WHEN $21 = 'sign-up' THEN 1 ELSE 0 END,
    verifications = c.verifications + CASE WHEN $21 = 'email-verification' THEN 1 ELSE 0 END,
    socials = c.socials + CASE WHEN $21 = 'social-sign-in' THEN 1 ELSE 0 END
  FROM ok WHERE c.owner = $18 AND c.balance >= $22 RETURNING c.*
), led AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)
  SELECT pay.owner, $20::uuid, $19::text, $21::text, -$22::bigint, pay.balance, $2::uuid, $16::bigint FROM pay
), ses AS (` + insertSession + ` RETURNING 1)`

// createFreeSession is the same without a charge. $1 to $17 as above.
const createFreeSession = `WITH ok AS (` + touchAccount + ` RETURNING a.id), ses AS (` + insertSession + ` RETURNING 1)`

const (
	touchAccount = `
  UPDATE accounts a SET last_sign_in = $16::bigint, active_day = $16 / 86400000, totp_step = greatest(a.totp_step, $17)
  WHERE a.id = $2 AND a.epoch = $3 AND a.status = 'active' AND ($17::bigint = 0 OR a.totp_step < $17)
    AND (a.parent = ` + root + ` OR EXISTS (SELECT 1 FROM accounts p WHERE p.id = a.parent AND p.status = 'active'))
`
	insertSession = `
  INSERT INTO sessions (id, account, epoch, audience, key_id, generation, rotated_at, network, agent, created_at, seen_at,
    proved_at, expires_at, refresh_until, end_day)
  SELECT $1::uuid, ok.id, $3::bigint, $4::text, $5::text, $6::bigint, $7::bigint, $8::text, $9::bytea, $10::bigint, $11::bigint,
    $12::bigint, $13::bigint, $14::bigint, $15::bigint FROM ok`

	charged = ` SELECT 1 / CASE WHEN $23 AND c.owner IS NULL THEN 0 ELSE 1 END = 1 AND c.owner IS NOT NULL, ` + balanceColumns + ` FROM ses LEFT JOIN pay c ON true`
	free    = ` SELECT false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM ses`

	// settling ends createSession where there is something to settle. $24 to $28 the settlement.
	settling = `, asked AS (
  SELECT u.key, u.give, u.free FROM unnest($24::bytea[], $25::boolean[], $26::bigint[]) AS u (key, give, free)
), held AS (
  SELECT t.key FROM attempts t WHERE t.key = ANY ($24) AND EXISTS (SELECT 1 FROM ses) ORDER BY t.key FOR UPDATE
), eased AS (
  UPDATE attempts t SET fence = t.fence + 1,
    n = CASE WHEN asked.give AND t.expires > $16 THEN greatest(t.n - 1, 0) ELSE 0 END,
    until = CASE WHEN asked.give AND t.expires > $16 AND t.n > asked.free THEN t.until ELSE 0 END,
    expires = CASE WHEN asked.give AND t.expires > $16 THEN t.expires ELSE 0 END
  FROM held JOIN asked ON asked.key = held.key WHERE t.key = held.key
), marked AS (
  INSERT INTO marks AS m (key, until) SELECT $27::bytea, $28::bigint FROM ses WHERE $27 IS NOT NULL AND $28 > $16
  ON CONFLICT (key) DO UPDATE SET until = greatest(m.until, excluded.until)
)`
)

// CreateSession meets [store.SessionStore]. Sign-ins that queue behind one that is being committed are committed
// together (see SignInLanes); one that has attempts to settle is committed alone.
func (s *Store) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	n.Charge = orNone(n.Charge)
	r := signIn{ctx, n, now}
	if s.together == nil || !n.Settle.Zero() || n.Charge.Price < 0 {
		return s.createAlone(ctx, r)
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
	now time.Time
}

// payer chooses the lane.
func payer(r signIn) uint64 {
	key := r.Charge.Owner
	if key == store.Root {
		key = r.Session.Account
	}
	return binary.BigEndian.Uint64(key[8:])
}

// createAlone does one sign-in in a statement of its own.
func (s *Store) createAlone(ctx context.Context, r signIn) (receipt store.Receipt, err error) {
	err = retry(ctx, func() error {
		if r.Charge.Price < 0 {
			receipt, err = s.whyRefused(ctx, r, "")
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
		receipt, err = s.whyRefused(ctx, r, violated(err))
		return err
	})
	if err != nil {
		return store.Receipt{}, err
	}
	return receipt, nil
}

// statement answers the cheapest one that does the sign-in.
func (r signIn) statement() (string, []any) {
	x, c := &r.Session, r.Charge
	args := make([]any, 0, 28)
	args = append(args, id(x.ID), id(x.Account), x.Epoch, string(x.Audience), x.KeyID, x.Generation, millis(x.RotatedAt), x.Network,
		[]byte(x.Agent), millis(x.CreatedAt), millis(x.SeenAt), millis(x.ProvedAt), millis(x.ExpiresAt), millis(x.RefreshUntil),
		millis(x.EndsAt())/dayMillis, millis(r.now), r.TOTPStep)
	if !charges(c) && r.Settle.Zero() {
		return createFreeSession + free, args
	}
	args = append(args, id(c.Owner), c.Key, id(c.Entry), string(c.Operation), c.Price, c.Required)
	if r.Settle.Zero() {
		return createSession + charged, args
	}
	return createSession + settling + charged, append(args, settleArgs(r.Settle)...)
}

// whyNot looks at what a sign-in was refused for. $1 session $2 account $3 owner $4 ledger key $5 price.
const whyNot = `SELECT coalesce(s.account, ` + root + `), coalesce(a.status = 'active' AND (a.parent = ` + root + ` OR p.status = 'active'), false),
  coalesce(a.epoch, 0), coalesce(a.totp_step, 0),
  EXISTS (SELECT 1 FROM ledger l WHERE l.owner = $3 AND l.key = $4), EXISTS (SELECT 1 FROM credits c WHERE c.owner = $3 AND c.balance >= $5)
FROM (SELECT 1) one LEFT JOIN sessions s ON s.id = $1 LEFT JOIN accounts a ON a.id = $2 LEFT JOIN accounts p ON p.id = a.parent`

func (r signIn) whyNotArgs() []any {
	c := r.Charge
	return []any{id(r.Session.ID), id(r.Session.Account), id(c.Owner), c.Key, c.Price}
}

// reason is what whyNot answers.
type reason struct {
	holder        uuid.UUID // account of the session that has the id already
	active        bool      // the account, and its parent
	epoch, step   int64     // of the account
	paid, covered bool      // the charge stands already; the balance covers it
}

func (why *reason) to() []any {
	return []any{idTo(&why.holder), &why.active, &why.epoch, &why.step, &why.paid, &why.covered}
}

func (why *reason) scan(rows pgx.Rows) error { return rows.Scan(why.to()...) }

// final reports whether nothing but credits is missing.
func (why *reason) final(r signIn) bool {
	return why.active && why.holder == uuid.Nil && why.epoch == r.Session.Epoch && (r.TOTPStep == 0 || r.TOTPStep > why.step) &&
		r.Charge.Required && !why.paid && !why.covered
}

// whyRefused answers the receipt of a sign-in that happened before, the error of one that may not happen, and errRaced
// for one that could happen now. Without a charge that stands already, it makes it happen.
func (s *Store) whyRefused(ctx context.Context, r signIn, constraint string) (store.Receipt, error) {
	var why reason
	c := r.Charge
	_, err := s.one(ctx, whyNot, r.whyNotArgs(), why.to()...)
	switch {
	case err != nil:
		return store.Receipt{}, err
	case why.holder != uuid.Nil && why.holder != r.Session.Account:
		return store.Receipt{}, store.Conflict{}
	case why.holder != uuid.Nil:
		return s.standing(ctx, c)
	case !why.active || why.epoch != r.Session.Epoch:
		return store.Receipt{}, store.ErrNotFound
	case r.TOTPStep != 0 && r.TOTPStep <= why.step:
		return store.Receipt{}, store.Conflict{}
	case c.Price < 0:
		return store.Receipt{}, store.ErrInvalid
	case charges(c) && why.paid:
		r.Charge = store.Charge{}
		if _, err := s.createAlone(ctx, r); err != nil {
			return store.Receipt{}, err
		}
		return s.standing(ctx, c)
	case c.Required && !why.covered:
		return store.Receipt{}, store.ErrInsufficientCredits
	case constraint == "ledger_pkey":
		return store.Receipt{}, store.Conflict{}
	}
	return store.Receipt{}, errRaced
}
