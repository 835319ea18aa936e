package main

import (
	"sync"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// Board is what the service is about. It is safe for concurrent use.
type Board struct {
	Size  int
	mu    sync.Mutex
	notes []Note
}

// Note is one of it.
type Note struct {
	By   string `json:"by"`
	Text string `json:"text"`
}

var errFull = &tollkeeper.Error{Code: "team_board_full", Message: "The board is full"}

// Pin adds a note of the caller's.
func (b *Board) Pin(c *family.Call, text string) (Note, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.notes) >= b.Size {
		return Note{}, errFull
	}
	n := Note{c.Identity().Email, text}
	b.notes = append(b.notes, n)
	return n, nil
}

// Read returns the notes by somebody; by nobody: all.
func (b *Board) Read(_ *family.Call, by string) ([]Note, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := []Note{}
	for _, n := range b.notes {
		if by == "" || n.By == by {
			found = append(found, n)
		}
	}
	return found, nil
}

type noteBody struct {
	Text string `json:"text" need:""`
}

func text(_ *family.Call, b noteBody) (string, error) { return b.Text, nil }

func author(_ *family.Call, query map[string]string) (string, error) { return query["by"], nil }

func pinned(_ *family.Call, n Note) good[Note] { return good[Note]{true, n} }

func shown(_ *family.Call, list []Note) good[[]Note] { return good[[]Note]{true, list} }
