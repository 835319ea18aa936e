package memory

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"github.com/google/uuid"
)

// chunk is how many elements one piece of an ordered set holds at most. Moving so few is cheap, and a million elements
// make so few pieces that finding one is a binary search in the cache.
const chunk = 256

// element can be kept in order. Equal elements are the same element.
type element[T any] interface{ compare(T) int }

// ordered is a sorted set: a sorted list of short sorted lists. Adding at the end, where ids and times mostly go, is an
// append; everything else is two binary searches and a short move. The zero value is empty.
type ordered[T element[T]] struct {
	chunks [][]T
	size   int
}

// find returns where x is or belongs, and whether it is there.
func (o *ordered[T]) find(x T) (piece, place int, found bool) {
	piece, _ = slices.BinarySearchFunc(o.chunks, x, func(c []T, x T) int { return c[len(c)-1].compare(x) })
	if piece == len(o.chunks) {
		return piece, 0, false
	}
	place, found = slices.BinarySearchFunc(o.chunks[piece], x, T.compare)
	return piece, place, found
}

// insert adds x unless it is there.
func (o *ordered[T]) insert(x T) {
	if o.size == 0 || o.last().compare(x) < 0 {
		o.extend(x)
		return
	}
	i, j, found := o.find(x)
	if found {
		return
	}
	o.size++
	if len(o.chunks[i]) == chunk {
		o.split(i)
		if j > chunk/2 {
			i, j = i+1, j-chunk/2
		}
	}
	o.chunks[i] = slices.Insert(o.chunks[i], j, x)
}

func (o *ordered[T]) last() T {
	c := o.chunks[len(o.chunks)-1]
	return c[len(c)-1]
}

// extend adds x after everything else. Full pieces stay full, so that what only grows at its end wastes nothing. A
// first piece starts small, because most accounts have one session.
func (o *ordered[T]) extend(x T) {
	o.size++
	last := len(o.chunks) - 1
	switch {
	case last < 0:
		o.chunks = append(o.chunks, []T{x})
	case len(o.chunks[last]) == chunk:
		o.chunks = append(o.chunks, append(make([]T, 0, chunk), x))
	default:
		o.chunks[last] = append(o.chunks[last], x)
	}
}

func (o *ordered[T]) split(i int) {
	full := o.chunks[i]
	right := slices.Clone(full[chunk/2:])
	clear(full[chunk/2:])
	o.chunks[i] = full[:chunk/2]
	o.chunks = slices.Insert(o.chunks, i+1, right)
}

// remove takes x out if it is there.
func (o *ordered[T]) remove(x T) {
	i, j, found := o.find(x)
	if !found {
		return
	}
	o.size--
	o.chunks[i] = slices.Delete(o.chunks[i], j, j+1)
	if len(o.chunks[i]) == 0 {
		o.chunks = slices.Delete(o.chunks, i, i+1)
	}
}

// first returns the smallest element.
func (o *ordered[T]) first() (x T, ok bool) {
	if o.size == 0 {
		return x, false
	}
	return o.chunks[0][0], true
}

// from walks the elements that are not less than x. The set must not change meanwhile.
func (o *ordered[T]) from(x T) iter.Seq[T] {
	return func(yield func(T) bool) {
		i, j, _ := o.find(x)
		for ; i < len(o.chunks); i, j = i+1, 0 {
			for _, e := range o.chunks[i][j:] {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// downFrom walks the elements that are less than x from the greatest on; below false: all of them. The set must not
// change meanwhile.
func (o *ordered[T]) downFrom(x T, below bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		i, j := len(o.chunks), 0
		if below {
			i, j, _ = o.find(x)
		}
		for ; i >= 0; i-- {
			if i < len(o.chunks) {
				for _, e := range slices.Backward(o.chunks[i][:j]) {
					if !yield(e) {
						return
					}
				}
			}
			if i > 0 {
				j = len(o.chunks[i-1])
			}
		}
	}
}

// countFrom returns how many elements are not less than x. It adds up whole pieces.
func (o *ordered[T]) countFrom(x T) int {
	i, j, _ := o.find(x)
	n := -j
	for ; i < len(o.chunks); i++ {
		n += len(o.chunks[i])
	}
	return n
}

// byID orders rows by their id.
type byID[V any] struct {
	id  uuid.UUID
	row V
}

func (a byID[V]) compare(b byID[V]) int { return bytes.Compare(a.id[:], b.id[:]) }

// stamped orders rows by a number (a time in Unix milliseconds, a month, an epoch) and then by id.
type stamped[V any] struct {
	at  int64
	id  uuid.UUID
	row V
}

func (a stamped[V]) compare(b stamped[V]) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return bytes.Compare(a.id[:], b.id[:])
}
