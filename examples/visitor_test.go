package examples_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
)

// reply is an answer.
type reply struct {
	status int
	body   []byte
}

// field answers what stands at a path of names in the JSON; "": nothing.
func (r reply) field(path ...string) string {
	var value any
	_ = json.Unmarshal(r.body, &value)
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, _ := value.(string)
	return text
}

// want fails the test at once unless the status is one of these.
func (r reply) want(t *testing.T, what string, statuses ...int) reply {
	t.Helper()
	if !slices.Contains(statuses, r.status) {
		t.Fatalf("%s: %d %s, want %d", what, r.status, r.body, statuses)
	}
	return r
}

// visitor is somebody on a network of their own, who may have a token.
type visitor struct{ network, token string }

var visitors = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func newVisitor() visitor {
	var b [3]byte
	_, _ = rand.Read(b[:])
	return visitor{network: fmt.Sprintf("172.%d.%d.%d", b[0], b[1], b[2])}
}

func (v visitor) with(token string) visitor { v.token = token; return v }

// get and post answer status 0 when nothing was answered.
func (v visitor) get(url string) reply { return v.ask(http.MethodGet, url, nil) }

func (v visitor) post(url string, body object) reply { return v.ask(http.MethodPost, url, body) }

type object map[string]any

func (v visitor) ask(method, url string, body object) reply {
	text, err := json.Marshal(body)
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	r, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", v.network)
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	res, err := visitors.Do(r)
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	defer res.Body.Close()
	text, err = io.ReadAll(res.Body)
	if err != nil {
		return reply{body: []byte(err.Error())}
	}
	return reply{res.StatusCode, text}
}
