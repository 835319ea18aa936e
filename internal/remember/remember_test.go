package remember_test

import (
	"fmt"
	"hash/maphash"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/remember"
)

func TestWhatWasPutIsFound(t *testing.T) {
	c := remember.New[string, int](1<<20, maphash.String)
	c.Put("a", 1, 10)
	c.Put("a", 2, 10)
	if v, ok := c.Get("a"); !ok || v != 2 {
		t.Fatalf("Get = %d, %t; want 2, true", v, ok)
	}
	c.Drop("a")
	if _, ok := c.Get("a"); ok {
		t.Fatal("found after Drop")
	}
	if n := c.Bytes(); n != 0 {
		t.Fatalf("%d bytes kept after Drop", n)
	}
}

func TestItStaysWithinItsBound(t *testing.T) {
	const bound = 1 << 16
	c := remember.New[string, int](bound, maphash.String)
	for i := range 100_000 {
		c.Put(fmt.Sprint(i), i, 100)
		if i%1000 == 0 && c.Bytes() > bound {
			t.Fatalf("%d bytes kept, the bound is %d", c.Bytes(), bound)
		}
	}
	c.Put("huge", 1, bound)
	if _, ok := c.Get("huge"); ok {
		t.Fatal("kept what is larger than a generation")
	}
}

func TestWhatIsUsedOutlivesWhatIsNot(t *testing.T) {
	c := remember.New[string, int](1<<16, maphash.String)
	c.Put("used", 1, 100)
	c.Put("unused", 1, 100)
	for i := range 50_000 {
		c.Put(fmt.Sprint(i), i, 100)
		if _, ok := c.Get("used"); !ok {
			t.Fatalf("what is used all the time was dropped after %d others", i)
		}
	}
	if _, ok := c.Get("unused"); ok {
		t.Fatal("what is never used was kept for ever")
	}
}

func TestItIsSafeForConcurrentUse(t *testing.T) {
	c := remember.New[string, int](1<<14, maphash.String)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				k := fmt.Sprint((i * (g + 1)) % 300)
				c.Put(k, i, 64)
				c.Get(k)
				c.Drop(fmt.Sprint(i % 300))
			}
		})
	}
	wg.Wait()
}

func TestAHitAllocatesNothing(t *testing.T) {
	c := remember.New[string, int](1<<20, maphash.String)
	c.Put("a", 1, 10)
	if n := testing.AllocsPerRun(100, func() { c.Get("a") }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
