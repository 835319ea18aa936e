package page

import "strings"

// policy lets a page use the style sheets and pictures of this service and send its forms to it, and nothing else. The
// one script of these pages is let in where a page asks for it.
func (s *Site) policy(scripted bool) string {
	frames := "'none'"
	if len(s.FrameOrigins) > 0 {
		frames = strings.Join(s.FrameOrigins, " ")
	}
	policy := "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action " + strings.Join(append([]string{"'self'"}, s.NextOrigins...), " ") +
		"; frame-ancestors " + frames + "; base-uri 'none'"
	if scripted {
		return "script-src 'self'; " + policy
	}
	return policy
}

// headers are those of every answer.
func (v *Visit) headers(scripted bool) {
	h := v.W.Header()
	h.Set("Cache-Control", "no-store")
	policy := v.policy(scripted)
	if v.checks {
		policy = "connect-src 'self'; " + policy
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "strict-origin") // never an address; no-referrer would take the Origin of the form away, too
	if v.Mailed {
		h.Set("Referrer-Policy", "no-referrer")
	}
}
