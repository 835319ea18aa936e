package httpadapter

import "github.com/tollkeeper/tollkeeper"

// Faults of HTTP itself, before the core is asked. Each family replies to them in its table as it does to the codes of
// the core (docs/WIRE.md section 0).
var (
	errNoRoute        = &tollkeeper.Error{Code: "http_no_route", Message: "Not found"}
	errMethod         = &tollkeeper.Error{Code: "http_method", Message: "Method not allowed"}
	errEmptyBody      = &tollkeeper.Error{Code: "http_empty_body", Message: "Request body required"}
	errBadBody        = &tollkeeper.Error{Code: "http_bad_body", Message: "Invalid JSON format"}
	errLargeBody      = &tollkeeper.Error{Code: "http_large_body", Message: "Request body too large"}
	errNoCredential   = &tollkeeper.Error{Code: "http_no_credential", Message: "Authentication required"}
	errTwoCredentials = &tollkeeper.Error{Code: "http_two_credentials", Message: "Send one credential"}
	errNotParent      = &tollkeeper.Error{Code: "http_not_parent", Message: "Only parent accounts can do this"}
	errCrossOrigin    = &tollkeeper.Error{Code: "http_cross_origin", Message: "Cross-origin request refused"}
	errNoKey          = &tollkeeper.Error{Code: "http_no_key", Message: "public key is required"}
)

// faults lists their codes, for tables that must be complete.
func faults() []tollkeeper.Code {
	return []tollkeeper.Code{
		errNoRoute.Code, errMethod.Code, errEmptyBody.Code, errBadBody.Code, errLargeBody.Code,
		errNoCredential.Code, errTwoCredentials.Code, errNotParent.Code, errCrossOrigin.Code, errNoKey.Code,
	}
}

// missing says in the words of a route what its request lacks.
func missing(message string) error {
	return &tollkeeper.Error{Code: tollkeeper.ErrMissing.Code, Message: message}
}
