package postgres

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/internal/group"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// createTogether is createSession for many: each of its parameters is an array. Accounts are locked in the order of
// ids, then payers in theirs, so that no two such statements wait for each other. Of each payer the first ones that the
// balance covers are granted, in the order of the arrays, up to one that crosses a threshold; the rest is left out, and
// judged alone. Who is held was asked for, so that the full join is an inner one: that the server would do in nested
// loops, because it believes in few rows, and walk over the whole batch for each of it.
var createTogether = assemble(logging, func(p parts) (string, []values[signIn]) {
	arrays, fields, timely := ``, ``, ``
	if p.has(logging) {
		timely = ` AND (y.event_id IS NULL OR y.event_id > (SELECT routine FROM swept))`
		arrays, fields = `, `+eventArrays, `, `+columnsOf(func(name, _ string) string { return "event_" + name })
	}
	var w writer[signIn]
	w.add(`WITH ask AS (
  SELECT * FROM unnest(@session::uuid[], @account::uuid[], @epoch::bigint[], @audience::text[], @key_id::text[], @generation::bigint[],
    @rotated_at::bigint[], @network::text[], @agent::bytea[], @created_at::bigint[], @seen_at::bigint[], @proved_at::bigint[],
    @expires_at::bigint[], @refresh_until::bigint[], @end_day::bigint[], @now::bigint[], @most::bigint[],
    @payer::uuid[], @key::text[], @entry::uuid[], @operation::text[], @price::bigint[], @month::bigint[]`+arrays+`) WITH ORDINALITY
    AS x (`+sessionFields+`, now, most, owner, key, entry, op, price, month`+fields+`, n)
), held AS (
  SELECT a.id, a.epoch, a.sessions FROM accounts a`+joinParent+`
  WHERE a.id = ANY (@account) AND `+signable+`
  ORDER BY a.id FOR NO KEY UPDATE OF a
), wallet AS (
  SELECT c.* FROM credits c WHERE c.owner = ANY (@payer) AND EXISTS (SELECT 1 FROM held) ORDER BY c.owner FOR UPDATE
), able AS (
  SELECT * FROM (
    SELECT ask.*, held.epoch AS current, held.sessions + row_number() OVER (PARTITION BY ask.account, ask.epoch ORDER BY ask.n) AS nth
    FROM ask FULL JOIN held ON held.id = ask.account) y
  WHERE y.epoch = y.current AND (y.most = 0 OR y.nth <= y.most)`+timely+`
), fit AS (
  SELECT * FROM (
    SELECT able.*, c.balance AS had, c.used AS had_used, c.granted,
      sum(able.price) OVER (PARTITION BY able.owner ORDER BY able.n)::bigint AS spent
    FROM able LEFT JOIN wallet c ON c.owner = able.owner) c
  WHERE c.price = 0 OR c.spent <= c.had AND NOT (c.granted > 0 AND (c.spent = c.had
    OR c.had_used < `+low+` AND c.had_used + c.spent >= `+low+` OR c.had_used < `+critical+` AND c.had_used + c.spent >= `+critical+`))
), pay AS (
  UPDATE credits c SET balance = b.had - b.spent, used = c.used + b.spent, sign_ins = c.sign_ins + b.sign_ins,
    sign_ups = c.sign_ups + b.sign_ups, verifications = c.verifications + b.verifications, socials = c.socials + b.socials,
    latest_month = greatest(c.latest_month, b.month)
  FROM (SELECT owner, max(had) AS had, sum(price)::bigint AS spent, count(*) FILTER (WHERE op = 'sign-in') AS sign_ins,
      count(*) FILTER (WHERE op = 'sign-up') AS sign_ups, count(*) FILTER (WHERE op = 'email-verification') AS verifications,
      count(*) FILTER (WHERE op = 'social-sign-in') AS socials, max(month) AS month FROM fit WHERE price > 0 GROUP BY owner) b
  WHERE c.owner = b.owner
), led AS (
  `+intoLedger+`
  SELECT owner, entry, key, op, -price, had - spent, account, now FROM fit WHERE price > 0
), touch AS (
  UPDATE accounts a SET last_sign_in = t.now, active_day = t.now / 86400000, sessions = a.sessions + t.made
  FROM (SELECT account, max(now) AS now, count(*) AS made FROM fit GROUP BY account) t WHERE a.id = t.account
), ses AS (
  INSERT INTO sessions (`+sessionFields+`)
  SELECT `+sessionFields+` FROM fit
)`, signInValues, billValues)
	if p.has(logging) {
		w.add(`, log AS (`+intoEvents+columnsOf(func(name, _ string) string { return "event_" + name })+` FROM fit WHERE event_id IS NOT NULL)`,
			signInEvent)
	}
	w.add(` SELECT fit.n, fit.spent, ` + balanceColumns + ` FROM fit LEFT JOIN wallet c ON c.owner = fit.owner ORDER BY fit.n`)
	return w.done()
})

