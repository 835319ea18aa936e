package tollkeeper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// ExportOptions steer [Host.ExportAccounts].
type ExportOptions struct {
	After    Position           // goes on from what an earlier export returned. Zero: from the start
	Progress func(ImportReport) // after every thousand lines. Nil: none
}

// exportOverlap is how much of the newest a continued export writes again: no sign-up takes so long, and no process's
// clock is so far behind.
const exportOverlap = time.Minute

// ExportAccounts writes the accounts of the scope, one [AccountRecord] a line, in order of creation, so that
// [Host.ImportAccounts] with the same [Config.Secrets] makes the same accounts in another store, passwords,
// authenticator apps, passkeys and tenant keys included. It holds hashes and sealed seeds: keep it like the store
// itself. Sessions, recovery codes, numbers and credits stay behind. The log has [EventAccountsExported] first.
// [ErrInvalidInput] (scope); [ErrUnknownParent].
//
// It returns where the next export goes on, also with an error: every line before that place is written. An export
// that is continued has each account that was there when it began, and everybody who signed up until its last run
// began. That place is never later than a minute ago, because a sign-up may still be under way, and an account may have
// been imported with a time to come: the accounts of that minute are written again, and an import takes them for the
// same. An account that is imported meanwhile, with a time that the export has passed, is in the next one from the
// start.
func (h Host) ExportAccounts(ctx context.Context, in Scope, w io.Writer, o ExportOptions) (next Position, err error) {
	ctx = h.acting(ctx)
	a := h.auth
	parent, err := a.parentIn(ctx, in)
	if err != nil {
		return o.After, err
	}
	if err := a.noted(ctx, Event{Name: EventAccountsExported, Scope: parent}); err != nil {
		return o.After, err
	}
	settled := Position{At: a.now().Add(-exportOverlap)}
	last, err := a.export(ctx, parent, w, o)
	if last.Compare(settled) > 0 {
		last = settled
	}
	return last, err
}

// export returns the place behind the last account that was written.
func (a *Authenticator) export(ctx context.Context, parent uuid.UUID, w io.Writer, o ExportOptions) (last Position, err error) {
	var out bytes.Buffer
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false) // metadata is kept byte by byte, and has a length to keep to
	var report ImportReport
	last = o.After
	for {
		rows, err := a.store.ListAccounts(ctx, parent, store.Page{After: last, Limit: importChunk})
		if err != nil {
			return last, err
		}
		for _, x := range rows {
			s, err := a.store.FindAccount(ctx, store.Lookup{ID: x.ID, Credentials: true})
			if errors.Is(err, ErrNotFound) {
				continue // deleted meanwhile
			}
			if err != nil {
				return last, err
			}
			if err := encode.Encode(recordLine(record(s))); err != nil {
				return last, err
			}
		}
		if _, err := out.WriteTo(w); err != nil { // a thousand lines in one Write: done, or not counted
			return last, err
		}
		report.Stand += int64(len(rows))
		report.Lines, report.Done = report.Stand, report.Stand
		if o.Progress != nil && len(rows) > 0 {
			o.Progress(report)
		}
		if len(rows) > 0 {
			last = placeOf(&rows[len(rows)-1])
		}
		if len(rows) < importChunk {
			return last, nil
		}
	}
}
