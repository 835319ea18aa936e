package passhash

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	bcryptLen     = 60 // bytes of the whole text
	bcryptMaxCost = 15 // some 3.5 s; 31 would take hours (R10)
	bcryptMaxPass = 72 // bytes; the algorithm reads no further
)

// bcryptHash is the whole stored text, checked.
type bcryptHash string

// parseBcrypt takes $2a$, $2b$ and $2y$, which name the same correct
// algorithm. $2x$ marks hashes of a faulty one and is refused.
func parseBcrypt(encoded string) (scheme, error) {
	if len(encoded) != bcryptLen || encoded[6] != '$' {
		return nil, fmt.Errorf("%w: bcrypt text has not its one length", ErrMalformed)
	}
	cost := encoded[4:6]
	if cost[0] < '0' || cost[0] > '9' || cost[1] < '0' || cost[1] > '9' {
		return nil, fmt.Errorf("%w: bcrypt cost is not two digits", ErrMalformed)
	}
	n := int(cost[0]-'0')*10 + int(cost[1]-'0')
	if n < bcrypt.MinCost || n > bcryptMaxCost {
		return nil, fmt.Errorf("%w: bcrypt cost %d is outside %d..%d", ErrBounds, n, bcrypt.MinCost, bcryptMaxCost)
	}
	if strings.Trim(encoded[7:], cryptAlphabet) != "" {
		return nil, fmt.Errorf("%w: bcrypt salt or digest is not base64", ErrMalformed)
	}
	return bcryptHash(encoded), nil
}

func (h bcryptHash) name() string { return "bcrypt" }

func (h bcryptHash) verify(password []byte, _ Derive) bool {
	// CompareHashAndPassword cuts at 72 bytes without a word (SECURITY.md F1).
	if len(password) > bcryptMaxPass {
		return false
	}
	return bcrypt.CompareHashAndPassword([]byte(h), password) == nil
}
