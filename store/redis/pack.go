package redis

import (
	"encoding/binary"
	"math"
	"time"
)

// packed are numbers as the scripts take and return them: little-endian doubles, exact for whole numbers below 2^53.
type packed []byte

func (p packed) add(numbers ...int64) packed {
	for _, n := range numbers {
		p = binary.LittleEndian.AppendUint64(p, math.Float64bits(float64(n)))
	}
	return p
}

func (p packed) len() int { return len(p) / 8 }

func (p packed) at(i int) int64 {
	return int64(math.Float64frombits(binary.LittleEndian.Uint64(p[8*i:])))
}

// millis of the zero time is a number as any other, and comes back as the zero time.
func millis(t time.Time) int64 { return t.UnixMilli() }

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
