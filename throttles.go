package tollkeeper

// Kinds of buckets. When both refuse, a lock is reported.
const (
	kindLock = iota
	kindRate
)

// guessing is a kind of proof that can be guessed.
type guessing int

const (
	wayPassword guessing = iota + 1
	wayCode              // mailed
	wayConfirm           // the own password, by a session
	wayApp               // a code of an authenticator app
	wayRecovery          // a recovery code
	wayPasskey           // which nobody guesses: it only takes back
)

// part is something that the key of a bucket is made of.
type part int

const (
	ofScope part = iota
	ofEmail
	ofNetwork
	ofAccount
	ofName // the email or the username, whichever was submitted
)

// spared says which networks a bucket does not refuse.
type spared int

const (
	none       spared = iota
	recognised        // where the account signed in
	asker             // those that asked for a code
)

// throttle is a bucket of the table: what counts in it, and all that can take it back.
type throttle struct {
	name    string
	way     guessing // whose wrong proofs count; right ones give their own place back
	keyed   []part   // without an address, there is no bucket that is keyed on the network
	limit   func(*Limits) Limit
	kind    int
	forget  bool       // a right proof forgets all failures, too
	cleared []guessing // and so does one of these, which holds no place here
	spares  spared     // networks
	shared  bool       // between what one network does in all scopes: pages of other origins get a part of it
	pardon  []part     // a proof of the mailbox pardons what has these in common with it; none: nothing does
}

// throttles are all buckets of failures (SECURITY.md section 4, Lockout, Email OTP, TOTP). What counts, what settles,
// what a proven mailbox pardons: everything is read from here, and [word] says who pardons what of it.
var throttles = []throttle{
	{
		name: "lock", way: wayPassword, keyed: []part{ofScope, ofName, ofNetwork}, limit: func(l *Limits) Limit { return l.Lock },
		forget: true, cleared: []guessing{wayApp, wayRecovery, wayPasskey}, pardon: []part{ofScope, ofName},
	}, {
		name: "pair", way: wayPassword, keyed: []part{ofName, ofNetwork}, limit: func(l *Limits) Limit { return l.PairCeiling },
		shared: true, pardon: []part{ofEmail}, // a username is another's in each scope
	}, {
		name: "account", way: wayPassword, keyed: []part{ofScope, ofName}, limit: func(l *Limits) Limit { return l.AccountCeiling },
		spares: recognised, pardon: []part{ofScope, ofName},
	}, {
		name: "email", way: wayPassword, keyed: []part{ofEmail}, limit: func(l *Limits) Limit { return l.EmailCeiling },
		spares: recognised, pardon: []part{ofEmail},
	}, {
		name: "tries", way: wayCode, keyed: []part{ofEmail}, limit: func(l *Limits) Limit { return l.CodeTries }, kind: kindRate, spares: asker,
	}, {
		name: "self", way: wayConfirm, keyed: []part{ofAccount, ofNetwork}, limit: func(l *Limits) Limit { return l.Lock },
		forget: true, pardon: []part{ofAccount},
	}, {
		name: "selves", way: wayConfirm, keyed: []part{ofAccount}, limit: func(l *Limits) Limit { return l.EmailCeiling }, pardon: []part{ofAccount},
	}, {
		name: "factor", way: wayApp, keyed: []part{ofAccount}, limit: func(l *Limits) Limit { return l.Factor }, kind: kindRate,
		forget: true, cleared: []guessing{wayRecovery, wayPasskey},
	}, {
		name: "factors", way: wayApp, keyed: []part{ofAccount}, limit: func(l *Limits) Limit { return l.FactorCeiling }, kind: kindRate,
		forget: true, cleared: []guessing{wayRecovery, wayPasskey},
	}, {
		name: "recovery", way: wayRecovery, keyed: []part{ofAccount}, limit: func(l *Limits) Limit { return l.Factor }, kind: kindRate, forget: true,
	},
}
