package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// linked makes an identity that nobody has.
func linked() store.Linked {
	return store.Linked{Issuer: "https://issuer.example", Subject: word("S"), Email: "Typed@issuer.example", LinkedAt: now}
}

// by is the look-up with the identity.
func by(l store.Linked, with store.Lookup) store.Lookup {
	with.Issuer, with.Subject = l.Issuer, l.Subject
	return with
}

// totp makes a confirmed factor whose last time step was that.
func totp(counter int64) store.Factor {
	return store.Factor{
		ID: id(), Kind: store.FactorTOTP, Label: "Phone", Sealed: store.SecretBytes{0, 1, 0xff}, Counter: counter, CreatedAt: now,
	}
}

// passkey makes a confirmed factor with a credential that nobody has.
func passkey() store.Factor {
	f := totp(0)
	d := digest()
	f.Kind, f.Label, f.Credential = store.FactorPasskey, "Key", append([]byte{0, 0xff}, d[:8]...)
	return f
}

// known makes an account below parent, with an identity.
func (k *kit) known(parent uuid.UUID) (store.Account, store.Linked) {
	k.Helper()
	l := linked()
	a := k.create(store.NewAccount{Account: account(parent), Linked: []store.Linked{l}})
	l.Account, l.Scope = a.ID, parent
	return a, l
}

// armed makes a child with a factor.
func (k *kit) armed(parent store.Account, counter int64, edits ...edit) (store.Account, store.Factor) {
	k.Helper()
	a, f := account(parent.ID), totp(counter)
	for _, e := range edits {
		e(&a)
	}
	a = k.create(store.NewAccount{Account: a, Factors: []store.Factor{f}})
	f.Account = a.ID
	return a, f
}

// credentials returns the account with its identities and factors.
func (k *kit) credentials(id uuid.UUID) store.Subject {
	k.Helper()
	return k.finds(store.Lookup{ID: id, Credentials: true}, id)
}
