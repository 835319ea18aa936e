package tollkeeper

// What only tests see: pure policies.

var (
	MayActOn    = mayActOn
	PasswordAge = passwordAge
	Crossed     = crossed
	Backoff     = backoff
	MatchTOTP   = matchTOTP
)

// Admit is the decision about a proven account.
func Admit(s Subject, method string, verifyAll bool) error {
	return admit(s, attempt{method: method}, verifyAll)
}
