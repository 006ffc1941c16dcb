package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"assent/app"
	"assent/app/csvfile"
	"assent/store"
)

// Format is how an export is written.
type Format string

// The formats.
const (
	CSV       Format = "csv"   // for spreadsheets; see csvfile.Writer
	JSONLines Format = "jsonl" // exact: the hashes can be computed from it
)

// Range limits an export to a time; zero is no limit.
type Range struct {
	Since app.Instant // not before it
	Until app.Instant // before it
}

// exportPage is how many rows are read at a time: a slow reader of the export
// then holds no state of the database.
const exportPage = 2000

// Export writes the rows of a time, oldest first, and tells how many. That
// somebody exports is itself a row, written first, so that no export escapes it.
func Export(ctx context.Context, st *store.Store, by app.Actor, to io.Writer, format Format,
	of Range) (n int, err error) {
	buffer := bufio.NewWriter(to)
	write, err := writer(buffer, format)
	if err != nil {
		return 0, err
	}
	detail := map[string]string{"format": string(format)}
	for name, at := range map[string]app.Instant{"since": of.Since, "until": of.Until} {
		if at != 0 {
			detail[name] = at.Time().Format(time.RFC3339Nano)
		}
	}
	if err := st.AuditExported(ctx, by, detail); err != nil {
		return 0, err
	}
	next, last, err := st.AuditRange(ctx, of.Since, of.Until)
	if err != nil {
		return 0, err
	}
	for next != 0 && next <= last {
		rows, err := st.AuditRows(ctx, next, last, exportPage)
		if err != nil {
			return n, err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			next = row.ID + 1
			if row.At < of.Since || of.Until != 0 && row.At >= of.Until {
				continue
			}
			if err := write(row); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, buffer.Flush()
}

// writer gives what writes a row.
func writer(to io.Writer, format Format) (func(store.AuditEntry) error, error) {
	switch format {
	case JSONLines:
		e := json.NewEncoder(to)
		e.SetEscapeHTML(false)
		return func(row store.AuditEntry) error { return e.Encode(lineOf(row)) }, nil
	case CSV:
		w := csvfile.NewWriter(to)
		w.Write("id", "at", "time", "actor_kind", "actor_id", "source", "action", "person_id", "device_id",
			"request_id",
			"detail", "prev_hash", "hash")
		return func(e store.AuditEntry) error {
			w.Write(strconv.FormatInt(e.ID, 10), strconv.FormatInt(int64(e.At), 10), lineOf(e).Time,
				string(e.ActorKind), e.ActorID, e.Source,
				e.Action, e.PersonID, e.DeviceID, e.RequestID, e.Detail, e.PrevHash, e.Hash)
			return w.Flush() // into the buffer
		}, nil
	}
	return nil, fmt.Errorf("%q is not a format: csv or jsonl", format)
}

// line is a row in JSON Lines.
type line struct {
	ID        int64         `json:"id"`
	At        app.Instant   `json:"at"`
	Time      string        `json:"time"`
	ActorKind app.ActorKind `json:"actor_kind"`
	ActorID   string        `json:"actor_id"`
	Source    string        `json:"source"`
	Action    string        `json:"action"`
	PersonID  string        `json:"person_id"`
	DeviceID  string        `json:"device_id"`
	RequestID string        `json:"request_id"`
	Detail    string        `json:"detail"`
	PrevHash  string        `json:"prev_hash"`
	Hash      string        `json:"hash"`
}

func lineOf(e store.AuditEntry) line {
	return line{e.ID, e.At, e.At.Time().Format("2006-01-02T15:04:05.000Z07:00"), e.ActorKind, e.ActorID, e.Source,
		e.Action,
		e.PersonID, e.DeviceID, e.RequestID, e.Detail, e.PrevHash, e.Hash}
}

// ParseTime reads a day (its beginning, UTC) or a time as in RFC 3339.
func ParseTime(s string) (app.Instant, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return app.At(t), nil
		}
	}
	return 0, app.ErrMalformed.Because(errors.New(strconv.Quote(s) +
		" is neither a day such as 2026-11-22 nor a time such as 2026-11-22T14:30:00Z"))
}
