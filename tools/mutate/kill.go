package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// try tries the changes. It returns what kept tests from running.
func (r *runner) try(ctx context.Context, mutants []*mutant) error {
	end := time.Now().Add(r.o.budget)
	done := 0
	var broken error
	each(r.o.jobs, mutants, func(m *mutant) {
		if m.state != untried || ctx.Err() != nil || r.o.budget > 0 && time.Now().After(end) {
			return
		}
		err := r.tryOne(ctx, m)
		r.mutex.Lock()
		defer r.mutex.Unlock()
		broken = cmp.Or(broken, err)
		switch done++; m.state {
		case survived:
			fmt.Fprintf(r.out, "%d of %d: survived: %v\n", done, len(mutants), m)
		case unreached:
			fmt.Fprintf(r.out, "%d of %d: not reached: %v\n", done, len(mutants), m)
		default:
			if done%100 == 0 {
				fmt.Fprintf(r.out, "%d of %d\n", done, len(mutants))
			}
		}
	})
	return broken
}

// tryOne runs the tests that reach the change until one fails.
func (r *runner) tryOne(ctx context.Context, m *mutant) error {
	reached := false
	for _, folder := range m.tests {
		b, err := r.program(ctx, folder)
		if err != nil {
			return err
		}
		var list []*test
		for _, t := range b.tests {
			if m.reachedBy(t) {
				list = append(list, t)
			}
		}
		reached = reached || len(list) > 0
		if r.tryOn(ctx, m, list) {
			return nil
		}
	}
	switch {
	case ctx.Err() != nil:
	case reached:
		m.state = survived
	default:
		m.state = unreached
	}
	return nil
}

// tryOn runs tests of one program.
func (r *runner) tryOn(ctx context.Context, m *mutant, list []*test) bool {
	first := r.hinted(m, list)
	for _, t := range first {
		if r.kills(ctx, m, []*test{t}) {
			return true
		}
	}
	list = slices.DeleteFunc(list, func(t *test) bool { return slices.Contains(first, t) })
	for limit := 300 * time.Millisecond; len(list) > 0 && ctx.Err() == nil; limit *= 4 {
		n := portion(list, limit)
		if r.kills(ctx, m, list[:n]) {
			return true
		}
		list = list[n:]
	}
	return false
}

// reachedBy is whether the test may notice the change.
func (m *mutant) reachedBy(t *test) bool {
	reached := func(id int) bool { return id < len(t.reached) && t.reached[id] == 1 }
	if m.atInit {
		return slices.ContainsFunc(m.users, reached)
	}
	return reached(m.id)
}

// hinted are the tests that killed this change the last time, or others of its function lately.
func (r *runner) hinted(m *mutant, all []*test) (list []*test) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, by := range []string{r.known.Killed[m.key()], r.lately[m.file+" "+m.fn], r.lately[m.file]} {
		for _, t := range all {
			if t.String() == by && !slices.Contains(list, t) {
				list = append(list, t)
			}
		}
	}
	return list
}

// portion is how many tests, the quickest first, cost together about so much. A subtest runs alone.
func portion(list []*test, limit time.Duration) int {
	var sum time.Duration
	for i, t := range list {
		if sum += t.weight(); i > 0 && (sum > limit || strings.Contains(t.name, "/")) || strings.Contains(list[0].name, "/") && i > 0 {
			return i
		}
	}
	return len(list)
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// kills runs tests of one program with the change on.
func (r *runner) kills(ctx context.Context, m *mutant, list []*test) bool {
	var names []string
	var sum time.Duration
	for _, t := range list {
		names = append(names, regexp.QuoteMeta(t.name))
		sum += t.took
	}
	run := "^(" + strings.Join(names, "|") + ")$"
	if strings.Contains(list[0].name, "/") {
		run = pattern(list[0].name)
	}
	res := r.run(ctx, list[0].program, r.o.grace+6*sum, m.id, "", "-test.run", run)
	if res.err == nil || ctx.Err() != nil {
		return false
	}
	by := list[0]
	if found := failed.FindStringSubmatch(res.out); found != nil {
		for _, t := range list {
			if t.name == found[1] {
				by = t
			}
		}
	}
	m.state, m.killer = killed, by.String()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.lately[m.file+" "+m.fn], r.lately[m.file] = m.killer, m.killer
	return true
}
