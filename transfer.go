package tollkeeper

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/store"
)

// ImportOptions steer [Host.ImportAccounts].
type ImportOptions struct {
	Skip     int64                       // lines that an earlier run has done ([ImportReport.Done])
	Parallel int                         // accounts written at once. Zero: 16
	Progress func(ImportReport)          // every thousand lines, or 4 MiB of them, and at the end, from one goroutine at a time
	Refused  func(line int64, err error) // each line that was not imported, in no order. Nil: counted only
}

// ImportReport says how far an import or export is.
type ImportReport struct {
	Lines   int64 // read, blank ones included
	Done    int64 // lines before which nothing is left to do: Skip for the next run
	Stand   int64 // accounts that stand now, also those of an earlier run
	Refused int64 // lines that were not imported
}

const (
	maxImportLine = 4 << 20 // bytes: fifty passkeys, each with what an answer of 32 KiB can hold, and everything else
	importChunk   = 1_000   // lines that are done together, or fewer, once they are as many bytes as one may have
)

// ImportAccounts reads AccountRecords, one JSON object a line, and makes accounts of them in the scope, also where
// sign-up is closed. Passwords keep their hashes until the first sign-in replaces them: bcrypt, scrypt (PHC and
// Firebase's), PBKDF2 ($pbkdf2-sha256$, $pbkdf2-sha512$, Django's), argon2i and argon2id, {SSHA}, {SSHA256}, {SSHA512},
// $5$ and $6$. Parameters beyond the bounds of SECURITY.md R10 are refused. Declare the schemes in Imported of
// [Passwords], or the time of a wrong password tells who has such a hash.
//
// It streams, and it is idempotent: the same record is the same account, so a run may be repeated from the start or
// from [ImportReport.Done]. Lines that cannot be imported ([ErrInvalidEmail], [ErrEmailTaken], [ErrConflict] for the id
// of an account elsewhere or of a deleted one, or for a passkey that another account of the scope has,
// [ErrInvalidInput] for a second factor that these secrets do not open, …) are reported and passed over. It stops at a
// line of 4 MiB, at an error of the reader or the store, or when ctx ends; the report then says how far it came.
// Nothing is charged or mailed. [ErrInvalidInput] (scope, line); [ErrUnknownParent].
func (h Host) ImportAccounts(ctx context.Context, in Scope, r io.Reader, o ImportOptions) (ImportReport, error) {
	ctx = h.acting(ctx)
	a := h.auth
	setZero(&o.Parallel, 16)
	var report ImportReport
	parent, err := a.parentIn(ctx, in)
	if err != nil {
		return report, err
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxImportLine)
	more := true
	for more {
		chunk := make([][]byte, 0, importChunk)
		first, size := report.Lines, 0
		for len(chunk) < importChunk && size < maxImportLine {
			if more = lines.Scan(); !more {
				break
			}
			report.Lines++
			chunk, size = append(chunk, bytes.Clone(lines.Bytes())), size+len(lines.Bytes())
		}
		if err := a.importChunk(ctx, parent, chunk, first, o, &report); err != nil {
			return report, err
		}
		report.Done = report.Lines
		if o.Progress != nil && report.Lines > o.Skip {
			o.Progress(report)
		}
	}
	if err := lines.Err(); err != nil {
		return report, ErrInvalidInput.WithField("line").WithCause(err).WithMessage("Import: " + err.Error())
	}
	a.event(Event{Name: EventAccountsImported, Scope: parent, Credits: report.Stand, Operator: h.operator})
	return report, nil
}

// importChunk imports some lines at once and returns when all are done.
func (a *Authenticator) importChunk(ctx context.Context, parent uuid.UUID, chunk [][]byte, first int64, o ImportOptions, report *ImportReport) error {
	var (
		mu     sync.Mutex
		failed error
		wg     sync.WaitGroup
		slots  = make(chan struct{}, max(1, o.Parallel))
	)
	for i, line := range chunk {
		number := first + int64(i) + 1
		if number <= o.Skip || len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := a.importLine(ctx, parent, line)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				report.Stand++
			case errors.Is(err, ErrUnavailable) || ctx.Err() != nil:
				failed = err
			default:
				report.Refused++
				if o.Refused != nil {
					o.Refused(number, err)
				}
			}
		})
	}
	wg.Wait()
	return failed
}

func (a *Authenticator) importLine(ctx context.Context, parent uuid.UUID, line []byte) error {
	var r AccountRecord
	if err := strictjson.Decode(line, &r); err != nil {
		return ErrInvalidInput.WithField("line").WithCause(err).WithMessage("Not a record: " + err.Error())
	}
	now := a.now()
	x, err := a.recorded(parent, r, now)
	if err != nil {
		return err
	}
	n := store.NewAccount{Account: x}
	if n.Linked, n.Factors, err = a.credentials(x, r); err != nil {
		return err
	}
	n.Account.Factors = kinds(n.Factors)
	e := about(&x, EventAccountCreated)
	e.Method = "import"
	n.Events = []Event{e}
	made, _, err := a.create(ctx, n, now)
	if err != nil {
		return signUpError(err)
	}
	if made.Parent != parent || made.Status == StatusDeleted {
		return ErrConflict.WithField("id") // somebody's elsewhere, or of an account that was deleted
	}
	return nil
}

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
