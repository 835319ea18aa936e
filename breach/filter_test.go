package breach_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/tollkeeper/tollkeeper/breach"
)

func digestOf(password string) string {
	sum := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func build(t testing.TB, list string, of breach.Lines, n int64, rate float64) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := breach.Build(&file, strings.NewReader(list), of, n, rate); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func open(t testing.TB, content []byte) (*breach.Filter, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "passwords.tkb")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return breach.Open(name)
}

func knows(t *testing.T, f *breach.Filter, password string) bool {
	t.Helper()
	known, err := f.Breached(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestFilterKnowsItsList(t *testing.T) {
	words := []string{"password", "letmein!", "correct horse battery staple", "пароль", " with space "}
	digests := make([]string, len(words))
	for i, w := range words {
		digests[i] = digestOf(w) + ":" + fmt.Sprint(i)
	}
	digests[0] = strings.ToLower(digestOf(words[0]))
	lists := map[string]struct {
		text string
		of   breach.Lines
	}{
		"passwords":    {strings.Join(words, "\n"), breach.Passwords},
		"line endings": {strings.Join(words, "\r\n") + "\r\n\r\n", breach.Passwords},
		"digests":      {strings.Join(digests, "\n"), breach.Digests},
	}
	var first []byte
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			file := build(t, list.text, list.of, 5, 1e-6)
			f, err := open(t, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				if !knows(t, f, w) {
					t.Errorf("it does not know %q", w)
				}
			}
			if f.Entries() != 5 || knows(t, f, "something else") {
				t.Errorf("%d entries", f.Entries())
			}
			if first == nil {
				first = file
			}
			if !bytes.Equal(file, first) {
				t.Error("the same passwords give another file")
			}
		})
	}
}

// TestFormat holds the file to what filter.go says of it, with a reading of its own.
func TestFormat(t *testing.T) {
	file := build(t, "password\n", breach.Passwords, 100, 0.01)
	k, m := binary.LittleEndian.Uint32(file[12:]), binary.LittleEndian.Uint64(file[16:])
	if string(file[:8]) != "tkbreach" || binary.LittleEndian.Uint32(file[8:]) != 1 || k != 7 || m != 960 || binary.LittleEndian.Uint64(file[24:]) != 1 {
		t.Fatalf("header %x", file[:32])
	}
	if sum := sha256.Sum256(file[:32+m/8]); !bytes.Equal(sum[:], file[32+m/8:]) {
		t.Error("checksum")
	}
	sum := sha1.Sum([]byte("password"))
	a, b := binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])|1
	want := make([]byte, m/8)
	for i := range uint64(k) {
		bit := (a + i*b + (i*i*i-i)/6) % m
		want[bit/8] |= 1 << (bit % 8)
	}
	if !bytes.Equal(want, file[32:32+m/8]) {
		t.Error("bits")
	}
}

// TestFalsePositives asks for as many unknown passwords as make chance small: the rate is kept within some 5 deviations.
func TestFalsePositives(t *testing.T) {
	const n, asked = 20_000, 200_000
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "known-%d\n", i)
	}
	for _, rate := range []float64{0.1, 0.01, 0.001} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			f, err := open(t, build(t, list.String(), breach.Passwords, n, rate))
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if !knows(t, f, fmt.Sprintf("known-%d", i)) {
					t.Fatalf("it does not know number %d", i)
				}
			}
			wrong := 0
			for i := range asked {
				if knows(t, f, fmt.Sprintf("unknown-%d", i)) {
					wrong++
				}
			}
			if got := float64(wrong) / asked; got > rate*1.4 || got < rate*0.6 {
				t.Errorf("%v of others are taken for known", got)
			}
		})
	}
}

func TestFilterIsSafeForConcurrentUse(t *testing.T) {
	f, err := open(t, build(t, "password", breach.Passwords, 10, 0.001))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				if known, _ := f.Breached(t.Context(), "password"); !known {
					t.Error("it forgets")
				}
			}
		})
	}
	all.Wait()
}

