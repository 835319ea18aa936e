package family

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func TestTokensAreBoundedBeforeParsing(t *testing.T) {
	for n, want := range map[int]error{maxToken: nil, maxToken + 1: tollkeeper.ErrInvalidToken, 1 << 20: tollkeeper.ErrInvalidToken} {
		text := strings.Repeat("a", n)
		if _, err := bearer(http.Header{"Authorization": {"Bearer " + text}}); !errors.Is(err, want) {
			t.Errorf("bearer of %d bytes: %v", n, err)
		}
		if _, err := headerOrBearer(http.Header{"Token": {text}}); !errors.Is(err, want) {
			t.Errorf("token of %d bytes: %v", n, err)
		}
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	for d, want := range map[time.Duration]int64{0: 1, -time.Second: 1, time.Nanosecond: 1, time.Second: 1, 1001 * time.Millisecond: 2, time.Hour: 3600} {
		if got := seconds(d); got != want {
			t.Errorf("%v: %d", d, got)
		}
	}
}
