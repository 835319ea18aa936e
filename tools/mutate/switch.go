package main

import "strings"

// switchFile is the name of the file that each changed package gets.
const switchFile = "mutant_switch.go"

// Variables that the test programs read.
const (
	envOn      = "MUTATE_ON"      // the number of the change that is on
	envReached = "MUTATE_REACHED" // a file; the byte at a change's number becomes 1 when it is reached
)

// switchSource is the switch. It reads the environment before any other variable of the package is made, because all
// of them that depend on a change depend on it.
func switchSource(pkg string) []byte {
	return []byte(strings.NewReplacer("PACKAGE", pkg, "ENV_ON", envOn, "ENV_REACHED", envReached).Replace(`package PACKAGE

import (
	mutantos "os"
	mutantstrconv "strconv"
	mutantsync "sync"
)

var mutantNow, mutantNotes = mutantStart()

var mutantKnown mutantsync.Map

func mutantStart() (int, *mutantos.File) {
	now, _ := mutantstrconv.Atoi(mutantos.Getenv("ENV_ON"))
	notes, _ := mutantos.OpenFile(mutantos.Getenv("ENV_REACHED"), mutantos.O_WRONLY, 0)
	return now, notes
}

func mutantOn(id int) bool {
	if mutantNotes != nil {
		mutantNote(id)
	}
	return mutantNow == id
}

func mutantNote(id int) {
	if _, known := mutantKnown.LoadOrStore(id, true); !known {
		mutantNotes.WriteAt([]byte{1}, int64(id))
	}
}

func mutantSeen(id int) {
	if mutantNotes != nil {
		mutantNote(id)
	}
}
`))
}
