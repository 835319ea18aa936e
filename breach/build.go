package breach

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
)

// Lines says what the lines of a list are.
type Lines int

// The kinds of lists.
const (
	// Passwords are lines of text as it would be typed.
	Passwords Lines = iota
	// Digests are lines of 40 hex characters, the SHA-1 of a password, and whatever follows a colon, as the published
	// lists have them.
	Digests
)

const maxLine = 4 << 10 // bytes

// Build writes a filter file of a list with at most n lines, of which empty ones do not count, and returns how many it
// took. A filter of exactly n entries takes the given share of other passwords for known: between 1e-9 and 0.1; 0.001
// is a good choice, and then costs 14.4 bits per entry. It holds the bits in memory, 8 GiB at most, and reads the list
// as a stream. What w has after an error is not a filter file.
func Build(w io.Writer, r io.Reader, of Lines, n int64, rate float64) (int64, error) {
	f, err := sized(n, rate)
	if err != nil {
		return 0, err
	}
	if err := f.fill(r, of, n); err != nil {
		return 0, err
	}
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	header := make([]byte, 0, headerSize)
	header = append(header, magic...)
	header = binary.LittleEndian.AppendUint32(header, version)
	header = binary.LittleEndian.AppendUint32(header, uint32(f.hashes))
	header = binary.LittleEndian.AppendUint64(header, f.size)
	header = binary.LittleEndian.AppendUint64(header, f.entries)
	for _, part := range [][]byte{header, f.bits} {
		if _, err := out.Write(part); err != nil {
			return 0, err
		}
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return 0, err
	}
	return int64(f.entries), nil
}

// sized returns an empty filter with the number of bits and hashes that the rate asks for.
func sized(n int64, rate float64) (*Filter, error) {
	if n < 1 || !(rate >= 1e-9 && rate <= 0.1) {
		return nil, errors.New("breach: Build needs a number of lines above zero, and a rate between 1e-9 and 0.1")
	}
	bits := math.Ceil(float64(n) * -math.Log(rate) / (math.Ln2 * math.Ln2))
	if bits > maxBits-64 {
		return nil, errors.New("breach: so many lines at this rate need more than 8 GiB")
	}
	size := (uint64(bits) + 63) &^ 63
	hashes := min(maxHashes, max(1, math.Round(float64(size)/float64(n)*math.Ln2)))
	return &Filter{bits: make([]byte, size/8), size: size, hashes: uint64(hashes)}, nil
}

func (f *Filter) fill(r io.Reader, of Lines, n int64) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, maxLine), maxLine)
	line := 0
	for scanner.Scan() {
		line++
		text := scanner.Bytes()
		if len(text) == 0 {
			continue
		}
		if f.entries == uint64(n) {
			return fmt.Errorf("breach: the list has more than %d lines", n)
		}
		digest, err := digestOf(text, of)
		if err != nil {
			return fmt.Errorf("breach: line %d: %w", line, err)
		}
		f.add(digest)
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("breach: line %d: %w", line+1, err)
	}
	return nil
}

func digestOf(text []byte, of Lines) (digest [sha1.Size]byte, err error) {
	if of == Passwords {
		return sha1.Sum(text), nil
	}
	text, _, _ = bytes.Cut(text, []byte(":"))
	if n, err := hex.Decode(digest[:], text[:min(len(text), 2*sha1.Size)]); err != nil || n != sha1.Size || len(text) != 2*sha1.Size {
		return digest, errors.New("it does not begin with 40 hex characters")
	}
	return digest, nil
}
