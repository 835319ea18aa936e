package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A licence is known by a sentence that no other has, and allowed where its text asks nothing of a host but to keep it.
var licences = []struct {
	id, sentence string
	allowed      bool
}{
	{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE", false},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE", false},
	{"GPL", "GNU GENERAL PUBLIC LICENSE", false},
	{"MPL-2.0", "Mozilla Public License", false},
	{"Apache-2.0", "Apache License Version 2.0", true},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy", true},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee", true},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee", true},
	{"BSD-3-Clause", "endorse or promote products derived from", true},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms", true},
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)(\.txt|\.md)?$`)

// licenceOf returns the SPDX ids of the licence files in dir, sorted. An error when there is none, when a text is not
// known, and when one is not allowed. What a module says of third parties stands in other files.
func licenceOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		id, err := identify(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, entry.Name()), err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s has no licence", dir)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func identify(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	for _, l := range licences {
		if strings.Contains(strings.ToLower(text), strings.ToLower(l.sentence)) {
			if !l.allowed {
				return "", fmt.Errorf("licence %s is not allowed", l.id)
			}
			return l.id, nil
		}
	}
	return "", fmt.Errorf("no known licence: %.80q", text)
}
