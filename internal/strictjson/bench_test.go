package strictjson_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

type signIn struct {
	Email     string `json:"email"`
	Password  string `json:"password"`
	PublicKey string `json:"parentPublicKey"`
}

var signInBody = []byte(`{"email":"ada.lovelace@example.org","password":"correct horse battery staple",` +
	`"parentPublicKey":"pk_live_0123456789abcdef0123456789abcdef"}`)

func BenchmarkSignIn(b *testing.B) {
	for name, decode := range map[string]func([]byte, any) error{
		"strictjson": strictjson.Decode, "encoding": json.Unmarshal,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v signIn
				if err := decode(signInBody, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkManyKeys is the body that makes the search for duplicates dearest.
func BenchmarkManyKeys(b *testing.B) {
	var keys []string
	for i := range 1700 {
		keys = append(keys, `"`+strconv.FormatInt(int64(i), 36)+`":0`)
	}
	hostile := []byte("{" + strings.Join(keys, ",") + "}")
	for b.Loop() {
		var v signIn
		if err := strictjson.Decode(hostile, &v); err != nil {
			b.Fatal(err)
		}
	}
}
