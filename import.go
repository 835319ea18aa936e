package tollkeeper

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// ImportOptions steer [Host.ImportAccounts]. The zero value imports what is plain and refuses everything else.
type ImportOptions struct {
	Skip     int64 // lines that an earlier run has done ([ImportReport.Done])
	Parallel int   // accounts written at once. Zero: 16

	Zone             *time.Location   // of dates without one. Nil: such a date refuses its line
	VerifiedIsProven bool             // what is emailVerified is emailProven, too: the host calls the other system's proofs its own
	Pepper           SecretText       // what the other system appended to a password before bcrypt (Devise), at most 256 bytes; kept encrypted under [Config.Secrets]
	LongBcrypt       bool             // its bcrypt took the first 72 bytes of longer passwords: they are good once, and the whole password from then on
	PasswordsUnknown PasswordsUnknown // what becomes of an account whose hash is in no known format. Zero: [PasswordsRefuse]

	Update bool // takes what differs in an account that stands. False: it is reported and left alone
	DryRun bool // changes nothing, and reports what a run would

	Progress func(ImportReport)          // every thousand lines, or 4 MiB of them, and at the end, from one goroutine at a time
	Refused  func(line int64, err error) // each line that was not imported, in order. Nil: counted only
	Report   io.Writer                   // gets an [ImportLine] as a line of JSON for each line of which there is something to say, in order. Nil: none
}

// PasswordsUnknown says what becomes of an account whose hash is in no known format.
type PasswordsUnknown string

// What becomes of such an account.
const (
	PasswordsRefuse PasswordsUnknown = "refuse" // its line is refused
	PasswordsReset  PasswordsUnknown = "reset"  // it comes without a password: its owner signs in by a mailed code, or resets it
)

// ImportReport says how far an import or export is. Of the lines from Skip to Done each that is not blank is Refused,
// or its account is one of those that Stand.
type ImportReport struct {
	Lines     int64 // read, blank ones included
	Done      int64 // lines before which nothing is left to do: Skip for the next run
	Stand     int64 // accounts that stand now, also those of an earlier run
	Made      int64 // of them those that this run made
	Different int64 // of them those that differ from their line, and were left so at least in part
	Updated   int64 // of them those that this run changed
	Reset     int64 // of those that this run made, without their password: [PasswordsReset]
	Refused   int64 // lines that were not imported
}

// ImportOutcome is what became of a line.
type ImportOutcome string

// What becomes of a line of which there is something to say.
const (
	ImportRefused   ImportOutcome = "refused"   // Code, Field and Reason say why
	ImportDifferent ImportOutcome = "different" // the account stands, and differs in the fields that are Kept
	ImportUpdated   ImportOutcome = "updated"   // the account stood, and has got the Fields of the line; those that are Kept still differ
	ImportReset     ImportOutcome = "reset"     // the account is made without a password; Reason says which hash that was
)

// ImportLine is what became of one line: an element of [ImportOptions].Report. It tells of no value but the account's
// id: no address, no hash.
type ImportLine struct {
	Line    int64         `json:"line"`
	Outcome ImportOutcome `json:"outcome"`
	Account uuid.UUID     `json:"account,omitzero"` // that stands
	Field   string        `json:"field,omitzero"`   // at fault, as the record spells it
	Code    Code          `json:"code,omitzero"`
	Reason  string        `json:"reason,omitzero"`
	Fields  []string      `json:"fields,omitempty"`
	Kept    []string      `json:"kept,omitempty"`
}

const (
	maxImportLine = 4 << 20 // bytes: fifty passkeys, each with what an answer of 32 KiB can hold, and everything else
	importChunk   = 1_000   // lines that are done together, or fewer, once they are as many bytes as one may have
)

