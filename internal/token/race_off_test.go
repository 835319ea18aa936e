//go:build !race

package token_test

const raceDetector = false
