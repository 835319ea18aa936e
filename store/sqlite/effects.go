package sqlite

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// do does the effects of a verb on an account that lives. Its charge became the payment.
func do(c *conn, fx store.Effects, p rules.Payment, account uuid.UUID) error {
	if err := pay(c, p); err != nil {
		return err
	}
	if err := queue(c, fx.Mail); err != nil {
		return err
	}
	return log(c, fx.Events, account)
}

// tell writes what was decided to be told.
func tell(c *conn, t rules.Told) error {
	if err := log(c, t.Events, uuid.Nil); err != nil {
		return err
	}
	return queue(c, t.Mail)
}
