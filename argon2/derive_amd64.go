//go:build gc && !purego

package argon2

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/blake2b"
	"golang.org/x/sys/cpu"
)

// fast reports whether the processor runs begin and finish.
var fast = cpu.X86.HasAVX2

func idKey(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
	if !fast {
		return argon2.IDKey(password, salt, time, memory, threads, size)
	}
	return derive(password, salt, nil, nil, time, memory, threads, size)
}

// Numbers of RFC 9106.
const (
	version  = 0x13
	typeID   = 2
	quarters = 4 // of a lane; between them lanes wait for each other
)

// block is 1 KiB, the unit of memory.
type block = [128]uint64

// bytes returns b as bytes. Words are little-endian, as the processor has them.
func bytes(b *block) []byte { return (*[unsafe.Sizeof(*b)]byte)(unsafe.Pointer(b))[:] }

// Blocks beside those that memory counts.
const (
	zero      = iota // stays zero
	input            // of the blocks of addresses: where in the memory they are for
	addresses        // of the blocks to refer to, while these do not depend on the password
	scratch          // of begin and finish
	address          // scratch of addresses
	beside
)

// derive is argon2id with a secret and associated data. Only tests have these.
func derive(password, salt, secret, data []byte, time, memory uint32, threads uint8, size uint32) []byte {
	lanes := uint32(threads)
	segment := max(memory/(quarters*lanes), 2)
	f := filler{lanes: lanes, segment: segment, length: quarters * segment, passes: time}

	var h0 [blake2b.Size + 8]byte
	defer clear(h0[:])
	begun(&h0, [][]byte{password, salt, secret, data}, []uint32{lanes, size, memory, time, version, typeID})

	count := int(lanes * f.length)
	a := arenas.take(count + beside)
	defer arenas.give(a, count+beside)
	f.blocks, f.beside = a.blocks[:count], (*[beside]block)(a.blocks[count:])
	clear(f.beside[:])
	for lane := range lanes {
		binary.LittleEndian.PutUint32(h0[blake2b.Size+4:], lane)
		for i := range uint32(2) {
			binary.LittleEndian.PutUint32(h0[blake2b.Size:], i)
			stretch(bytes(&f.blocks[lane*f.length+i]), h0[:])
		}
	}
	f.fill()
	last := &f.blocks[count-1]
	for lane := range lanes - 1 {
		for i, word := range f.blocks[(lane+1)*f.length-1] {
			last[i] ^= word
		}
	}
	key := make([]byte, size)
	stretch(key, bytes(last))
	return key
}

// begun sets *h0 to the hash of everything that goes in (RFC 9106, 3.2, H_0).
func begun(h0 *[blake2b.Size + 8]byte, texts [][]byte, numbers []uint32) {
	h, _ := blake2b.New512(nil) // fails for keys alone
	var number [4]byte
	write := func(n uint32) {
		binary.LittleEndian.PutUint32(number[:], n)
		h.Write(number[:])
	}
	for _, n := range numbers {
		write(n)
	}
	for _, text := range texts {
		write(uint32(len(text)))
		h.Write(text)
	}
	h.Sum(h0[:0])
}

// stretch fills out with the hash of in, of whatever length (RFC 9106, 3.3, H').
func stretch(out, in []byte) {
	h, _ := blake2b.New(min(len(out), blake2b.Size), nil) // out is not empty
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(out)))
	h.Write(length[:])
	h.Write(in)
	if len(out) <= blake2b.Size {
		h.Sum(out[:0])
		return
	}
	var v [blake2b.Size]byte
	defer clear(v[:])
	for h.Sum(v[:0]); ; v = blake2b.Sum512(v[:]) {
		out = out[copy(out, v[:blake2b.Size/2]):]
		if len(out) <= blake2b.Size {
			break
		}
	}
	h, _ = blake2b.New(len(out), nil)
	h.Write(v[:])
	h.Sum(out[:0])
}