// ImportAccounts reads AccountRecords, one JSON object a line, and makes accounts of them in the scope, also where
// sign-up is closed. Passwords keep their hashes until the first sign-in replaces them; docs/guides/hashes.md lists the
// formats. A weak hash is kept as argon2id over it from the start, which takes as long as a sign-in does; they are done
// one after the other, so that sign-ins go on. Parameters beyond the bounds of SECURITY.md R10 are refused. Declare the
// schemes in Imported of [Passwords], or the time of a wrong password tells who has such a hash.
//
// It streams, and it is idempotent: the same record is the same account, so a run may be repeated from the start or
// from [ImportReport.Done]. Of an account that stands what the line says and the account has otherwise is reported, and
// with Update taken; what a line leaves out says nothing. A password that was chosen or renewed here is replaced only
// by one that the line says was changed later. Where the owner has proven the mailbox here, a line without EmailProven
// gives neither password nor identity nor address: it may be a stranger's. A line with neither ID nor ExternalID gives
// nothing to an account that has another address by now. Whatever is taken, sessions end where a password, a role, an
// address or a status changes.
//
// Lines that cannot be imported are refused, reported and passed over: [ErrInvalidEmail], [ErrEmailTaken], of two lines
// with one name the later; [ErrConflict] for the id of an account elsewhere or of a deleted one, or for a passkey or
// identity that another account of the scope has; [ErrInvalidInput] for a member that no record has, for a line of more
// than 4 MiB, for a second factor that these secrets do not open, … It stops at an error of the reader, of Report or
// of the store, or when ctx ends; the report then says how far it came. A byte order mark at the start is skipped.
// Nothing is charged or mailed. [ErrInvalidInput] (scope, line, pepper); [ErrUnknownParent].
//
// A dry run holds in memory the lines of which it would make accounts, to find those that are in each other's way. It
// cannot see that an id is that of an account that was deleted.
func (h Host) ImportAccounts(ctx context.Context, in Scope, r io.Reader, o ImportOptions) (ImportReport, error) {
	ctx = h.acting(ctx)
	if len(o.Pepper) > passhash.MaxPepper {
		return ImportReport{}, ErrInvalidInput.WithField("pepper")
	}
	parent, err := h.auth.parentIn(ctx, in)
	if err != nil {
		return ImportReport{}, err
	}
	setZero(&o.Parallel, 16)
	setZero(&o.PasswordsUnknown, PasswordsRefuse)
	run := importing{auth: h.auth, parent: parent, options: o, wrapping: make(chan struct{}, 1)}
	if o.DryRun {
		run.rehearsal = newRehearsal()
	}
	if err := run.all(ctx, r); err != nil || o.DryRun {
		return run.report, err
	}
	h.auth.event(Event{Name: EventAccountsImported, Scope: parent, Credits: run.report.Stand, Operator: h.operator})
	return run.report, nil
}

// importing is one run.
type importing struct {
	auth      *Authenticator
	parent    uuid.UUID
	options   ImportOptions
	report    ImportReport
	wrapping  chan struct{} // one weak hash at a time
	rehearsal *rehearsal    // of a dry run; nil: of none
}

func (i *importing) all(ctx context.Context, r io.Reader) error {
	lines := &importLines{in: bufio.NewReaderSize(r, 64<<10)}
	for more := true; more; {
		chunk := make([]importLine, 0, importChunk)
		size := 0
		for len(chunk) < importChunk && size < maxImportLine {
			text, err := lines.next()
			if ctx.Err() != nil { // blank lines and those to skip take long, too
				return ErrUnavailable.WithCause(ctx.Err())
			}
			if err == io.EOF {
				more = false
				break
			}
			if failed := (*readError)(nil); errors.As(err, &failed) {
				return ErrInvalidInput.WithField("line").WithCause(err).WithMessage("Import: " + err.Error())
			}
			i.report.Lines++
			size += len(text)
			if i.report.Lines > i.options.Skip && (err != nil || len(bytes.TrimSpace(text)) > 0) {
				chunk = append(chunk, importLine{number: i.report.Lines, text: text, err: err})
			}
		}
		if err := i.chunk(ctx, chunk); err != nil {
			return err
		}
		i.report.Done = i.report.Lines
		if i.options.Progress != nil && i.report.Lines > i.options.Skip {
			i.options.Progress(i.report)
		}
	}
	return nil
}

