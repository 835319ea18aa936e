package family

import "github.com/tollkeeper/tollkeeper"

// What admins do stands in the path: the account is [Call.Target]. Whom they may act on is the core's to say (R74).

// Account returns the account that the path names ([Call.Target]).
func Account(c *Call, _ None) (tollkeeper.Subject, error) {
	return c.auth.Account(c.Context(), c.id, c.target)
}

// CreateAccount makes an account in the caller's scope.
func CreateAccount(c *Call, spec tollkeeper.AccountSpec) (tollkeeper.Account, error) {
	if spec.Password != "" {
		if err := c.NewPassword(string(spec.Password)); err != nil {
			return tollkeeper.Account{}, err
		}
	}
	return c.auth.CreateAccount(c.Context(), c.id, spec)
}

// AccountChange is what an admin changes of an account: one of the two fields, since each is a step of its own.
type AccountChange struct {
	Role   tollkeeper.Role   // empty: unchanged
	Status tollkeeper.Status // empty: unchanged
}

// ChangeAccount changes the account that the path names, and returns it afterwards.
func ChangeAccount(c *Call, in AccountChange) (tollkeeper.Subject, error) {
	var err error
	switch {
	case (in.Role == "") == (in.Status == ""):
		err = tollkeeper.ErrInvalidInput.WithMessage("Send one of role and status")
	case in.Role != "":
		_, err = c.auth.SetRole(c.Context(), c.id, tollkeeper.RoleChange{Account: c.target, Role: in.Role})
	default:
		err = c.auth.SetStatus(c.Context(), c.id, c.target, in.Status)
	}
	if err != nil {
		return tollkeeper.Subject{}, err
	}
	return Account(c, None{})
}

// RemoveAccount deletes the account that the path names.
func RemoveAccount(c *Call, _ None) (None, error) {
	return None{}, c.auth.RemoveAccount(c.Context(), c.id, c.target)
}

// EndSessionsOf ends every session of the account that the path names.
func EndSessionsOf(c *Call, _ None) (None, error) {
	err := c.auth.EndSessions(c.Context(), c.id, c.target)
	if c.target == c.caller().Account {
		return c.Ended(err)
	}
	return None{}, err
}

// ResetFactors takes the second factors of the account that the path names away.
func ResetFactors(c *Call, _ None) (None, error) {
	return None{}, c.auth.ResetFactors(c.Context(), c.id, c.target)
}

// Unlock pardons what failures closed of the account that the path names.
func Unlock(c *Call, _ None) (None, error) {
	return None{}, c.auth.Unlock(c.Context(), c.id, c.target)
}

// EventsOfScope lists what happened in the scope that the caller rules.
func EventsOfScope(c *Call, q tollkeeper.EventQuery) (EventList, error) {
	p, err := c.auth.Events(c.Context(), c.id, q)
	return EventList{p, q.Limit}, err
}
