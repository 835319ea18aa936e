package kv

import "hash/maphash"

// node is the root of a treap: a search tree by key, and a heap by weight, which keeps it shallow. Nodes never change.
// So to begin is to take the root, to commit is to swap it, and to roll back is to forget it.
type node struct {
	key    string
	value  []byte
	weight uint64
	less   *node
	more   *node
}

var seed = maphash.MakeSeed()

// with returns the tree with the key.
func (n *node) with(key string, value []byte) *node {
	less, more := n.cut(key)
	return join(join(less, &node{key: key, value: value, weight: maphash.String(seed, key)}), more)
}

// without returns the tree without the key.
func (n *node) without(key string) *node {
	less, more := n.cut(key)
	return join(less, more)
}

// cut returns what is less than the key, and what is greater.
func (n *node) cut(key string) (less, more *node) {
	switch {
	case n == nil:
		return nil, nil
	case key == n.key:
		return n.less, n.more
	}
	top := *n
	if key < n.key {
		less, top.less = n.less.cut(key)
		return less, &top
	}
	top.more, more = n.more.cut(key)
	return &top, more
}

// join returns both trees as one. All keys of the first are less than all of the second.
func join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.weight > b.weight:
		top := *a
		top.more = join(a.more, b)
		return &top
	}
	top := *b
	top.less = join(a, b.less)
	return &top
}

// walk visits in order the nodes whose keys are not less than from, until visit returns false.
func (n *node) walk(from string, visit func(*node) bool) bool {
	if n == nil {
		return true
	}
	if from < n.key && !n.less.walk(from, visit) {
		return false
	}
	if from <= n.key && !visit(n) {
		return false
	}
	return n.more.walk(from, visit)
}
