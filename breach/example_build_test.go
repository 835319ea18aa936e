package breach_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tollkeeper/tollkeeper/breach"
)

// Builds a filter file from a list of digests, as the published lists have them, and asks it. The file is written beside
// its place and renamed, so that who opens it never sees half of one.
func ExampleBuild() {
	list := strings.NewReader("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n" + // password
		"B1B3773A05C0ED0176787A4F1574FF0075F7521E:3946737\r\n") // qwerty

	folder, err := os.MkdirTemp("", "breach")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	name := filepath.Join(folder, "passwords.tkb")
	if err := write(name, list); err != nil {
		fmt.Println(err)
		return
	}

	filter, err := breach.Open(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, password := range []string{"qwerty", "correct horse battery staple"} {
		known, _ := filter.Breached(context.Background(), password)
		fmt.Println(password, known)
	}
	// Output:
	// qwerty true
	// correct horse battery staple false
}

func write(name string, list *strings.Reader) error {
	file, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := breach.Build(file, list, breach.Digests, 1_000, 0.0001); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
