package browser_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
)

// A browser that crashes has said nothing about a page: where a program reads the results (go test -json, as make test
// does), the tests run in a process of their own, and once more if the browser of the first one is gone at its end.

const (
	crashed = 75 // exit status of a process whose tests failed and whose browser is gone
	inner   = "TOLLKEEPER_BROWSER_INNER"
)

// twice reports whether this process is the one that starts the others.
func twice() bool {
	flag.Parse()
	return flag.Lookup("test.v").Value.String() == "test2json" && os.Getenv(inner) == ""
}

// tries runs the tests, at most twice, and returns the exit status of the last run, whose output is all that is shown.
func tries() int {
	for again := false; ; again = true {
		var out bytes.Buffer
		tests := exec.Command(os.Args[0], os.Args[1:]...)
		tests.Env, tests.Stdout, tests.Stderr = append(os.Environ(), inner+"=1"), &out, &out
		err := tests.Run()
		code := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		if code == crashed && !again {
			fmt.Fprintln(os.Stderr, "Chromium has crashed: the tests run once more")
			continue
		}
		os.Stdout.Write(out.Bytes())
		return code
	}
}
