//go:build gc && !purego

package argon2

// filler fills the memory of one hash: lanes of four segments each, one lane after the other.
type filler struct {
	lanes, length, segment uint32 // of a lane and of a segment in blocks
	passes                 uint32
	blocks                 []block
	beside                 *[beside]block
}

// place is where a segment lies, and when.
type place struct{ pass, quarter, lane uint32 }

// fill does all passes. A segment refers to nothing that other lanes have in the same quarter, so that lanes can be
// computed in turn.
func (f *filler) fill() {
	for pass := range f.passes {
		for quarter := range uint32(quarters) {
			for lane := range f.lanes {
				f.fillSegment(place{pass, quarter, lane})
			}
		}
	}
}

// fillSegment computes each block from the one before and one that is referred to, which it has brought to the cache
// while the former is finished.
func (f *filler) fillSegment(p place) {
	start := uint32(0)
	if p.pass == 0 && p.quarter == 0 {
		start = 2 // these are made from the password
	}
	at := p.lane*f.length + p.quarter*f.segment + start
	before := at - 1
	if start == 0 && p.quarter == 0 {
		before = (p.lane+1)*f.length - 1
	}
	independent := p.pass == 0 && p.quarter < quarters/2
	if independent {
		f.prepare(p)
		if start > 0 {
			f.nextAddresses()
		}
	}
	previous, scratch := &f.blocks[before], &f.beside[scratch]
	other := f.referred(p, start, independent, previous)
	for i := start; i < f.segment; i++ {
		out := &f.blocks[at]
		begin(out, scratch, previous, other, p.pass > 0)
		if i+1 < f.segment {
			other = f.referred(p, i+1, independent, out)
		}
		finish(out, scratch, other)
		previous = out
		at++
	}
}

// prepare writes the block that the addresses of a segment are computed from.
func (f *filler) prepare(p place) {
	f.beside[input] = block{
		uint64(p.pass), uint64(p.lane), uint64(p.quarter), uint64(len(f.blocks)), uint64(f.passes), typeID,
	}
}

// nextAddresses computes those of the next 128 blocks.
func (f *filler) nextAddresses() {
	in, out, scratch, zero := &f.beside[input], &f.beside[addresses], &f.beside[address], &f.beside[zero]
	in[6]++
	for _, x := range []*block{in, out} {
		begin(out, scratch, zero, x, false)
		finish(out, scratch, out)
	}
}

// referred returns the block that the i-th of a segment refers to (RFC 9106, 3.4), given the one before that.
func (f *filler) referred(p place, i uint32, independent bool, previous *block) *block {
	word := previous[0]
	if independent {
		if i%uint32(len(block{})) == 0 {
			f.nextAddresses()
		}
		word = f.beside[addresses][i%uint32(len(block{}))]
	}
	lane := p.lane
	if p.pass > 0 || p.quarter > 0 {
		lane = uint32(word>>32) % f.lanes
	}
	size, first := p.quarter*f.segment, uint32(0) // the blocks to choose from
	if p.pass > 0 {
		size, first = f.length-f.segment, (p.quarter+1)%quarters*f.segment
	}
	if lane == p.lane {
		size += i
	}
	if lane == p.lane || i == 0 {
		size--
	}
	x := word & (1<<32 - 1)
	x = x * x >> 32
	back := uint32(x * uint64(size) >> 32)
	return &f.blocks[lane*f.length+(first+size-1-back)%f.length]
}
