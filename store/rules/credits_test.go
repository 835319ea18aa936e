package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestDebitKeepsGranted(t *testing.T) {
	b := store.Balance{Credits: 100, Granted: 100}
	for _, op := range []store.Operation{store.OpSignIn, store.OpSignUp, store.OpVerify, store.OpSocial, store.OpRetention, "report"} {
		rules.Debit(&b, op, 7, now)
	}
	want := store.Balance{Credits: 58, Granted: 100, Used: 42, SignIns: 1, SignUps: 1, Verifications: 1, Socials: 1, Retained: 7, LatestMonth: store.MonthOf(now)}
	if b != want {
		t.Errorf("%+v, want %+v", b, want)
	}
}

func TestApplyErrorsWinInOrder(t *testing.T) {
	type facts struct {
		e store.LedgerEntry
		w rules.Applying
	}
	debit := store.LedgerEntry{Key: "debit", Amount: -4}
	broken := facts{
		store.LedgerEntry{Operation: store.OpRefund, Refunds: "debit", Package: &store.Package{FreeUsers: -1}},
		rules.Applying{First: &store.LedgerEntry{Operation: store.OpGrant}, Spent: true, Refunded: true, Taken: true},
	}
	order[facts]{
		{store.ErrNotFound, func(f *facts) { f.w.Found = true }},
		{store.Conflict{}, func(f *facts) { f.w.First = nil }},
		{store.Conflict{Field: "transaction"}, func(f *facts) { f.w.Spent = false }},
		{store.ErrNotFound, func(f *facts) { f.w.Debit = &store.LedgerEntry{Amount: 4} }},
		{store.ErrNotFound, func(f *facts) { f.w.Debit = &debit }},
		{store.Conflict{Field: "refund"}, func(f *facts) { f.w.Refunded = false }},
		{store.ErrInvalid, func(f *facts) { f.e = store.LedgerEntry{Amount: -5, Package: f.e.Package} }},
		{store.ErrInsufficientCredits, func(f *facts) { f.w.Balance.Credits, f.w.Balance.Granted = 5, 5 }},
		{store.ErrInvalid, func(f *facts) { f.e.Package = nil }},
		{store.Conflict{}, func(f *facts) { f.w.Taken = false }},
	}.check(t, broken, func(f facts) error { _, err := rules.Apply(store.Posting{Entry: f.e}, f.w); return err })
}

func TestApply(t *testing.T) {
	balance := store.Balance{Credits: 6, Granted: 10, Used: 4, SignIns: 4}
	for name, c := range map[string]struct {
		entry store.LedgerEntry
		debit *store.LedgerEntry
		want  store.Balance
	}{
		"a grant":         {store.LedgerEntry{Amount: 5}, nil, store.Balance{Credits: 11, Granted: 15, Used: 4, SignIns: 4}},
		"nothing":         {store.LedgerEntry{}, nil, balance},
		"all there is":    {store.LedgerEntry{Amount: -6}, nil, store.Balance{Granted: 10, Used: 10, SignIns: 4}},
		"a sign-in":       {store.LedgerEntry{Amount: -2, Operation: store.OpSignIn}, nil, store.Balance{Credits: 4, Granted: 10, Used: 6, SignIns: 5}},
		"free users":      {store.LedgerEntry{Package: &store.Package{FreeUsers: 3}}, nil, store.Balance{Credits: 6, Granted: 10, Used: 4, SignIns: 4, FreeUsers: 3}},
		"a refund":        {store.LedgerEntry{Amount: 99, Refunds: "debit"}, &store.LedgerEntry{Amount: -4}, store.Balance{Credits: 10, Granted: 10, SignIns: 4}},
		"a refund at max": {store.LedgerEntry{Amount: math.MaxInt64, Refunds: "debit"}, &store.LedgerEntry{Amount: -1}, store.Balance{Credits: 7, Granted: 10, Used: 3, SignIns: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			c.entry.At = now.Add(time.Microsecond)
			got, err := rules.Apply(store.Posting{Entry: c.entry}, rules.Applying{Found: true, Balance: balance, Debit: c.debit})
			wants(t, err, nil)
			c.want.LatestMonth = store.MonthOf(now)
			if got.Balance != c.want || !got.Came || !got.Fresh || got.Entry.Balance != c.want.Credits || got.Entry.At != now {
				t.Errorf("applied %+v, want balance %+v", got, c.want)
			}
		})
	}
}

