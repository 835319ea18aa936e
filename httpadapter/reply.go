package httpadapter

import "github.com/tollkeeper/tollkeeper"

// reply is what a family answers to one error code.
type reply struct {
	cause   tollkeeper.Code
	status  int
	code    string // of the family, for shapes that have one
	message string // empty: the error's own
	field   string // not empty: only for an error in that field
	child   bool   // only for a request that names a parent
}

// at returns the reply to errors of the same code as cause.
func at(cause *tollkeeper.Error, status int, code, message string) reply {
	return reply{cause: cause.Code, status: status, code: code, message: message}
}

// in narrows the reply to an error in that field.
func (r reply) in(field string) reply {
	r.field = field
	return r
}

// ofChild narrows the reply to requests that name a parent.
func (r reply) ofChild() reply {
	r.child = true
	return r
}

// encoded is a reply ready to send.
type encoded struct {
	reply
	shape shape
	body  []byte // nil: made of the error's own message
}

// text returns the body for an error.
func (e *encoded) text(err *tollkeeper.Error) []byte {
	if e.body != nil {
		return e.body
	}
	return e.shape(e.code, err.Error())
}

// question is what replies are looked up by.
type question struct {
	cause tollkeeper.Code
	field string
	child bool
}

// table returns questions. It is never changed after newTable.
type table map[question]*encoded

// newTable encodes the replies once. A later reply wins over an earlier one to the same question.
func newTable(replies []reply, s shape) table {
	t := make(table, len(replies))
	for _, r := range replies {
		e := &encoded{reply: r, shape: s}
		if r.message != "" {
			e.body = s(r.code, r.message)
		}
		t[question{r.cause, r.field, r.child}] = e
	}
	return t
}

// find returns the narrowest reply to an error, nil if there is none.
func (t table) find(err *tollkeeper.Error, child bool) *encoded {
	q := question{err.Code, err.Field, child}
	for _, q := range [...]question{q, {q.cause, q.field, false}, {q.cause, "", q.child}, {q.cause, "", false}} {
		if e, ok := t[q]; ok {
			return e
		}
	}
	return nil
}
