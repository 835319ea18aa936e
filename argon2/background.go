package argon2

import "runtime"

// behind is how much nicer to all others the threads of [Background] are than the one that made them (nice(2)).
const behind = 10

// work is one hash for a thread of Background.
type work struct {
	password, salt []byte
	time, memory   uint32
	threads        uint8
	size           uint32
	done           chan<- result
}

type result struct {
	key      []byte
	panicked any
}

// Background returns a function that computes what [IDKey] does, by as many threads of its own, at least one. On Linux
// the system runs them behind all other threads, so that an answer that needs no hash does not wait for one that does;
// from 6.6 to 6.11 it may wait for the end of a time slice. Every other program that shares the processors comes first,
// too, unless it is as nice: where one takes all of them all the time, hashes get some tenth. On other systems the
// threads are like all.
//
// n is how many hashes are computed at once: no fewer than tollkeeper's Hash.Parallel, or calls wait here for each
// other. The threads stay until the process ends. The function panics for what IDKey does, in the goroutine that
// called it.
func Background(n int) func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
	queue := make(chan work)
	for range max(1, n) {
		ready := make(chan struct{})
		go serve(queue, ready)
		<-ready
	}
	return func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
		done := make(chan result, 1)
		queue <- work{password, salt, time, memory, threads, keyLen, done}
		r := <-done
		if r.panicked != nil {
			panic(r.panicked)
		}
		return r.key
	}
}

// serve computes what is queued on a thread of its own, which is not the first of the process: what shows the niceness
// of a process shows that one's.
func serve(queue <-chan work, ready chan<- struct{}) {
	runtime.LockOSThread()
	if !stepBack(behind) {
		defer runtime.UnlockOSThread()
		another := make(chan struct{})
		go serve(queue, another) // on another thread, while this one is held
		<-another
		close(ready)
		return
	}
	close(ready)
	for w := range queue {
		w.done <- w.run()
	}
}

func (w work) run() (r result) {
	defer func() { r.panicked = recover() }()
	r.key = IDKey(w.password, w.salt, w.time, w.memory, w.threads, w.size)
	return r
}
