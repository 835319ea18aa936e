package tollkeeper

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// RateRequest is one hit of a route that is the host's own.
type RateRequest struct {
	Name   string  // of what is counted, the host's own choice: 1 to 64 bytes without control characters
	Key    string  // who is counted, such as an account's id; empty: the network of Client
	Client Client  // looked at without a Key only
	Limits []Limit // 1 to 10 rates, made by [Rate]; each of them holds
}

// Allow counts one hit of the host's own, and returns nil while every limit lets it in. [ErrRateLimited] with
// [Error.RetryAfter]: it is refused, and counted nowhere. Each Name counts by itself, with a Key and without one apart,
// and nothing that the library counts is touched by it. Callers without an address share a bucket a hundred times as
// large. The counters stand in [Limits.Attempts], so that a fleet that shares them shares the rate. A route that
// changes its limits goes on from what was counted by the earlier ones. [ErrInvalidInput] with [Error.Field] "name" or
// "limits"; [ErrUnavailable].
func (h Host) Allow(ctx context.Context, r RateRequest) error {
	if err := r.Check(); err != nil {
		return err
	}
	_, err := h.auth.take(ctx, h.auth.hostHits(r), h.auth.now())
	return err
}

const mostRates = 10 // of one hit

// Check returns the error of a request that [Host.Allow] refuses whatever was counted, for who makes one at start.
func (r RateRequest) Check() error {
	if r.Name == "" || !canon.ValidLine(r.Name, 64) {
		return ErrInvalidInput.WithField("name").WithMessage("tollkeeper: the name of a rate is 1 to 64 bytes without control characters")
	}
	if len(r.Limits) == 0 || len(r.Limits) > mostRates {
		return ErrInvalidInput.WithField("limits").WithMessage("tollkeeper: a hit needs 1 to 10 limits")
	}
	for _, l := range r.Limits {
		if !isRate(l) || l.Free != 0 || l.Base != 0 || l.Max != 0 || l.Window != 0 {
			return ErrInvalidInput.WithField("limits").WithMessage("tollkeeper: a limit of a hit is a rate, in whole milliseconds and of at most ten years")
		}
	}
	return nil
}

// hostHits are rates of the host's own: their digests begin with a word that none of the library's begins with.
func (a *Authenticator) hostHits(r RateRequest) (list hits) {
	if r.Key != "" {
		list.addRates(a.digests.bucket("host", r.Name, "key", r.Key), false, r.Limits)
		return list
	}
	net := r.Client.network()
	list.addRates(a.digests.bucket("host", r.Name, "network", net), net == "", r.Limits)
	return list
}

// addRates adds rates of one key. Callers without an address share it; their bucket is a hundred times as large
// (R24).
func (h *hits) addRates(key store.Digest, shared bool, rates []Limit) {
	for _, r := range rates {
		if shared {
			r.Every = max(time.Millisecond, (r.Every / 100).Truncate(time.Millisecond))
			r.Burst = min(r.Burst*100, int(longest/r.Every))
		}
		h.add(store.Bucket{Key: key, Limit: r}, nil)
		key[0]++ // one digest for all: two of them are as far apart as any
	}
}
