package authtest

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/tollkeeper/tollkeeper"
)

// Passkey is an authenticator, as a phone or a key on a ring: it makes passkeys and signs in with them, one for each
// relying party and account, and asks nobody. What it answers is WebAuthn, which any verifier understands, that of
// module passkey, too. Make it with [Kit.Passkey]. It is not safe for concurrent use.
type Passkey struct {
	Origin     string // of the page that asks. Zero: https and the relying party's domain
	Counter    uint32 // of signatures so far; zero: it does not count, as those that are synced
	Unverified bool   // it does not ask for a PIN or a finger
	Synced     bool   // it copies its passkeys to its owner's other devices

	k    *Kit
	keys []*softKey
}

// softKey is one passkey.
type softKey struct {
	id, user []byte
	domain   string
	private  *ecdsa.PrivateKey
}

// Passkey makes an authenticator that has no passkeys yet.
func (k *Kit) Passkey() *Passkey { return &Passkey{k: k} }

// Clone returns a copy, with its passkeys and their counter, which no authenticator of hardware gives away.
func (p *Passkey) Clone() *Passkey {
	c := *p
	return &c
}

// AddPasskey has the authenticator make a passkey for the account, which is its second factor, too: from then on
// [Kit.SignIn] returns a challenge. The account must have no second factor yet.
func (k *Kit) AddPasskey(a Account, p *Passkey) tollkeeper.AddedPasskey {
	k.tb.Helper()
	id := k.SignedIn(a)
	c, err := proved(k, a, id, func() (tollkeeper.PasskeyChallenge, error) {
		return k.Auth.BeginPasskey(k.tb.Context(), id, tollkeeper.PasskeyEnrolment{Password: tollkeeper.Password(a.Password)})
	})
	k.must(err, "ask for a passkey of "+a.Email)
	added, err := k.Auth.AddPasskey(k.tb.Context(), id, tollkeeper.NewPasskey{Answer: p.Answer(c)})
	k.must(err, "add a passkey of "+a.Email)
	return added
}

// SignInWithPasskey signs in with the authenticator alone, below the parent or as whoever else the scope has.
func (k *Kit) SignInWithPasskey(p *Passkey, in tollkeeper.Scope) tollkeeper.SignInResult {
	k.tb.Helper()
	c, err := k.Auth.BeginPasskeySignIn(k.tb.Context(), tollkeeper.PasskeySignIn{Scope: in})
	k.must(err, "ask for a passkey")
	res, err := k.Auth.SignInWithPasskey(k.tb.Context(), tollkeeper.PasskeyRequest{Answer: p.Answer(c), Scope: in})
	k.must(err, "sign in with a passkey")
	return res
}

// Answer says to a challenge of either kind what an authenticator says: with a new passkey, or with one that it has.
func (p *Passkey) Answer(c tollkeeper.PasskeyChallenge) tollkeeper.PasskeyAnswer {
	p.k.tb.Helper()
	return tollkeeper.PasskeyAnswer{Ticket: c.Ticket, Response: p.Respond(c.Options)}
}

// Respond is [Passkey.Answer] of options that came over HTTP: PublicKeyCredentialCreationOptionsJSON or
// PublicKeyCredentialRequestOptionsJSON. The test fails where the authenticator has no passkey for them, or has one
// already that it is not to make again.
func (p *Passkey) Respond(options []byte) []byte {
	p.k.tb.Helper()
	var o softOptions
	p.k.must(json.Unmarshal(options, &o), "read the options of a passkey")
	if o.Party.ID != "" {
		return p.create(o)
	}
	return p.get(o)
}

// softOptions are the members of both kinds of options that it reads.
type softOptions struct {
	Challenge string       `json:"challenge"`
	Domain    string       `json:"rpId"` // of a request
	Party     softNamed    `json:"rp"`   // of a creation
	User      softNamed    `json:"user"`
	Exclude   []*softNamed `json:"excludeCredentials"`
	Allow     []*softNamed `json:"allowCredentials"`
}

