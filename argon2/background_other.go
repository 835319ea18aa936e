//go:build !linux

package argon2

func stepBack(int) bool { return true }
