package token

// scanner reads claims that look as appendJSON writes them. Anything else: not ok, and nothing is decided.
type scanner struct {
	b  []byte
	ok bool
}

// scanClaims reads them into c; what is there before a failure is of no meaning.
func scanClaims(b []byte, issuer string, audiences []string, c *Claims) bool {
	s := scanner{b: b, ok: true}
	audience := s.text(`{"aud":"`)
	c.ExpiresAt = s.number(`","exp":`)
	c.Ext = s.ext(`,"ext":`)
	c.IssuedAt = s.number(`,"iat":`)
	iss := s.text(`,"iss":"`)
	s.text(`","jti":"`)
	c.NotBefore = s.number(`","nbf":`)
	s.text(`,"parent":"`)
	session := s.text(`","sid":"`)
	subject := s.text(`","sub":"`)
	s.expect(`"}`)
	if !s.ok || len(s.b) != 0 || string(iss) != issuer {
		return false
	}
	c.Issuer, c.Audience = issuer, oneOf(audiences, audience)
	return parseID(&c.Session, session) && parseID(&c.Subject, subject)
}

// oneOf avoids making the usual strings anew.
func oneOf(usual []string, b []byte) string {
	for _, s := range usual {
		if string(b) == s {
			return s
		}
	}
	return string(b)
}

func (s *scanner) expect(text string) {
	if len(s.b) < len(text) || string(s.b[:len(text)]) != text {
		s.ok = false
		return
	}
	s.b = s.b[len(text):]
}

// ext reads the object of that claim, which may be missing.
func (s *scanner) ext(before string) string {
	if len(s.b) < len(before) || string(s.b[:len(before)]) != before {
		return ""
	}
	s.expect(before)
	object := s.b[:extent(s.b)]
	s.ok, s.b = s.ok && GoodExt(object), s.b[len(object):]
	return string(object)
}

// text reads a string that needs no unescaping, up to its closing quote.
func (s *scanner) text(before string) []byte {
	s.expect(before)
	for i, c := range s.b {
		if c == '"' {
			t := s.b[:i]
			s.b = s.b[i:]
			return t
		}
		if c < 0x20 || c >= 0x7f || c == '\\' {
			break
		}
	}
	s.ok = false
	return nil
}

// number reads a NumericDate of one to sixteen digits without a leading zero.
func (s *scanner) number(before string) (n int64) {
	s.expect(before)
	i := 0
	for i < len(s.b) && i < 17 && '0' <= s.b[i] && s.b[i] <= '9' {
		n = n*10 + int64(s.b[i]-'0')
		i++
	}
	if i == 0 || i > 16 || s.b[0] == '0' {
		s.ok = false
		return 0
	}
	s.b = s.b[i:]
	return n
}