type softNamed struct {
	ID string `json:"id"`
}

func (p *Passkey) create(o softOptions) []byte {
	p.k.tb.Helper()
	for _, named := range o.Exclude {
		if p.find(o.Party.ID, func(key *softKey) bool { return b64(key.id) == named.ID }) != nil {
			p.k.tb.Fatal("authtest: the authenticator has a passkey of that account")
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.k.must(err, "make a passkey")
	key := &softKey{id: random(16), domain: o.Party.ID, private: private}
	key.user, err = base64.RawURLEncoding.DecodeString(o.User.ID)
	p.k.must(err, "read the user of a passkey")
	p.keys = append(p.keys, key)
	public, err := private.PublicKey.ECDH()
	p.k.must(err, "make a passkey")
	data := p.data(key, flagMade)
	data = append(data, make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(key.id)))
	data = append(append(data, key.id...), cose(public)...)
	object := append([]byte(attestationNone), 0, 0)
	binary.BigEndian.PutUint16(object[len(attestationNone):], uint16(len(data)))
	return p.said(key, map[string]string{
		"clientDataJSON": b64(p.client("webauthn.create", o.Challenge, key)), "attestationObject": b64(append(object, data...)),
	})
}

func (p *Passkey) get(o softOptions) []byte {
	p.k.tb.Helper()
	key := p.find(o.Domain, func(key *softKey) bool {
		for _, named := range o.Allow {
			if b64(key.id) == named.ID {
				return true
			}
		}
		return len(o.Allow) == 0
	})
	if key == nil {
		p.k.tb.Fatalf("authtest: the authenticator has no such passkey for %s", o.Domain)
	}
	if p.Counter > 0 {
		p.Counter++
	}
	client, data := p.client("webauthn.get", o.Challenge, key), p.data(key, 0)
	signature, err := ecdsa.SignASN1(rand.Reader, key.private, signed(data, client))
	p.k.must(err, "sign with a passkey")
	return p.said(key, map[string]string{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(key.user),
	})
}

func (p *Passkey) find(domain string, is func(*softKey) bool) *softKey {
	for _, key := range p.keys {
		if key.domain == domain && is(key) {
			return key
		}
	}
	return nil
}

const (
	flagPresent = 1 << iota
	_
	flagVerified
	flagMayCopy
	flagCopied
	_
	flagMade
)

// attestationNone is an attestation object (WebAuthn 6.5.4) of the form "none" in CBOR, up to the length of its data.
const attestationNone = "\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"

// cose is a key of ES256 in CBOR (RFC 9053 7.1.1).
func cose(public *ecdh.PublicKey) []byte {
	point := public.Bytes()[1:]
	b := append([]byte("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"), point[:32]...)
	return append(append(b, "\x22\x58\x20"...), point[32:]...)
}

// data is what the authenticator says and signs (WebAuthn 6.1).
func (p *Passkey) data(key *softKey, flags byte) []byte {
	sum := sha256.Sum256([]byte(key.domain))
	flags |= flagPresent
	if !p.Unverified {
		flags |= flagVerified
	}
	if p.Synced {
		flags |= flagMayCopy | flagCopied
	}
	return binary.BigEndian.AppendUint32(append(sum[:], flags), p.Counter)
}

// client is what the browser says (WebAuthn 5.8.1).
func (p *Passkey) client(kind, challenge string, key *softKey) []byte {
	origin := p.Origin
	if origin == "" {
		origin = "https://" + key.domain
	}
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return b
}

func (p *Passkey) said(key *softKey, response map[string]string) []byte {
	b, _ := json.Marshal(map[string]any{
		"id": b64(key.id), "rawId": b64(key.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
	return b
}

// signed is what a signature is of.
func signed(data, client []byte) []byte {
	sum := sha256.Sum256(client)
	whole := sha256.Sum256(append(bytes.Clone(data), sum[:]...))
	return whole[:]
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
