package main

import (
	"fmt"
	"strings"
)

// mutant is one change of the program.
type mutant struct {
	id     int
	file   string // below the root, with slashes
	fn     string // the function or the declared name that it is in
	line   int
	was    string // the text that it replaces, on one line and shortened
	now    string // what is there instead
	nth    int    // among those of the function that read alike, from 1
	atInit bool   // it may be reached while variables are made, so that its own number tells nothing
	users  []int  // numbers of the entries of functions that use what it is in, when atInit
	tests  []string

	state  state
	killer string
}

// state is how a mutant ended.
type state int

const (
	untried state = iota
	killed
	survived
	unreached
)

// change names the mutant without its line, which moves.
func (m *mutant) change() string {
	text := fmt.Sprintf("%s: %s => %s", m.fn, m.was, m.now)
	if m.nth > 1 {
		text += fmt.Sprintf(" #%d", m.nth)
	}
	return text
}

func (m *mutant) key() string { return m.file + " | " + m.change() }

func (m *mutant) String() string { return fmt.Sprintf("%s:%d: %s", m.file, m.line, m.change()) }

// short puts a piece of program on one line of at most 90 characters.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 90 {
		text = string(r[:44]) + " … " + string(r[len(r)-43:])
	}
	return text
}
