package group

import "sync"

// lane is a queue with at most one leader. Its zero value is idle.
type lane[Req, Res any] struct {
	mu          sync.Mutex
	busy        bool // somebody leads, or was just told to
	first, last *waiter[Req, Res]
}

type waiter[Req, Res any] struct {
	req        Req
	res        Result[Res]
	wake       chan struct{} // closed: either done, or to lead
	done       bool
	queued     bool // guarded by the lane's mutex
	prev, next *waiter[Req, Res]
}

// enter makes w the leader of an idle lane, or queues it.
func (l *lane[Req, Res]) enter(w *waiter[Req, Res]) (leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		l.busy = true
		return true
	}
	w.wake = make(chan struct{})
	w.queued = true
	w.prev = l.last
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
	return false
}

// leave takes w out of the queue; false: it is not there any more, because it runs or leads.
func (l *lane[Req, Res]) leave(w *waiter[Req, Res]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !w.queued {
		return false
	}
	l.unlink(w)
	return true
}

// take returns the batch of a leader: itself and what waits, oldest first, up to most.
func (l *lane[Req, Res]) take(leader *waiter[Req, Res], most int) []*waiter[Req, Res] {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := []*waiter[Req, Res]{leader}
	for len(batch) < most && l.first != nil {
		w := l.first
		l.unlink(w)
		batch = append(batch, w)
	}
	return batch
}

// pass makes the one that waited longest the next leader, or the lane idle.
func (l *lane[Req, Res]) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == nil {
		l.busy = false
		return
	}
	w := l.first
	l.unlink(w)
	close(w.wake)
}

func (l *lane[Req, Res]) unlink(w *waiter[Req, Res]) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next, w.queued = nil, nil, false
}
