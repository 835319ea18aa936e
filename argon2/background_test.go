package argon2_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper/argon2"
)

func TestBackgroundComputesWhatIDKeyDoes(t *testing.T) {
	background := argon2.Background(2)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			password, salt := bytes.Repeat([]byte{byte(n)}, n), []byte("salt of sixteen.")
			got := background(password, salt, 1, 64, 1, 32)
			if want := argon2.IDKey(password, salt, 1, 64, 1, 32); !bytes.Equal(got, want) {
				t.Errorf("%x, want %x", got, want)
			}
		})
	}
	all.Wait()
}

func TestBackgroundPanicsWhereItWasCalled(t *testing.T) {
	background := argon2.Background(0)
	for range 3 {
		func() {
			defer func() {
				if r := recover(); r != "argon2: no pass" {
					t.Errorf("panics with %v", r)
				}
			}()
			background(nil, nil, 0, 64, 1, 32)
		}()
	}
	if got, want := background(nil, nil, 1, 64, 1, 32), argon2.IDKey(nil, nil, 1, 64, 1, 32); !bytes.Equal(got, want) {
		t.Errorf("after a panic: %x, want %x", got, want)
	}
}
