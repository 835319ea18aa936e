package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	driver "github.com/redis/go-redis/v9"
)

var (
	//go:embed state.lua
	stateLua string
	//go:embed take.lua
	takeLua string
	//go:embed release.lua
	releaseLua string
)

var (
	takeScript    = driver.NewScript(stateLua + takeLua)
	releaseScript = driver.NewScript(stateLua + releaseLua)
)

// slack is how much longer than its state a key lives. It covers clocks of processes that differ, and a server whose
// clock jumps: neither may end a penalty early.
const slack = 5 * time.Minute

var (
	errNoAnswer = fmt.Errorf("redis: no answer in time: %w", context.DeadlineExceeded)
	errNoClient = errors.New("redis: the store has no client")
	errReply    = errors.New("redis: the server answers something else than the script")
)

type reply struct {
	numbers packed
	err     error
}

// run runs a script once and returns its numbers, or an error after s.timeout at the latest.
func (s *Store) run(ctx context.Context, script *driver.Script, keys []string, args ...any) (packed, error) {
	if s.client == nil {
		return nil, errNoClient
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errNoAnswer)
	defer cancel()
	if s.prompt {
		r := s.call(ctx, script, keys, args)
		return r.numbers, r.err
	}
	// Such a driver reads on after the context has ended. The goroutine ends with the driver's read timeout, since the
	// driver does not retry for a dead context.
	done := make(chan reply, 1)
	go func() { done <- s.call(ctx, script, keys, args) }()
	select {
	case r := <-done:
		return r.numbers, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *Store) call(ctx context.Context, script *driver.Script, keys []string, args []any) reply {
	text, err := script.Run(ctx, s.client, keys, args...).Text()
	return reply{packed(text), err}
}

// prompt reports whether the client gives up when its context ends, as its ContextTimeoutEnabled says.
func prompt(client driver.UniversalClient) bool {
	switch c := client.(type) {
	case *driver.Client:
		return c.Options().ContextTimeoutEnabled
	case *driver.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	default:
		return false
	}
}

// away reports whether the server did not answer, or only that it cannot serve just now. Out of memory is not
// among them: whoever fills the memory would switch the rates off.
func away(err error) bool {
	if _, answered := errors.AsType[driver.Error](err); !answered {
		return !errors.Is(err, driver.ErrClosed) && !errors.Is(err, errNoClient)
	}
	return driver.IsLoadingError(err) || driver.IsReadOnlyError(err) || driver.IsMasterDownError(err) ||
		driver.IsClusterDownError(err) || driver.IsTryAgainError(err) || driver.IsMaxClientsError(err)
}