// chunk imports some lines at once and returns when all are done. Of lines that name the same the later ones wait for
// the others: which of them is refused depends on no race.
func (i *importing) chunk(ctx context.Context, lines []importLine) error {
	parallel := i.options.Parallel
	if i.options.DryRun {
		parallel = 1
	}
	var all, together, later []*importLine
	for n := range lines {
		i.read(&lines[n])
		all = append(all, &lines[n])
	}
	if i.options.Update {
		i.each(ctx, all, parallel, i.meet)
	}
	named := map[string]bool{}
	for _, l := range all {
		again := false
		for _, name := range i.names(l) {
			again = again || named[name]
			named[name] = true
		}
		if again {
			later = append(later, l)
		} else {
			together = append(together, l)
		}
	}
	i.each(ctx, together, parallel, i.do)
	i.each(ctx, later, 1, i.do)
	return i.tell(ctx, lines)
}

func (i *importing) each(ctx context.Context, lines []*importLine, parallel int, do func(context.Context, *importLine) error) {
	slots := make(chan struct{}, max(1, parallel))
	var wg sync.WaitGroup
	for _, l := range lines {
		if l.err != nil {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			l.err = do(ctx, l)
		})
	}
	wg.Wait()
}

// tell counts and reports what became of the lines, in their order. An error of the store, unlike one of a line, ends
// the run; lines after it may be done, and are done again by the next run.
func (i *importing) tell(ctx context.Context, lines []importLine) error {
	for n := range lines {
		if err := lines[n].err; ctx.Err() != nil || errors.Is(err, ErrUnavailable) {
			return cmp.Or(err, error(ErrUnavailable.WithCause(ctx.Err())))
		}
	}
	for n := range lines {
		l := &lines[n]
		i.count(l)
		if l.err != nil && i.options.Refused != nil {
			i.options.Refused(l.number, l.err)
		}
		if err := i.write(l.said()); err != nil {
			return err
		}
	}
	return nil
}

func (i *importing) count(l *importLine) {
	if l.err != nil {
		i.report.Refused++
		return
	}
	i.report.Stand++
	if l.made {
		i.report.Made++
	}
	if l.made && l.reset != nil {
		i.report.Reset++
	}
	if len(l.taken) > 0 {
		i.report.Updated++
	}
	if len(l.kept) > 0 {
		i.report.Different++
	}
}

// write adds a line to the report, if there is something to say.
func (i *importing) write(said ImportLine) error {
	if i.options.Report == nil || said.Outcome == "" {
		return nil
	}
	text, err := json.Marshal(said)
	if err == nil {
		_, err = i.options.Report.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("tollkeeper: import: writing the report: %w", err)
	}
	return nil
}

// importLines cuts a stream into lines and holds no more than one of them.
type importLines struct {
	in    *bufio.Reader
	begun bool
}

// readError is an error of the reader, in contrast to one of a line.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

// next returns the next line without its end: io.EOF, a readError, or the refusal of a line that is too long, which is
// read to its end.
func (l *importLines) next() ([]byte, error) {
	var line []byte
	read, long := 0, false
	for {
		part, err := l.in.ReadSlice('\n')
		if !l.begun {
			part, l.begun = bytes.TrimPrefix(part, []byte("\ufeff")), true
		}
		read += len(part)
		if long = long || len(line)+len(bytes.TrimSuffix(part, []byte("\n"))) > maxImportLine; !long {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && read == 0:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, &readError{err}
		case long:
			return nil, ErrInvalidInput.WithField("line").WithMessage("A line of more than 4 MiB")
		}
		return slices.Clip(bytes.TrimSuffix(line, []byte("\n"))), nil
	}
}
