package authtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
)

// Run makes a Kit where there is no test, as in an example or a program, calls do with it, and closes it. It returns
// what would have ended a test, or failed it. The library's log goes nowhere; Config.Logger says otherwise. A panic of
// do is one of the program.
func Run(do func(*Kit), options ...Option) error {
	tb := &noTest{done: make(chan struct{})}
	var stop context.CancelFunc
	tb.ctx, stop = context.WithCancel(context.Background())
	go func() { // a goroutine of its own, which what ends a test may end
		defer close(tb.done)
		defer tb.close(stop)
		do(New(tb, options...))
	}()
	<-tb.done
	return errors.Join(tb.failures...)
}

// noTest is a testing.TB for a Kit alone: it has the methods that a Kit calls.
type noTest struct {
	testing.TB
	ctx      context.Context
	done     chan struct{}
	failures []error
	cleanups []func()
}

func (*noTest) Helper()                    {}
func (*noTest) Output() io.Writer          { return io.Discard }
func (t *noTest) Context() context.Context { return t.ctx }
func (t *noTest) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }

func (t *noTest) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Errorf(format, args...))
}

func (t *noTest) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// close ends the context before what was left to clean up, last things first, as a test does.
func (t *noTest) close(stop context.CancelFunc) {
	stop()
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
