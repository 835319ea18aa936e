package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Bytes of a block, of a row of eight, and of a register.
const (
	blockSize    = 1024
	rowSize      = 128
	registerSize = 32
)

// writer writes a file.
type writer struct{ *build.Context }

// function begins one.
func (w writer) function(name, signature string) {
	w.Function(name)
	w.Attributes(attr.NOSPLIT)
	w.SignatureExpr(signature)
	w.Pragma("noescape")
}

// begin writes the function that does of a block's compression (RFC 9106, 3.5) what its first word needs: the rows, and
// the first two columns. So the block that the next one refers to is known early.
func (w writer) begin() {
	w.function("begin", "func(out, z, x, y *[128]uint64, again bool)")
	w.Doc("begin sets *out to *x ^ *y, or adds that if again, and *z to the same with its rows mixed. Then it mixes",
		"and adds the first two columns, so that the first word of *out is done. out may be x or y; z is none of them.")
	out, z, x, y := w.pointer("out"), w.pointer("z"), w.pointer("x"), w.pointer("y")
	again := w.Load(w.Param("again"), w.GP8())
	m, s, offset := w.mixer(), w.states(), w.GP64()
	w.XORQ(offset, offset)
	w.Label("rows")
	at := func(base reg.Register, i int) operand.Mem {
		return operand.Mem{Base: base, Index: offset, Scale: 1, Disp: i * registerSize}
	}
	words := []reg.VecVirtual{s[0].a, s[0].b, s[0].c, s[0].d, s[1].a, s[1].b, s[1].c, s[1].d}
	for i, r := range words {
		w.VMOVDQU(at(x, i), r)
	}
	for i, r := range words {
		w.VPXOR(at(y, i), r, r)
	}
	w.TESTB(again, again)
	w.JNE(operand.LabelRef("add"))
	for i, r := range words {
		w.VMOVDQU(r, at(out, i))
	}
	w.JMP(operand.LabelRef("mix"))
	w.Label("add")
	for i, r := range words {
		w.VPXOR(at(out, i), r, m.t[i%2])
		w.VMOVDQU(m.t[i%2], at(out, i))
	}
	w.Label("mix")
	m.inRows(s)
	for i, r := range words {
		w.VMOVDQU(r, at(z, i))
	}
	w.ADDQ(operand.U32(2*rowSize), offset)
	w.CMPQ(offset, operand.U32(blockSize))
	w.JNE(operand.LabelRef("rows"))
	m.pair(out, z, nil)
	w.VZEROUPPER()
	w.RET()
}

// finish writes the function that does the rest.
func (w writer) finish() {
	w.function("finish", "func(out, z, next *[128]uint64)")
	w.Doc("finish mixes the columns of *z that begin left, and adds them to *out. Meanwhile *next comes to the cache.")
	out, z, next := w.pointer("out"), w.pointer("z"), w.pointer("next")
	m, offset := w.mixer(), w.GP64()
	for line := 0; line < blockSize; line += 64 {
		w.PREFETCHT0(operand.Mem{Base: next, Disp: line})
	}
	w.MOVQ(operand.U32(registerSize), offset)
	w.Label("columns")
	m.pair(out, z, offset)
	w.ADDQ(operand.U32(registerSize), offset)
	w.CMPQ(offset, operand.U32(rowSize))
	w.JNE(operand.LabelRef("columns"))
	w.VZEROUPPER()
	w.RET()
}

// pair mixes two columns of *z, those at offset or the first, and adds them to *out.
func (m mixer) pair(out, z, offset reg.Register) {
	at := func(base reg.Register, row int) operand.Mem {
		a := operand.Mem{Base: base, Disp: row * rowSize}
		if offset != nil {
			a.Index, a.Scale = offset, 1
		}
		return a
	}
	words := func(s [2]state) []reg.VecVirtual {
		return []reg.VecVirtual{s[0].a, s[1].a, s[0].b, s[1].b, s[0].c, s[1].c, s[0].d, s[1].d}
	}
	s := m.states()
	for i, r := range words(s) {
		m.VMOVDQU(at(z, i), r)
	}
	s = m.inColumns(s)
	for i, r := range words(s) {
		m.VPXOR(at(out, i), r, r)
		m.VMOVDQU(r, at(out, i))
	}
}

// pointer loads a parameter.
func (w writer) pointer(name string) reg.Register { return w.Load(w.Param(name), w.GP64()) }
