package sqlite

import "github.com/tollkeeper/tollkeeper"

// in answers a copy of a sentinel that names the field at fault.
func in(field string, sentinel *tollkeeper.Error) error {
	e := *sentinel
	e.Field = field
	return &e
}
