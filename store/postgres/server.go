package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// After a failover a pool holds connections to a server that is no longer the one to ask: it was fenced, it became a
// standby, it is going down. Such a server says so, in an error or in what it reports of itself, and then no answer of
// it counts: even what it lets read may be old.

// errReadOnly is the error of a verb whose server takes no changes.
var errReadOnly = errors.New("postgres: the server only reads: it is a standby, or fenced")

// errStale is that of a verb which such a server has answered all the same. What became of it is unknown.
var errStale = errors.New("postgres: the answer of a server that only reads")

// on runs f on a connection of the pool. What its server cannot be asked for does not go back into the pool, and where
// the whole server is the wrong one, no connection of before does.
func (s *Store) on(ctx context.Context, f func(*pgxpool.Conn) error) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if onlyReads(c.Conn()) {
		err = errReadOnly
	} else if err = f(c); err == nil && onlyReads(c.Conn()) {
		err = errStale
	}
	switch left := leaving(err); {
	case left == theServer:
		s.pool.Reset()
		fallthrough
	case left == theConnection:
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.Conn().Close(ctx) // a closed one is not kept; what Close says is of no use
	}
	return err
}

// onlyReads reports what the server last said of itself (PostgreSQL 14 and later): it does so with the answer to the
// first command after it changed.
func onlyReads(c *pgx.Conn) bool {
	p := c.PgConn()
	return p.ParameterStatus("in_hot_standby") == "on" || p.ParameterStatus("default_transaction_read_only") == "on"
}

// departure is what an error says is not to be used again.
type departure int

const (
	noDeparture departure = iota
	theConnection
	theServer
)

// leaving returns what is left after an error.
func leaving(err error) departure {
	if errors.Is(err, errReadOnly) || errors.Is(err, errStale) {
		return theServer
	}
	switch code := pgCode(err); {
	case code == "25006", // it only reads
		code == "57P01", code == "57P02", code == "57P03": // it goes down, went down, or is not up yet
		return theServer
	case code == "0A000", // what a standby cannot do at all: SERIALIZABLE
		code == "25P03", code == "25P04", code == "57P04", code == "57P05", // it ended the session
		strings.HasPrefix(code, "08"):
		return theConnection
	}
	return noDeparture
}

// misdirected reports whether nothing happened because the server is the wrong one, so that another connection may do
// it: the pool may know another server, and the name of this one may lead to another by now.
func misdirected(err error) bool {
	code := pgCode(err)
	return errors.Is(err, errReadOnly) || code == "25006" || code == "0A000"
}