func TestBuildRefuses(t *testing.T) {
	good := digestOf("password")
	tests := map[string]struct {
		list io.Reader
		of   breach.Lines
		n    int64
		rate float64
		says string
	}{
		"no room":        {strings.NewReader("a\nb\nc"), breach.Passwords, 2, 0.01, "more than 2 lines"},
		"n zero":         {strings.NewReader(""), breach.Passwords, 0, 0.01, "above zero"},
		"n huge":         {strings.NewReader(""), breach.Passwords, 1 << 40, 0.01, "8 GiB"},
		"n largest":      {strings.NewReader(""), breach.Passwords, 1<<63 - 1, 0.01, "8 GiB"},
		"rate zero":      {strings.NewReader(""), breach.Passwords, 1, 0, "rate"},
		"rate one":       {strings.NewReader(""), breach.Passwords, 1, 1, "rate"},
		"rate NaN":       {strings.NewReader(""), breach.Passwords, 1, nan(), "rate"},
		"short digest":   {strings.NewReader(good + "\n" + good[1:]), breach.Digests, 9, 0.01, "line 2"},
		"long digest":    {strings.NewReader(good + "0"), breach.Digests, 9, 0.01, "line 1"},
		"even shorter":   {strings.NewReader(good[2:]), breach.Digests, 9, 0.01, "line 1"},
		"no hex":         {strings.NewReader("x" + good[1:]), breach.Digests, 9, 0.01, "line 1"},
		"passwords":      {strings.NewReader("password"), breach.Digests, 9, 0.01, "line 1"},
		"long line":      {strings.NewReader("a\n" + strings.Repeat("x", 5_000)), breach.Passwords, 9, 0.01, "line 2"},
		"reader broken":  {iotest.ErrReader(errors.New("disk gone")), breach.Passwords, 9, 0.01, "disk gone"},
		"broken in line": {io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(errors.New("disk gone"))), breach.Passwords, 9, 0.01, "disk gone"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if n, err := breach.Build(io.Discard, tt.list, tt.of, tt.n, tt.rate); err == nil || n != 0 || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

func TestBuildTellsWhenItCannotWrite(t *testing.T) {
	whole := len(build(t, "a", breach.Passwords, 1, 0.01))
	for _, room := range []int{0, 20, 33, whole - 1} {
		if _, err := breach.Build(&full{room}, strings.NewReader("a"), breach.Passwords, 1, 0.01); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return f.room, errFull
	}
	f.room -= len(p)
	return len(p), nil
}

func TestOpenRefusesDamage(t *testing.T) {
	good := build(t, "password\n", breach.Passwords, 100, 0.01)
	at := func(i int, v byte) []byte {
		b := bytes.Clone(good)
		b[i] ^= v
		return b
	}
	tests := map[string][]byte{
		"empty": nil, "header only": good[:32], "half a header": good[:16], "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "text": []byte("password\nletmein\n"),
		"magic": at(0, 1), "version": at(8, 3), "no hashes": at(12, 7), "many hashes": at(12, 0x80), "size": at(16, 8), "size not in bytes": at(16, 1),
		"huge size": at(23, 0x7f), "size beyond memory": at(20, 0x0f), "entries": at(24, 1), "huge entries": at(31, 0x80), "a bit": at(40, 1), "last bit": at(len(good)-33, 0x80), "checksum": at(len(good)-1, 1),
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			if f, err := open(t, content); !errors.Is(err, breach.ErrFile) || f != nil {
				t.Errorf("gives %v", err)
			}
		})
	}
	if _, err := breach.Open(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file gives %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(build(f, "password\n", breach.Passwords, 100, 0.01))
	f.Add([]byte("tkbreach"))
	f.Fuzz(func(t *testing.T, content []byte) {
		filter, err := open(t, content)
		if err != nil {
			return
		}
		if _, err := filter.Breached(t.Context(), "password"); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	f, err := open(b, build(b, "password\n", breach.Passwords, 1_000_000, 0.001))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Breached(b.Context(), "password"); err != nil {
			b.Fatal(err)
		}
	}
}
