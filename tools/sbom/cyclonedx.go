package main

import (
	"maps"
	"slices"
	"strings"
)

// bom is a document of CycloneDX 1.6, as far as it says something here.
type bom struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	Licenses   []licensed `json:"licenses"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type licensed struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// describe returns what m builds. The modules of this repository have the licence of its root.
func describe(m module, root string) (bom, error) {
	b := bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Components: []component{}, Dependencies: []dependency{},
	}
	packages, err := built(m, root)
	if err != nil {
		return b, err
	}
	of := map[string]module{}             // of a package's path
	needs := map[string]map[string]bool{} // of a module's path
	for _, p := range packages {
		if p.Module != nil {
			of[p.ImportPath] = *p.Module
		}
	}
	for _, p := range packages {
		if p.Module == nil {
			continue
		}
		from := p.Module.Path
		if needs[from] == nil {
			needs[from] = map[string]bool{}
		}
		for _, imported := range p.Imports {
			if to, ok := of[imported]; ok && to.Path != from {
				needs[from][to.ref()] = true
			}
		}
	}
	found := map[string]module{}
	for _, x := range of {
		found[x.Path] = x
	}
	if b.Metadata.Component, err = m.component(root); err != nil {
		return b, err
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		x := found[path]
		if !x.Main {
			c, err := x.component(root)
			if err != nil {
				return b, err
			}
			b.Components = append(b.Components, c)
		}
		on := slices.Sorted(maps.Keys(needs[path]))
		b.Dependencies = append(b.Dependencies, dependency{x.ref(), append([]string{}, on...)})
	}
	return b, nil
}

// ref is the package URL: of a main module without a version, as its next tag is not known.
func (m module) ref() string {
	if m.Version == "" {
		return "pkg:golang/" + m.Path
	}
	return "pkg:golang/" + m.Path + "@" + m.Version
}

func (m module) component(root string) (component, error) {
	c := component{Type: "library", Ref: m.ref(), Name: m.Path, Version: m.Version, PURL: m.ref()}
	dir := m.Dir
	if m.Main || m.Replace != nil {
		dir = root // only modules of this repository are replaced
	}
	ids, err := licenceOf(dir)
	for _, id := range ids {
		var l licensed
		l.License.ID = id
		c.Licenses = append(c.Licenses, l)
	}
	if m.Sum != "" {
		c.Properties = append(c.Properties, property{"tollkeeper:go.sum", strings.TrimSpace(m.Sum)})
	}
	return c, err
}
