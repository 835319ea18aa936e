package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The documents of all modules keep the schema of CycloneDX, whose licences are SPDX's, and are the same twice.
func TestDocumentsAreCycloneDX(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	for file, id := range map[string]string{
		"bom-1.6":  "http://cyclonedx.org/schema/bom-1.6.schema.json",
		"spdx":     "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json",
		"jsf-0.82": "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json",
	} {
		if err := compiler.AddResource(id, document(t, unpacked(t, "testdata/"+file+".schema.json.gz"))); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	first, again := t.TempDir(), t.TempDir()
	for _, folder := range []string{first, again} {
		if err := run(folder); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(first)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := mains()
	if err != nil || len(files) != len(modules) {
		t.Errorf("%d documents of %d modules, %v", len(files), len(modules), err)
	}
	for _, file := range files {
		text, twice := read(t, filepath.Join(first, file.Name())), read(t, filepath.Join(again, file.Name()))
		if !bytes.Equal(text, twice) {
			t.Errorf("%s differs from itself", file.Name())
		}
		if err := schema.Validate(document(t, text)); err != nil {
			t.Errorf("%s: %v", file.Name(), err)
		}
	}
	redis := string(read(t, filepath.Join(first, "tollkeeper-store-redis.cdx.json")))
	for _, want := range []string{`"name": "github.com/redis/go-redis/v9"`, `"id": "BSD-2-Clause"`, `"value": "h1:`} {
		if !strings.Contains(redis, want) {
			t.Errorf("the document of store/redis has no %s", want)
		}
	}
	if broken := strings.Replace(redis, `"BSD-2-Clause"`, `"no licence"`, 1); schema.Validate(document(t, []byte(broken))) == nil {
		t.Error("the schema takes a licence that is none")
	}
}

// R90: whatever is built here, tests and tools too, has a licence that may be built on.
func TestLicencesOfDependencies(t *testing.T) {
	for _, pattern := range [][]string{{"work"}, {"-C", "..", "tool"}} {
		args := append([]string{"list"}, pattern[:len(pattern)-1]...)
		args = append(args, "-deps", "-test", "-json=ImportPath,Module", pattern[len(pattern)-1])
		packages, err := list[pkg]("", args...)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, p := range packages {
			if p.Module == nil || p.Module.Main || seen[p.Module.Path] {
				continue
			}
			seen[p.Module.Path] = true
			if _, err := licenceOf(p.Module.Dir); err != nil {
				t.Errorf("%s %s: %v", p.Module.Path, p.Module.Version, err)
			}
		}
		if len(seen) == 0 {
			t.Errorf("%v depends on nothing", pattern)
		}
	}
}

func TestIdentify(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\n\nPermission is hereby granted, free of\ncharge, to any person obtaining a copy":         "MIT",
		"Apache License\n  Version 2.0, January 2004":                                                          "Apache-2.0",
		"Redistribution and use in source and binary forms, with or without":                                   "BSD-2-Clause",
		"Redistribution and use in source and binary forms ... to endorse or promote products derived from":    "BSD-3-Clause",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee": "ISC",
		"GNU GENERAL PUBLIC LICENSE\nVersion 3":                                                                "",
		"GNU Affero General Public License":                                                                    "",
		"GNU Lesser General Public License, version 2.1":                                                       "",
		"Mozilla Public License, version 2.0":                                                                  "",
		"Business Source License 1.1":                                                                          "",
		"All rights reserved.":                                                                                 "",
		"":                                                                                                     "",
	} {
		if got, err := identify(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%.40q: %q, %v, want %q", text, got, err, want)
		}
	}
	if ids, err := licenceOf(t.TempDir()); err == nil {
		t.Errorf("a folder without a licence has %v", ids)
	}
}

func TestFileName(t *testing.T) {
	got := []string{fileName("github.com/tollkeeper/tollkeeper"), fileName("github.com/tollkeeper/tollkeeper/store/redis")}
	if want := []string{"tollkeeper.cdx.json", "tollkeeper-store-redis.cdx.json"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func document(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewReader(bytes.NewReader(read(t, name)))
	if err == nil {
		_, err = out.ReadFrom(z)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
