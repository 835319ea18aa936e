package main

import (
	"fmt"
	"strings"

	"github.com/tollkeeper/tollkeeper"
)

// loadSecrets reads the master keys. A missing file is made first, with one new key. made tells that this process did.
func loadSecrets(path string) (keys []tollkeeper.MasterKey, made bool, err error) {
	text, made, err := readOrMake("secrets file", path, func() (string, error) {
		return tollkeeper.NewMasterKey().Reveal() + "\n", nil
	})
	if err != nil {
		return nil, false, err
	}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := tollkeeper.ParseMasterKey(line)
		if err != nil {
			return nil, false, fmt.Errorf("secrets file %s: line %d is not base64url text of 32 bytes or more", path, i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, false, fmt.Errorf("secrets file %s: holds no key; remove it to have one made", path)
	}
	return keys, made, nil
}
