package main

import (
	"encoding/binary"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// state is 16 words of a block in four registers, the rows of the matrix that BLAKE2b mixes. Two are mixed side by
// side, since within one each step waits for the step before.
type state struct{ a, b, c, d reg.VecVirtual }

func (w writer) states() [2]state {
	return [2]state{{w.YMM(), w.YMM(), w.YMM(), w.YMM()}, {w.YMM(), w.YMM(), w.YMM(), w.YMM()}}
}

// mixer has the registers that mixing needs beside the states.
type mixer struct {
	writer
	by24, by16 reg.VecVirtual    // masks
	t          [2]reg.VecVirtual // for each state
}

// mixer loads the masks into registers of the current function.
func (w writer) mixer() mixer {
	m := mixer{w, w.YMM(), w.YMM(), [2]reg.VecVirtual{w.YMM(), w.YMM()}}
	m.VMOVDQU(operand.NewDataAddr(operand.NewStaticSymbol("rotate24"), 0), m.by24)
	m.VMOVDQU(operand.NewDataAddr(operand.NewStaticSymbol("rotate16"), 0), m.by16)
	return m
}

// mask writes the bytes by which VPSHUFB rotates each word to the right by so many bytes.
func (w writer) mask(name string, bytes int) {
	var first, second [8]byte // of the two words of half a register
	for i := range first {
		first[i] = byte((i + bytes) % 8)
		second[i] = 8 + first[i]
	}
	w.StaticGlobal(name)
	w.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := 0; i < 4; i += 2 {
		w.AddDatum(8*i, operand.U64(binary.LittleEndian.Uint64(first[:])))
		w.AddDatum(8*i+8, operand.U64(binary.LittleEndian.Uint64(second[:])))
	}
}

// mix is GB of RFC 9106, 3.6, of each column of the matrices.
func (m mixer) mix(s [2]state) {
	upper := func(s state) (x, y, z reg.VecVirtual) { return s.a, s.b, s.d }
	lower := func(s state) (x, y, z reg.VecVirtual) { return s.c, s.d, s.b }
	m.quarter(s, upper, func(x, _ reg.VecVirtual) { m.VPSHUFD(operand.Imm(0xB1), x, x) }) // by 32
	m.quarter(s, lower, func(x, _ reg.VecVirtual) { m.VPSHUFB(m.by24, x, x) })
	m.quarter(s, upper, func(x, _ reg.VecVirtual) { m.VPSHUFB(m.by16, x, x) })
	m.quarter(s, lower, func(x, t reg.VecVirtual) { // by 63
		m.VPADDQ(x, x, t)
		m.VPSRLQ(operand.Imm(63), x, x)
		m.VPXOR(t, x, x)
	})
}

// quarter is x += y + 2*low(x)*low(y) and z = rotate(z ^ x) in both states.
func (m mixer) quarter(s [2]state, of func(state) (x, y, z reg.VecVirtual), rotate func(x, t reg.VecVirtual)) {
	both := func(step func(x, y, z, t reg.VecVirtual)) {
		for i := range s {
			x, y, z := of(s[i])
			step(x, y, z, m.t[i])
		}
	}
	both(func(x, y, _, t reg.VecVirtual) { m.VPMULUDQ(x, y, t) })
	both(func(x, y, _, _ reg.VecVirtual) { m.VPADDQ(y, x, x) })
	both(func(x, _, _, t reg.VecVirtual) { m.VPADDQ(t, x, x) })
	both(func(x, _, _, t reg.VecVirtual) { m.VPADDQ(t, x, x) })
	both(func(x, _, z, _ reg.VecVirtual) { m.VPXOR(x, z, z) })
	both(func(_, _, z, t reg.VecVirtual) { rotate(z, t) })
}

// inRows mixes states that have a row of the matrix in each register. To mix the diagonals it turns every row but b,
// which is the last to be ready.
func (m mixer) inRows(s [2]state) {
	turn := func(a, c byte) {
		for i := range s {
			m.VPERMQ(operand.Imm(uint64(a)), s[i].a, s[i].a)
			m.VPERMQ(operand.Imm(0x4E), s[i].d, s[i].d)
			m.VPERMQ(operand.Imm(uint64(c)), s[i].c, s[i].c)
		}
	}
	m.mix(s)
	turn(0x93, 0x39)
	m.mix(s)
	turn(0x39, 0x93)
}

// inColumns mixes two matrices that share the registers: each has a half of every one, the left two words of a row in
// the first state and the right two in the second. It returns where the words are afterwards.
func (m mixer) inColumns(s [2]state) [2]state {
	m.mix(s)
	s[0].a, s[1].a = m.join(s[1].a, s[0].a), m.join(s[0].a, s[1].a)
	s[0].c, s[1].c = m.join(s[0].c, s[1].c), m.join(s[1].c, s[0].c)
	s[0].d, s[1].d = s[1].d, s[0].d
	m.mix(s)
	s[0].a, s[1].a = m.join(s[0].a, s[1].a), m.join(s[1].a, s[0].a)
	s[0].c, s[1].c = m.join(s[1].c, s[0].c), m.join(s[0].c, s[1].c)
	s[0].d, s[1].d = s[1].d, s[0].d
	return s
}

// join returns, of each matrix, the second word of x and the first of y.
func (m mixer) join(x, y reg.VecVirtual) reg.VecVirtual {
	z := m.YMM()
	m.VPALIGNR(operand.Imm(8), x, y, z)
	return z
}
