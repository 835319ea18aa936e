package breach

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The file of a Filter, version 1. Numbers are little-endian.
//
//	offset  bytes  what
//	0       8      "tkbreach"
//	8       4      version: 1
//	12      4      k: bits per entry, 1 to 64
//	16      8      m: bits of the filter, a multiple of 8, at most 2^36
//	24      8      entries written
//	32      m/8    the bits; bit i is bit i%8, from the lowest, of byte i/8
//	32+m/8  32     SHA-256 of everything before
//
// The bits of a password: a and b are the first two numbers of 8 bytes, little-endian, of its SHA-1; b is made odd; bit
// number i of k is (a + i·b + (i³−i)/6) mod m, in arithmetic of 64 bits (enhanced double hashing).
const (
	magic      = "tkbreach"
	version    = 1
	headerSize = 32
	maxBits    = 1 << 36 // 8 GiB of file and memory
	maxHashes  = 64
)

// Filter is a Bloom filter of published passwords: it knows every password that it was built from, and takes a few
// others for known, at the rate it was built for. It never errs the other way. It is safe for concurrent use.
type Filter struct {
	bits    []byte
	size    uint64 // in bits
	hashes  uint64
	entries uint64
}

// ErrFile means that a file is not one that [Build] wrote, or is not whole.
var ErrFile = errors.New("breach: not a filter file, or damaged")

// Open reads the file into memory, which takes as much of it as the file has bytes, and checks it whole. An error is
// [ErrFile], or that of the file system.
func Open(file string) (*Filter, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	filter, err := read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFile, file, err)
	}
	return filter, nil
}

// read trusts no number of the file before it fits the file's size, so that a damaged one cannot take all memory.
func read(r io.Reader, size int64) (*Filter, error) {
	sum := sha256.New()
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	sum.Write(header[:])
	if string(header[:8]) != magic {
		return nil, errors.New("it begins otherwise")
	}
	if v := binary.LittleEndian.Uint32(header[8:]); v != version {
		return nil, fmt.Errorf("version %d is not known here", v)
	}
	f := &Filter{
		hashes: uint64(binary.LittleEndian.Uint32(header[12:])), size: binary.LittleEndian.Uint64(header[16:]), entries: binary.LittleEndian.Uint64(header[24:]),
	}
	if f.hashes < 1 || f.hashes > maxHashes || f.size == 0 || f.size > maxBits || f.size%8 != 0 || f.entries > maxBits {
		return nil, errors.New("its header makes no sense")
	}
	if uint64(size) != headerSize+f.size/8+sha256.Size {
		return nil, errors.New("it is not as long as it says")
	}
	f.bits = make([]byte, f.size/8)
	if _, err := io.ReadFull(r, f.bits); err != nil {
		return nil, err
	}
	sum.Write(f.bits)
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r, want); err != nil {
		return nil, err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return nil, errors.New("the checksum differs")
	}
	return f, nil
}

// Entries returns how many lines the filter was built from.
func (f *Filter) Entries() int64 { return int64(f.entries) }

// Breached reports whether the password is known. It never fails.
func (f *Filter) Breached(_ context.Context, password string) (bool, error) {
	return f.has(sha1.Sum([]byte(password))), nil
}

func (f *Filter) has(digest [sha1.Size]byte) bool {
	a, b := halves(digest)
	for i := range f.hashes {
		if bit := place(a, b, i, f.size); f.bits[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

func (f *Filter) add(digest [sha1.Size]byte) {
	a, b := halves(digest)
	for i := range f.hashes {
		bit := place(a, b, i, f.size)
		f.bits[bit/8] |= 1 << (bit % 8)
	}
	f.entries++
}

func halves(digest [sha1.Size]byte) (a, b uint64) {
	return binary.LittleEndian.Uint64(digest[:8]), binary.LittleEndian.Uint64(digest[8:16]) | 1
}

// place returns bit number i. The cubic term keeps two passwords whose a and b agree modulo m from sharing every bit.
func place(a, b, i, size uint64) uint64 { return (a + i*b + (i*i*i-i)/6) % size }
