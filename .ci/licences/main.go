// Command licences writes docs/licences.md: every module and package that Kakeru is built with or shipped with, its version, and its licence.
//
// Go modules are those that go.mod requires, directly or not; their licences are read off the files that they bring. The panel's packages are those
// of the lock file, with the licence that each declares. A licence that it does not know by its words is written as "unknown", and
// arch_test.go fails on that, on one that is not allowed, and on a dependency that is not listed.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	lock = "webui/app/package-lock.json"
	page = "docs/licences.md"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func write() error {
	modules, rest, err := goModules()
	if err != nil {
		return err
	}
	shipped, tools, err := packages()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("# Licences\n\nMade by `go run ./.ci/licences`; do not edit. Kakeru itself is under Apache-2.0. All versions are pinned by go.sum and package-lock.json.\n")
	table(&b, "Go modules in the binary", modules)
	table(&b, "The panel: what browsers are sent", shipped)
	table(&b, "Built and tested with: Go modules that are not in the binary", rest)
	table(&b, "Built and tested with: the panel's packages that no browser is sent", tools)
	return os.WriteFile(page, []byte(b.String()), 0o644) //nolint:gosec // a page of the docs
}

type dependency struct{ name, version, licence string }

func table(b *strings.Builder, head string, all []dependency) {
	slices.SortFunc(all, func(x, y dependency) int { return strings.Compare(x.name+" "+x.version, y.name+" "+y.version) })
	fmt.Fprintf(b, "\n## %s (%d)\n\n| | version | licence |\n|---|---|---|\n", head, len(all))
	for _, d := range all {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", d.name, d.version, d.licence)
	}
}

// goModules are those of go.mod: what is in the binary, and the rest.
func goModules() (linked, rest []dependency, err error) {
	names, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./cmd/kakeru").Output() //nolint:noctx // ends by itself
	if err != nil {
		return nil, nil, err
	}
	inside := strings.Fields(string(names))
	out, err := exec.Command("go", "mod", "edit", "-json").Output() //nolint:noctx // ends by itself
	if err != nil {
		return nil, nil, err
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, nil, err
	}
	for _, m := range mod.Require {
		out, err := exec.Command("go", "mod", "download", "-json", m.Path+"@"+m.Version).Output() //nolint:gosec,noctx // of go.mod
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		var got struct{ Dir string }
		if err := json.Unmarshal(out, &got); err != nil {
			return nil, nil, err
		}
		licence := licenceOf(got.Dir)
		if other, ok := said[m.Path]; ok && licence == "unknown" {
			licence = other
		}
		if d := (dependency{m.Path, m.Version, licence}); slices.Contains(inside, m.Path) {
			linked = append(linked, d)
		} else {
			rest = append(rest, d)
		}
	}
	return linked, rest, nil
}

// words tell licences apart, the more particular first.
var words = []struct{ name, holds string }{
	{"Apache-2.0", "Apache License"},
	{"MPL-2.0", "Mozilla Public License"},
	{"GPL", "GNU GENERAL PUBLIC LICENSE"},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
	{"BSD-3-Clause", "may be used to endorse or promote products"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
}

// said are licences that stand elsewhere than in a file of their own.
var said = map[string]string{
	"github.com/gotranspile/g722": "BSD, public domain", // its README
}

// licenceOf reads a module's licence files; several are joined.
func licenceOf(dir string) string {
	var found []string
	for _, pattern := range []string{"LICEN[SC]E*", "licen[sc]e*", "License*", "COPYING*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, file := range files {
			text, err := os.ReadFile(file) //nolint:gosec // of the module cache
			if err != nil {
				continue
			}
			plain := strings.Join(strings.Fields(string(text)), " ")
			for _, w := range words {
				if strings.Contains(plain, w.holds) {
					if !slices.Contains(found, w.name) {
						found = append(found, w.name)
					}
					break
				}
			}
		}
	}
	if len(found) == 0 {
		return "unknown"
	}
	slices.Sort(found)
	return strings.Join(found, " AND ")
}

// packages are those of the panel's lock file.
func packages() (shipped, tools []dependency, err error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil, nil, err
	}
	var file struct {
		Packages map[string]struct {
			Version, License string
			Dev              bool
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, nil, err
	}
	for path, p := range file.Packages {
		_, name, nested := strings.Cut(path, "node_modules/")
		if !nested {
			continue // the panel itself
		}
		if i := strings.LastIndex(name, "node_modules/"); i >= 0 {
			name = name[i+len("node_modules/"):]
		}
		d := dependency{name, p.Version, p.License}
		if d.licence == "" {
			d.licence = "unknown"
		}
		switch {
		case p.Dev && !slices.Contains(tools, d):
			tools = append(tools, d)
		case !p.Dev && !slices.Contains(shipped, d):
			shipped = append(shipped, d)
		}
	}
	return shipped, tools, nil
}
