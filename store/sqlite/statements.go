package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
)

// maxStatements bounds what one connection keeps prepared. The program has some
// 400 statements; searches and lists are composed of parts, and could be many more.
const maxStatements = 512

// driverConn is what database/sql uses of the driver's connection.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// prepared is what the driver's statement can do.
type prepared interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// connector opens connections that keep their statements.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	x, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{driverConn: x.(driverConn), byText: map[string]*list.Element{}, recent: list.New()}, nil
}

// conn keeps its latest statements prepared. database/sql never uses one
// connection from two goroutines at a time, so there is no lock.
type conn struct {
	driverConn
	byText map[string]*list.Element // of *statement
	recent *list.List               // the latest used first
}

type statement struct {
	text string
	stmt prepared
	busy bool // its rows are being read
}

// take answers the statement of a text, prepared, or nil where its rows are
// still being read: then it must be prepared a second time.
func (c *conn) take(ctx context.Context, text string) (*statement, error) {
	if e := c.byText[text]; e != nil {
		c.recent.MoveToFront(e)
		s := e.Value.(*statement)
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	x, err := c.driverConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s := &statement{text: text, stmt: x.(prepared)}
	c.byText[text] = c.recent.PushFront(s)
	return s, c.trim()
}

// trim closes the statement that was used longest ago, where there are too many.
func (c *conn) trim() error {
	if c.recent.Len() <= maxStatements {
		return nil
	}
	last := c.recent.Back()
	for last.Value.(*statement).busy {
		last = last.Prev()
	}
	s := c.recent.Remove(last).(*statement)
	delete(c.byText, s.text)
	return s.stmt.Close()
}

func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.driverConn.ExecContext(ctx, text, args)
	}
	return s.stmt.ExecContext(ctx, args)
}

func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.driverConn.QueryContext(ctx, text, args)
	}
	r, err := s.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &rows{Rows: r, of: s}, nil
}

// Close finalizes the statements first: SQLite keeps a database open while it
// has any.
func (c *conn) Close() error {
	for e := c.recent.Front(); e != nil; e = e.Next() {
		_ = e.Value.(*statement).stmt.Close() // the connection's own Close says what matters
	}
	return c.driverConn.Close()
}

// rows give their statement back when they are closed.
type rows struct {
	driver.Rows
	of *statement
}

func (r *rows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
