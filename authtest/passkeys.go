package authtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

// softPasskeys checks what a [Passkey] answers, and nothing that others answer: so much of WebAuthn as that takes. A
// service has the verifier of module passkey.
type softPasskeys struct{}

var errSoft = errors.New("authtest: this is not what a Passkey answers to that")

// CreationOptions is [tollkeeper.PasskeyVerifier].CreationOptions.
func (softPasskeys) CreationOptions(c tollkeeper.PasskeyCeremony) ([]byte, error) {
	user := map[string]string{"id": b64(c.User), "name": c.Name, "displayName": c.Display}
	return json.Marshal(map[string]any{
		"challenge": b64(c.Challenge), "rp": map[string]string{"id": c.Domain, "name": c.Party}, "user": user,
		"excludeCredentials": softList(c), "pubKeyCredParams": []map[string]any{{"type": "public-key", "alg": -7}},
	})
}

// RequestOptions is [tollkeeper.PasskeyVerifier].RequestOptions.
func (softPasskeys) RequestOptions(c tollkeeper.PasskeyCeremony) ([]byte, error) {
	return json.Marshal(map[string]any{"challenge": b64(c.Challenge), "rpId": c.Domain, "allowCredentials": softList(c)})
}

func softList(c tollkeeper.PasskeyCeremony) []map[string]string {
	list := []map[string]string{}
	for _, d := range c.Passkeys {
		list = append(list, map[string]string{"type": "public-key", "id": b64(d.Credential)})
	}
	return list
}

// softAnswer has the members of both kinds of answers.
type softAnswer struct {
	ID       softBytes `json:"rawId"`
	Response struct {
		Client    softBytes `json:"clientDataJSON"`
		Made      softBytes `json:"attestationObject"`
		Data      softBytes `json:"authenticatorData"`
		Signature softBytes `json:"signature"`
		User      softBytes `json:"userHandle"`
	} `json:"response"`
}

type softBytes []byte

// UnmarshalJSON reads base64url.
func (b *softBytes) UnmarshalJSON(text []byte) (err error) {
	var s string
	if err = json.Unmarshal(text, &s); err == nil {
		*b, err = base64.RawURLEncoding.DecodeString(s)
	}
	return err
}

// check compares what browser and authenticator say with what was asked.
func (a *softAnswer) check(c tollkeeper.PasskeyCeremony, kind string, data []byte) error {
	var client struct{ Type, Challenge, Origin string }
	if json.Unmarshal(a.Response.Client, &client) != nil || client.Type != kind || client.Challenge != b64(c.Challenge) || !slices.Contains(c.Origins, client.Origin) {
		return errSoft
	}
	sum := sha256.Sum256([]byte(c.Domain))
	if len(data) < 37 || !hmac.Equal(data[:32], sum[:]) || data[32]&flagPresent == 0 || c.VerifyUser && data[32]&flagVerified == 0 {
		return errSoft
	}
	return nil
}

// VerifyCreation is [tollkeeper.PasskeyVerifier].VerifyCreation.
func (softPasskeys) VerifyCreation(c tollkeeper.PasskeyCeremony, answer []byte) (r tollkeeper.PasskeyRecord, err error) {
	var a softAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return r, err
	}
	data, ok := bytes.CutPrefix(a.Response.Made, []byte(attestationNone))
	if !ok || len(data) < 2+37+18 {
		return r, errSoft
	}
	data = data[2:]
	if err := a.check(c, "webauthn.create", data); err != nil {
		return r, err
	}
	rest := data[37+16+2:]
	n := int(binary.BigEndian.Uint16(data[37+16:]))
	if len(rest) < n || !hmac.Equal(rest[:n], a.ID) {
		return r, errSoft
	}
	return tollkeeper.PasskeyRecord{
		Credential: rest[:n], Key: rest[n:], Counter: binary.BigEndian.Uint32(data[33:]), Transports: []string{"internal"},
		Device: "authtest", Synced: data[32]&flagMayCopy != 0, BackedUp: data[32]&flagCopied != 0, Verified: data[32]&flagVerified != 0,
	}, nil
}

// Presented is [tollkeeper.PasskeyVerifier].Presented.
func (softPasskeys) Presented(answer []byte) (tollkeeper.PresentedPasskey, error) {
	var a softAnswer
	err := json.Unmarshal(answer, &a)
	return tollkeeper.PresentedPasskey{Credential: a.ID, User: a.Response.User}, err
}

// VerifyAssertion is [tollkeeper.PasskeyVerifier].VerifyAssertion.
func (softPasskeys) VerifyAssertion(c tollkeeper.PasskeyCeremony, r tollkeeper.PasskeyRecord, answer []byte) (said tollkeeper.PasskeyAssertion, err error) {
	var a softAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return said, err
	}
	data := a.Response.Data
	if err := a.check(c, "webauthn.get", data); err != nil {
		return said, err
	}
	if len(r.Key) != 77 {
		return said, errSoft
	}
	point := append([]byte{4}, append(bytes.Clone(r.Key[10:42]), r.Key[45:77]...)...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil || !ecdsa.VerifyASN1(key, signed(data, a.Response.Client), a.Response.Signature) {
		return said, errSoft
	}
	return tollkeeper.PasskeyAssertion{
		Counter: binary.BigEndian.Uint32(data[33:]), Verified: data[32]&flagVerified != 0, BackedUp: data[32]&flagCopied != 0,
	}, nil
}
