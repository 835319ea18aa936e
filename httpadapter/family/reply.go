package family

import "github.com/tollkeeper/tollkeeper"

// Table is what a family replies to errors. A later reply wins over an earlier one to the same question.
type Table []Reply

// Reply is what is answered to one error code. [At] makes one.
type Reply struct {
	Cause   tollkeeper.Code
	Status  int
	Code    string // of the family, for shapes that have one
	Message string // empty: the error's own

	field string // not empty: only for an error in that field
	child bool   // only for a request that names a parent
}

// At returns the reply to errors of the same code as cause. An empty message is the error's own.
func At(cause *tollkeeper.Error, status int, code, message string) Reply {
	return Reply{Cause: cause.Code, Status: status, Code: code, Message: message}
}

// In narrows the reply to an error in that field.
func (r Reply) In(field string) Reply {
	r.field = field
	return r
}

// OfChild narrows the reply to requests that name a parent.
func (r Reply) OfChild() Reply {
	r.child = true
	return r
}

// Narrow reports whether the reply is to some errors of its code only.
func (r Reply) Narrow() bool { return r.field != "" || r.child }

// Shape makes the bodies of errors.
type Shape struct {
	Body func(Failure) any // for encoding/json
	Type string            // Content-Type. Zero: JSON

	// Words says a failure in the language that the values of the header Accept-Language prefer, and returns that
	// language; empty: it is not known. Nil: failures are told as they are.
	Words func(accepts []string, f Failure) (said Failure, language string)
}

// Failure is what there is to say of an error. A shape says what its API documents.
type Failure struct {
	Status  int
	Code    string            // of the family
	Title   string            // of the status, by Shape.Words. Empty: that of HTTP
	Message string            // fit for users
	Cause   *tollkeeper.Error // for its code, field and wait; its cause is for logs alone
}

// question is what replies are looked up by.
type question struct {
	cause tollkeeper.Code
	field string
	child bool
}

// shaped is a reply with the shape that it is told in.
type shaped struct {
	Reply
	shape Shape
}

// replies returns questions. It is never changed after newReplies.
type replies map[question]*shaped

func newReplies(list []Reply, s Shape) replies {
	t := make(replies, len(list))
	for _, r := range list {
		t[question{r.Cause, r.field, r.child}] = &shaped{r, s}
	}
	return t
}

// find returns the narrowest reply to an error, nil if there is none.
func (t replies) find(err *tollkeeper.Error, child bool) *shaped {
	q := question{err.Code, err.Field, child}
	for _, q := range [...]question{q, {q.cause, q.field, false}, {q.cause, "", q.child}, {q.cause, "", false}} {
		if e, ok := t[q]; ok {
			return e
		}
	}
	return nil
}