func TestApplyRefusesWhatOverflows(t *testing.T) {
	for name, e := range map[string]store.LedgerEntry{
		"granted":    {Amount: math.MaxInt64},
		"free users": {Package: &store.Package{FreeUsers: math.MaxInt64}},
	} {
		_, err := rules.Apply(store.Posting{Entry: e}, rules.Applying{Found: true, Balance: store.Balance{Granted: 1, FreeUsers: 1}})
		if err != store.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// At the edge of what can be counted nothing is lost, and nothing is refused that fits.
func TestApplyGoesToTheEdge(t *testing.T) {
	most := store.Balance{Credits: math.MaxInt64, Granted: math.MaxInt64}
	for name, c := range map[string]struct {
		entry   store.LedgerEntry
		balance store.Balance
		debit   *store.LedgerEntry
		want    error
	}{
		"the last credit that can be counted": {store.LedgerEntry{Amount: 1}, store.Balance{Granted: math.MaxInt64 - 1}, nil, nil},
		"one more":                            {store.LedgerEntry{Amount: 1}, most, nil, store.ErrInvalid},
		"a refund where all is granted":       {store.LedgerEntry{Refunds: "debit"}, store.Balance{Credits: 1, Used: math.MaxInt64 - 1, Granted: math.MaxInt64}, &store.LedgerEntry{Amount: -4}, nil},
		"a refund of nothing":                 {store.LedgerEntry{Refunds: "debit"}, most, &store.LedgerEntry{}, store.ErrNotFound},
		"all free users go":                   {store.LedgerEntry{Package: &store.Package{FreeUsers: -5}}, store.Balance{FreeUsers: 5}, nil, nil},
		"one more goes":                       {store.LedgerEntry{Package: &store.Package{FreeUsers: -6}}, store.Balance{FreeUsers: 5}, nil, store.ErrInvalid},
		"as many free users as can be":        {store.LedgerEntry{Package: &store.Package{FreeUsers: math.MaxInt64}}, store.Balance{}, nil, nil},
		"the last free user":                  {store.LedgerEntry{Package: &store.Package{FreeUsers: math.MaxInt64 - 1}}, store.Balance{FreeUsers: 1}, nil, nil},
	} {
		_, err := rules.Apply(store.Posting{Entry: c.entry}, rules.Applying{Found: true, Balance: c.balance, Debit: c.debit})
		if err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAnEntryOfNothingIsNoSignIn(t *testing.T) {
	got, err := rules.Apply(store.Posting{Entry: store.LedgerEntry{Operation: store.OpSignIn, At: now}}, rules.Applying{Found: true})
	wants(t, err, nil)
	if got.Balance != (store.Balance{LatestMonth: store.MonthOf(now)}) {
		t.Errorf("it counts as %+v", got.Balance)
	}
}

func TestAnEntryTellsWhatItCrosses(t *testing.T) {
	p := store.Posting{Entry: store.LedgerEntry{Key: "k", Owner: parent, Amount: -85, At: now}, Tell: store.Telling{Log: true, Mail: true}}
	got, err := rules.Apply(p, rules.Applying{Found: true, Balance: store.Balance{Credits: 100, Granted: 100}})
	wants(t, err, nil)
	if len(got.Told.Events) != 1 || len(got.Told.Mail) != 1 {
		t.Fatalf("told %+v", got.Told)
	}
	if e, m := got.Told.Events[0], got.Told.Mail[0]; e.Detail != "low" || e.Credits != 15 || m.Args["level"] != "low" || m.Args["credits"] != "15" {
		t.Errorf("told %+v, %+v", e, m)
	}
}

func TestTheSmallestPriceIsACharge(t *testing.T) {
	if !rules.Charged(required(parent, 1)) || rules.Charged(required(parent, 0)) || rules.Charged(required(uuid.Nil, 1)) {
		t.Error("a charge is another one")
	}
}

func TestAnEntryStandsForItsKey(t *testing.T) {
	first := store.LedgerEntry{ID: child, Key: "key", Operation: store.OpPackage, Amount: 5, Balance: 5}
	for _, c := range []struct {
		name  string
		again store.LedgerEntry
		want  error
	}{
		{"the same", store.LedgerEntry{ID: other, Key: "key", Operation: store.OpPackage, Amount: 5}, nil},
		{"another amount", store.LedgerEntry{Key: "key", Operation: store.OpPackage, Amount: 6}, store.Conflict{}},
		{"another operation", store.LedgerEntry{Key: "key", Operation: store.OpGrant, Amount: 5}, store.Conflict{}},
		{"another amount of a refund", store.LedgerEntry{Key: "key", Operation: store.OpRefund, Amount: 9, Refunds: "debit"}, nil},
		{"a refund", store.LedgerEntry{Key: "key", Operation: store.OpPackage, Amount: 5, Refunds: "debit"}, store.Conflict{}},
	} {
		first := first
		if c.again.Operation == store.OpRefund {
			first.Operation, first.Refunds = store.OpRefund, "debit"
		}
		got, err := rules.Apply(store.Posting{Entry: c.again}, rules.Applying{Found: true, First: &first, Balance: store.Balance{Credits: 2}})
		if err != c.want || err == nil && (got.Fresh || got.Entry != first || got.Balance.Credits != 2) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestChargeThatIsNone(t *testing.T) {
	free, paid := required(parent, 0), rules.Purse{Found: true, Paid: true, Balance: store.Balance{Credits: 4}}
	optional := required(parent, 5)
	optional.Required = false
	for name, c := range map[string]struct {
		charge  store.Charge
		purse   rules.Purse
		charged bool
	}{
		"price 0":                        {free, rules.Purse{}, false},
		"price 0 of a key that stands":   {free, paid, false},
		"nobody pays":                    {store.Charge{Price: 5, Required: true}, rules.Purse{}, false},
		"optional beyond the balance":    {optional, rules.Purse{Found: true}, false},
		"optional without a balance":     {optional, rules.Purse{}, false},
		"a key that stands is not short": {required(parent, 5), paid, true},
	} {
		t.Run(name, func(t *testing.T) {
			n := store.NewSession{Session: store.Session{Account: child}, Effects: store.Effects{Charge: c.charge}}
			got, err := rules.SignIn(n, rules.Signer{Found: true, Status: store.StatusActive, Purse: c.purse}, now)
			wants(t, err, nil)
			if got.Payment.Entry != nil || got.Payment.Receipt.Charged != c.charged {
				t.Errorf("payment is %+v", got.Payment)
			}
		})
	}
}

func TestOpenGrants(t *testing.T) {
	b, e := rules.Open(parent, nil, now)
	if e != nil || b != (store.Balance{ClosedMonth: store.MonthOf(now) - 1}) {
		t.Errorf("opened %+v, %+v", b, e)
	}
	b, e = rules.Open(parent, &store.LedgerEntry{Amount: 1, At: now}, now)
	if e.Amount != 1 || b.Credits != 1 || b.FreeUsers != 0 {
		t.Errorf("without a package opened %+v, %+v", b, e)
	}
	grant := &store.LedgerEntry{Owner: other, Amount: 9, Package: &store.Package{FreeUsers: 2}, At: now.AddDate(0, 1, 0)}
	b, e = rules.Open(parent, grant, now)
	month := store.MonthOf(now)
	if e.Owner != parent || e.Balance != 9 || b != (store.Balance{Credits: 9, Granted: 9, FreeUsers: 2, ClosedMonth: month - 1, LatestMonth: month + 1}) {
		t.Errorf("opened %+v, %+v", b, e)
	}
}

func TestEntriesShowThatTheirMonthHasCome(t *testing.T) {
	month := store.MonthOf(now)
	for name, c := range map[string]struct {
		op   store.Operation
		had  int
		want int
	}{
		"the first one":          {store.OpPackage, 0, month},
		"a later one":            {store.OpPackage, month - 3, month},
		"an earlier one":         {store.OpPackage, month + 3, month + 3},
		"in that month":          {store.OpPackage, month, month},
		"retention as the first": {store.OpRetention, 0, 0},
		"retention never":        {store.OpRetention, month - 3, month - 3},
	} {
		t.Run(name, func(t *testing.T) {
			had := store.Balance{Credits: 9, Granted: 9, LatestMonth: c.had}
			for _, amount := range []int64{5, -5} {
				e := store.LedgerEntry{Operation: c.op, Amount: amount, At: now}
				got, err := rules.Apply(store.Posting{Entry: e}, rules.Applying{Found: true, Balance: had})
				wants(t, err, nil)
				if got.Balance.LatestMonth != c.want || got.Came != (c.want != c.had) {
					t.Errorf("%d credits: %+v, want %d", amount, got, c.want)
				}
			}
			charge := required(parent, 5)
			charge.Operation = c.op
			n := store.NewSession{Session: store.Session{Account: child}, Effects: store.Effects{Charge: charge}}
			got, err := rules.SignIn(n, rules.Signer{Found: true, Status: store.StatusActive, Purse: rules.Purse{Found: true, Balance: had}}, now)
			wants(t, err, nil)
			if p := got.Payment; p.Receipt.Balance.LatestMonth != c.want || p.Came != (c.want != c.had) {
				t.Errorf("a charge: %+v, want %d", p, c.want)
			}
		})
	}
}
