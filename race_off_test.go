//go:build !race

package tollkeeper_test

const raceDetector = false
