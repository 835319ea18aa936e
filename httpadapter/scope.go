package httpadapter

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// noKey stands for a key that was sent empty or as null: it is a wrong one, never an absent one (docs/WIRE.md section
// 0). No account has it.
const noKey = "empty"

// parentKey is the field parentPublicKey of a body. The zero value is an absent one.
type parentKey struct{ text string }

// UnmarshalJSON takes a string or null.
func (k *parentKey) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	k.text = text
	if text == "" {
		k.text = noKey
	}
	return nil
}

// within notes which parent the request names by its key, if any.
func (c *call) within(k parentKey) {
	if c.parentKey = k.text; k.text != "" {
		where := tollkeeper.UnderKey(k.text)
		c.named = &where
	}
}

// platformID is a PlatformId: a JSON string or number (docs/WIRE.md section 3). Its text decides what it names, so that
// "123" and 123 are the same and 1.5, 1e3 or -1 are platforms that do not exist. Nil: absent.
type platformID struct{ named *tollkeeper.Scope }

// UnmarshalJSON takes a string, a number or null.
func (p *platformID) UnmarshalJSON(b []byte) error {
	var text string
	switch b[0] {
	case '"', 'n':
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	default:
		var n json.Number
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		text = n.String()
	}
	where := platformNamed(text)
	p.named = &where
	return nil
}

// platformNamed reads the text of a PlatformId. What is neither a number from one sequence nor a key is left as a key
// that no account has, so that it fares as an unknown platform does.
func platformNamed(text string) tollkeeper.Scope {
	const most = 1 << 53
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n > 0 && n <= most && strconv.FormatInt(n, 10) == text {
		return tollkeeper.UnderNumber(n)
	}
	if text == "" {
		text = noKey
	}
	return tollkeeper.UnderKey(strings.Clone(text[:min(len(text), 64)]))
}

// locate says where a request looks: where it names, else at the family's home.
func (c *call) locate(where *tollkeeper.Scope) error {
	switch {
	case c.named != nil:
		*where = *c.named
	case c.family.home != nil:
		*where = *c.family.home
	default:
		return tollkeeper.ErrParentKeyNeeded
	}
	return nil
}
