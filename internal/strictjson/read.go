package strictjson

import (
	"io"
	"math"
	"slices"
)

// Read returns all of r if that is at most limit bytes, in room as far as that has the capacity. Beyond it Read stops
// after one more byte and returns an *Error of kind [ErrTooLarge]. Any other error of r is returned unchanged. A limit
// below zero counts as zero.
func Read(room []byte, r io.Reader, limit int64) ([]byte, error) {
	limit = min(max(limit, 0), math.MaxInt64-1)
	data := room[:0]
	for {
		if len(data) == cap(data) {
			data = slices.Grow(data, 512)
		}
		n, err := r.Read(data[len(data):min(int64(cap(data)), limit+1)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, &Error{Kind: ErrTooLarge}
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
