//go:build gc && !purego

package argon2_test

import (
	"encoding/hex"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/tollkeeper/tollkeeper/argon2"
)

func init() {
	forget = func() {
		argon2.Look()
		argon2.Look() // what was needed at the first look was not at the second
	}
	poison = func() { argon2.Poison(0xA5A5_5A5A_DEAD_BEEF) }
}

// needsAVX2 skips what is about the assembly where it does not run.
func needsAVX2(t *testing.T) {
	t.Helper()
	if !argon2.Fast() {
		t.Skip("no AVX2")
	}
}

// RFC 9106, 5.3.
func TestVectorOfTheRFC(t *testing.T) {
	needsAVX2(t)
	repeat := func(b byte, n int) []byte { return slices.Repeat([]byte{b}, n) }
	for range 2 {
		key := argon2.Derive(repeat(1, 32), repeat(2, 16), repeat(3, 8), repeat(4, 12), 3, 32, 4, 32)
		if got := hex.EncodeToString(key); got != "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659" {
			t.Error(got)
		}
		poison()
	}
}

func TestTheProcessorIsAsked(t *testing.T) {
	if argon2.Fast() != cpu.X86.HasAVX2 {
		t.Error("the processor has AVX2:", cpu.X86.HasAVX2)
	}
	if os.Getenv("GODEBUG") == "cpu.avx2=off" {
		if argon2.Fast() {
			t.Error("AVX2 is off")
		}
		return
	}
	const tests = "-test.run=^TestTheProcessorIsAsked$|^TestIDKeyRefuses$|^ExampleIDKey$"
	program := exec.CommandContext(t.Context(), os.Args[0], tests)
	program.Env = append(os.Environ(), "GODEBUG=cpu.avx2=off")
	if out, err := program.CombinedOutput(); err != nil {
		t.Errorf("without AVX2: %v\n%s", err, out)
	}
}

func TestMemoryIsWiped(t *testing.T) {
	needsAVX2(t)
	for _, c := range []struct {
		memory  uint32
		threads uint8
	}{{8, 1}, {2048, 1}, {1000, 3}, {19456, 1}} {
		forget()
		argon2.IDKey([]byte("password"), []byte("somesalt"), 2, c.memory, c.threads, 32)
		if argon2.Unused() != 1 {
			t.Fatal("the memory is not there to look at")
		}
		if n := argon2.Unwiped(); n > 0 {
			t.Errorf("%+v: %d words are left", c, n)
		}
	}
}

func TestMemoryIsReusedAndReturned(t *testing.T) {
	needsAVX2(t)
	forget()
	if argon2.Unused() != 0 {
		t.Fatal("it is not returned")
	}
	hash := func(memory uint32) { argon2.IDKey([]byte("password"), []byte("somesalt"), 1, memory, 1, 32) }
	hash(64)
	hash(64)
	hash(16)
	if n := argon2.Unused(); n != 1 {
		t.Error("one at a time took", n)
	}
	argon2.Look()
	if argon2.Unused() != 1 {
		t.Error("what was needed is gone")
	}
	hash(64)
	argon2.Look()
	if argon2.Unused() != 1 {
		t.Error("what was needed again is gone")
	}
	argon2.Look()
	if argon2.Unused() != 0 {
		t.Error("what nobody needed is kept")
	}
	if hash(argon2.Largest + 64); argon2.Unused() != 0 {
		t.Error("huge memory is kept")
	}
	if hash(argon2.Largest); argon2.Unused() != 1 {
		t.Error("the largest memory is not kept")
	}
	forget()
}

func TestNoMoreMemoryIsKeptThanProcessorsFill(t *testing.T) {
	needsAVX2(t)
	var all sync.WaitGroup
	for range 8 * runtime.GOMAXPROCS(0) {
		all.Go(func() { argon2.IDKey([]byte("password"), []byte("somesalt"), 4, 4096, 1, 32) })
	}
	all.Wait()
	if n := argon2.Unused(); n < 1 || n > runtime.GOMAXPROCS(0) {
		t.Error(n, "pieces are kept")
	}
}

// What is of a bubble of testing/synctest is of no use outside, and the other way round.
func TestMemoryIsOfNoBubble(t *testing.T) {
	needsAVX2(t)
	hash := func() { argon2.IDKey([]byte("password"), []byte("somesalt"), 1, 64, 1, 32) }
	forget()
	for range 2 {
		synctest.Test(t, func(*testing.T) {
			hash()
			time.Sleep(time.Minute)
			hash()
		})
		hash()
		forget()
	}
}

func TestAHashTakesNoGoroutineAndLittleOfTheHeap(t *testing.T) {
	needsAVX2(t)
	hash := func() { argon2.IDKey([]byte("password"), []byte("somesalt"), 1, 8192, 8, 32) }
	hash()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	hash()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
		t.Error(n, "bytes were allocated")
	}

	var done atomic.Bool
	most := make(chan int)
	goroutines := runtime.NumGoroutine() + 1
	go func() {
		seen := 0
		for !done.Load() {
			seen = max(seen, runtime.NumGoroutine())
			runtime.Gosched()
		}
		most <- seen
	}()
	for range 5 {
		hash()
	}
	done.Store(true)
	if n := <-most; n > goroutines {
		t.Errorf("%d goroutines, and %d before", n, goroutines)
	}
}
