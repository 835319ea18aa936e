//go:build gc && !purego

package argon2

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	// patience is between two looks for memory that nobody needed meanwhile.
	patience = 5 * time.Second

	// largest counts the blocks of the largest memory that is kept, that of a hash of 64 MiB.
	largest = 64<<10 + beside
)

// arena is the memory of one hash at a time.
type arena struct {
	blocks []block
	mapped []byte // what the system lent; nil: the blocks are of the heap
	needed bool   // since the last look
}

// pool keeps arenas from one hash to the next: no more than processors could fill at once, none that is huge, and none
// that was not needed for a while. All that it keeps is wiped.
type pool struct {
	mu      sync.Mutex
	unused  []*arena // the one used last at the end
	timer   *time.Timer
	looking bool // the timer runs
}

var arenas = newPool()

// newPool makes the timer here, when the program begins: that of a bubble of testing/synctest is of no use outside.
func newPool() *pool {
	p := new(pool)
	p.timer = time.AfterFunc(time.Hour, p.look)
	p.timer.Stop()
	return p
}

// take lends n blocks of whatever content, or more.
func (p *pool) take(n int) *arena {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, a := range slices.Backward(p.unused) {
		if len(a.blocks) >= n {
			p.unused = slices.Delete(p.unused, i, i+1)
			return a
		}
	}
	return newArena(n)
}

// give takes back an arena of which n blocks were written.
func (p *pool) give(a *arena, n int) {
	clear(a.blocks[:n])
	if len(a.blocks) > largest {
		a.free()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a.needed = true
	if p.unused = append(p.unused, a); len(p.unused) > runtime.GOMAXPROCS(0) {
		p.unused[0].free()
		p.unused = slices.Delete(p.unused, 0, 1)
	}
	if !p.looking {
		p.looking = true
		p.timer.Reset(patience)
	}
}

// look returns to the system what nobody needed since the look before, and comes again while there is something left.
func (p *pool) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unused = slices.DeleteFunc(p.unused, func(a *arena) bool {
		if !a.needed {
			a.free()
			return true
		}
		a.needed = false
		return false
	})
	if p.looking = len(p.unused) > 0; p.looking {
		p.timer.Reset(patience)
	}
}
