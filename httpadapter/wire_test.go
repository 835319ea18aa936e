package httpadapter_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// raw sends bytes over a connection of its own and answers the first response.
func raw(t *testing.T, server *httptest.Server, text string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.60q: %v", text, err)
	}
	_ = res.Body.Close()
	return res
}

// TestOverTheWire: what only a real connection shows.
func TestOverTheWire(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.mux)
	t.Cleanup(server.Close)
	const host = " HTTP/1.1\r\nHost: x\r\n"
	for text, want := range map[string]int{
		"GET /authentiq/v1/heartbeat" + host + "\r\n":                                                                             200,
		"GET http://elsewhere/authentiq/v1/heartbeat" + host + "\r\n":                                                             200,
		"HEAD /authentiq/v1/heartbeat" + host + "\r\n":                                                                            200,
		"GET /authentiq/v1/heartbeat/" + host + "\r\n":                                                                            404,
		"GET /authentiq/v1/%68eartbeat" + host + "\r\n":                                                                           404,
		"GET /authentiq/v1/heartbeat%2f" + host + "\r\n":                                                                          404,
		"POST /auth/signin" + host + "Content-Length: 20000\r\n\r\n":                                                              413,
		"POST /auth/signin" + host + "Content-Length: 20000\r\nExpect: 100-continue\r\n\r\n":                                      413,
		"POST /auth/signin" + host + "Transfer-Encoding: chunked\r\n\r\n5000\r\n" + strings.Repeat(" ", 0x5000) + "\r\n0\r\n\r\n": 413,
		"POST /auth/signin" + host + "Content-Length: 2\r\n\r\n{}":                                                                400,
		"POST /auth/signin" + host + "Content-Length: 2\r\nContent-Type: text/plain\r\n\r\n{}":                                    400,
		"GET /api/user/status" + host + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n":                              400,
		"GET /api/user/status" + host + "token: " + strings.Repeat("a", 9000) + "\r\n\r\n":                                        401,
		"GET /auth/confirm-email?token=AAAAAAAAAAAA&token=AAAAAAAAAAAA" + host + "\r\n":                                           400,
		"OPTIONS /auth/signin" + host + "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n\r\n":                204,
		"POST /auth/signin" + host + "X-HTTP-Method-Override: GET\r\nContent-Length: 0\r\n\r\n":                                   400,
	} {
		if res := raw(t, server, text); res.StatusCode != want {
			t.Errorf("%.90q: %d, want %d", text, res.StatusCode, want)
		}
	}
}

// TestManyAtOnce shares nothing between requests (R89); the race detector is the judge.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	admin := w.admin()
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 5 {
				a := w.do("POST /auth/signin", object("email", child.email, "password", password, "parentPublicKey", parent.key), "Origin: http://localhost:1")
				b := w.do("GET /authentiq/v1/user/role", "", bearerOf(admin.token))
				c := w.do("POST /api/user/signin", object("email", child.email, "password", "wrong"+itoa(i)))
				if a.status != 200 || a.field("data.user.email") != child.email || b.field("role") != "admin" || c.status != 400 {
					t.Errorf("%d %s, %d %s, %d", a.status, a.body, b.status, b.body, c.status)
				}
			}
		})
	}
	wait.Wait()
}