// createSessions does a batch of the group. One of one is a sign-in alone. A larger one is cancelled when nobody waits
// for it any more.
func (s *Store) createSessions(ctx context.Context, batch []signIn) []group.Result[store.Receipt] {
	results := make([]group.Result[store.Receipt], len(batch))
	if len(batch) == 1 {
		results[0].Value, results[0].Err = s.createAlone(batch[0].ctx, &batch[0])
		return results
	}
	ctx, cancel := whileWanted(ctx, batch)
	defer cancel()
	granted := make([]bool, len(batch))
	err := retry(ctx, func() error {
		clear(granted)
		return s.grant(ctx, batch, granted, results)
	})
	switch {
	case violated(err) != "": // one of them happened before, and nothing of the batch now
		clear(granted)
		clear(results)
	case err != nil:
		for i := range results {
			results[i] = group.Result[store.Receipt]{Err: err}
		}
		return results
	}
	left := make([]int, 0, len(batch))
	for i := range batch {
		if !granted[i] {
			left = append(left, i)
		}
	}
	s.judge(ctx, batch, left, results)
	return results
}

// judge does the sign-ins that a batch left out, each alone. They are first asked why, all in one round trip: most are
// out of credits, and a refusal needs no lock and no commit.
func (s *Store) judge(ctx context.Context, batch []signIn, left []int, results []group.Result[store.Receipt]) {
	facts := make([]signer, len(left))
	steps := make([]step, len(left))
	for i, n := range left {
		scan := func(rows pgx.Rows) error { return rows.Scan(facts[i].to()...) }
		steps[i] = step{sql: signing.Text, args: signing.Args(&batch[n]), scan: scan}
	}
	known := len(left) > 0 && retry(ctx, func() error { return s.batch(ctx, steps) }) == nil
	for i, n := range left {
		if known {
			if _, err := batch[n].judge(&facts[i]); err != nil {
				results[n].Err = err
				continue
			}
		}
		results[n].Value, results[n].Err = s.createAlone(ctx, &batch[n])
	}
}

// grant runs the statement for the batch and notes the receipts of those that it granted: each with the balance as it
// was right after it.
func (s *Store) grant(ctx context.Context, batch []signIn, granted []bool, results []group.Result[store.Receipt]) error {
	counts := map[[16]byte]*store.Balance{}
	logs := slices.ContainsFunc(batch, func(r signIn) bool { return r.event != nil })
	sql := createTogether.of(logging.when(logs))
	var n, spent int64
	var b store.Balance
	to := append([]any{&n, &spent}, balanceTo(&b)...)
	return s.all(ctx, sql.Text, sql.Arrays(batch), func(row pgx.Row) error {
		if err := row.Scan(to...); err != nil {
			return err
		}
		granted[n-1] = true
		results[n-1] = group.Result[store.Receipt]{}
		c := batch[n-1].Charge
		if !rules.Charged(c) {
			return nil
		}
		sum := counts[c.Owner]
		if sum == nil {
			sum = new(store.Balance)
			*sum = b
			counts[c.Owner] = sum
		}
		rules.Debit(sum, c.Operation, c.Price, batch[n-1].now) // as the statement does
		results[n-1].Value = store.Receipt{Charged: true, Balance: *sum}
		return nil
	})
}

// whileWanted returns a context that ends when every caller's has.
func whileWanted(ctx context.Context, batch []signIn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	var waiting atomic.Int64
	waiting.Store(int64(len(batch)))
	stops := make([]func() bool, len(batch))
	for i, r := range batch {
		stops[i] = context.AfterFunc(r.ctx, func() {
			if waiting.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
