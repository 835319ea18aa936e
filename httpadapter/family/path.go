package family

import (
	"errors"
	"slices"
	"strings"
)

// path is what one path answers.
type path struct {
	pattern pattern
	methods map[string]*endpoint
	allow   []string // the Allow header
}

// The parameters that a path may have, each a whole segment.
const (
	idSegment   = "{id}"
	nameSegment = "{name}"
)

// pattern is a path with at most one parameter.
type pattern struct {
	before, parameter, after string // without a parameter before is all
}

var errPattern = errors.New("has a parameter that is not one whole segment " + idSegment + " or " + nameSegment)

func newPattern(text string) (pattern, error) {
	for _, p := range []string{idSegment, nameSegment} {
		before, after, ok := strings.Cut(text, "/"+p)
		if ok && !strings.ContainsAny(before+after, "{}") && (after == "" || after[0] == '/') {
			return pattern{before + "/", p, after}, nil
		}
	}
	if strings.ContainsAny(text, "{}") {
		return pattern{}, errPattern
	}
	return pattern{before: text}, nil
}

// isClean reports whether a path has no empty and no dot segment, but for an empty last one.
func isClean(path string) bool {
	return !strings.Contains(path, "//") && !strings.Contains(path+"/", "/./") && !strings.Contains(path+"/", "/../")
}

// match sets what stands for the parameter. An id in another spelling than its own is no path (R64), nor is the nil
// UUID: to an operation it is a path without an id, which may mean everything.
func (p pattern) match(urlPath string, c *Call) bool {
	value, ok := strings.CutPrefix(urlPath, p.before)
	if ok {
		value, ok = strings.CutSuffix(value, p.after)
	}
	if !ok || strings.IndexByte(value, '/') >= 0 {
		return false
	}
	if p.parameter == nameSegment {
		c.name = value
		return validName(value)
	}
	id, ok := ParseID(value)
	if ok {
		c.target = id
	}
	return ok
}

const (
	maxName     = 64
	namePattern = "^[a-z0-9-]{1,64}$" // validName, for documents
)

// validName takes lower case, digits and hyphens: what names something of ours.
func validName(s string) bool {
	return s != "" && len(s) <= maxName && strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-')
	}) < 0
}

// find returns what serves a URL path. A path without a parameter wins.
func (c *Call) find(urlPath string) *path {
	if p, ok := c.paths[urlPath]; ok {
		return p
	}
	for _, p := range c.patterns {
		if p.pattern.match(urlPath, c) {
			return p
		}
	}
	return nil
}

// add makes a row part of what is served.
func (m *mounted) add(r Route) error {
	e := &endpoint{Route: r, replies: newReplies(r.replies, m.family.Shape), family: m.replies}
	if r.shape.Body != nil {
		e.replies, e.family = newReplies(r.replies, r.shape), newReplies(m.family.Replies, r.shape)
	}
	like, err := newPattern(r.Path)
	if err != nil {
		return err
	}
	p := m.pathOf(like, r.Path)
	p.methods[r.Method] = e
	names := make([]string, 0, len(p.methods)+1)
	for name := range p.methods {
		names = append(names, name)
		if name == "GET" {
			names = append(names, "HEAD")
		}
	}
	slices.Sort(names)
	p.allow = []string{strings.Join(names, ", ")}
	return nil
}

// pathOf returns the path of that pattern, made if need be.
func (m *mounted) pathOf(like pattern, text string) *path {
	if like.parameter == "" {
		if m.paths[text] == nil {
			m.paths[text] = &path{pattern: like, methods: map[string]*endpoint{}}
		}
		return m.paths[text]
	}
	for _, p := range m.patterns {
		if p.pattern == like {
			return p
		}
	}
	p := &path{pattern: like, methods: map[string]*endpoint{}}
	m.patterns = append(m.patterns, p)
	return p
}
