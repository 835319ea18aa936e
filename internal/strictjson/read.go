package strictjson

import (
	"io"
	"math"
)

// Read returns all of r if that is at most limit bytes. Beyond it Read stops after one more byte and returns an *Error
// of kind [ErrTooLarge]. Any other error of r is returned unchanged. A limit below zero counts as zero.
func Read(r io.Reader, limit int64) ([]byte, error) {
	limit = min(max(limit, 0), math.MaxInt64-1)
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(data)) > limit {
		return nil, &Error{Kind: ErrTooLarge}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}
