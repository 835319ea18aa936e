package sqlite

import "errors"

// pool holds the connections that nobody uses just now.
type pool struct {
	free chan *conn
	size int
}

// fill opens n connections. After an error drain closes those that it made.
func (p *pool) fill(n int, dsn string, prepare func(*conn) error) error {
	p.free = make(chan *conn, n)
	for range n {
		c, err := dial(dsn)
		if err != nil {
			return err
		}
		p.give(c)
		p.size++
		if err := configure(c); err != nil {
			return err
		}
		if prepare == nil {
			continue
		}
		if err := prepare(c); err != nil {
			return err
		}
	}
	return nil
}

func (p *pool) give(c *conn) { p.free <- c }

// drain waits for all connections and closes them.
func (p *pool) drain() error {
	var errs []error
	for range p.size {
		errs = append(errs, (<-p.free).close())
	}
	return errors.Join(errs...)
}
