package family

import "github.com/tollkeeper/tollkeeper"

// Faults of HTTP itself, before the core is asked. A family replies to them in its [Table] as it does to the codes of
// the core (docs/WIRE.md section 0).
var (
	ErrNoRoute        = &tollkeeper.Error{Code: "http_no_route", Message: "Not found"}
	ErrMethod         = &tollkeeper.Error{Code: "http_method", Message: "Method not allowed"}
	ErrEmptyBody      = &tollkeeper.Error{Code: "http_empty_body", Message: "Request body required"}
	ErrBadBody        = &tollkeeper.Error{Code: "http_bad_body", Message: "Invalid JSON format"}
	ErrLargeBody      = &tollkeeper.Error{Code: "http_large_body", Message: "Request body too large"}
	ErrNoCredential   = &tollkeeper.Error{Code: "http_no_credential", Message: "Authentication required"}
	ErrTwoCredentials = &tollkeeper.Error{Code: "http_two_credentials", Message: "Send one credential"}
	ErrNotParent      = &tollkeeper.Error{Code: "http_not_parent", Message: "Only parent accounts can do this"}
	ErrCrossOrigin    = &tollkeeper.Error{Code: "http_cross_origin", Message: "Cross-origin request refused"}
	ErrNoKey          = &tollkeeper.Error{Code: "http_no_key", Message: "public key is required"}
)

// Faults lists the codes of the faults of HTTP, as [ErrNoRoute], for tables that must be complete.
func Faults() []tollkeeper.Code {
	return []tollkeeper.Code{
		ErrNoRoute.Code, ErrMethod.Code, ErrEmptyBody.Code, ErrBadBody.Code, ErrLargeBody.Code,
		ErrNoCredential.Code, ErrTwoCredentials.Code, ErrNotParent.Code, ErrCrossOrigin.Code, ErrNoKey.Code,
	}
}

// Missing says in the words of a route what its request lacks.
func Missing(message string) error { return tollkeeper.ErrMissing.WithMessage(message) }
