// Package kakeru_test guards the house: who may import whom, and what may stand where. A change of the table below is a
// change of the design, and is explained in docs/decisions/.
package kakeru_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "kakeru"

// room is one folder of the house, with all below it that is no room of its own.
type room struct {
	why   string   // what an import that is not in the table would break
	ours  []string // rooms it may import, besides itself
	third []string // modules or packages it may import, by prefix
}

const (
	pure    = "it knows no adapter and no library, so that what a call is can be tested without a store, a socket or a clock"
	adapter = "adapters never import each other: the ports in dialer join them, and cmd/kakeru wires them"
)

// house is the table of docs/decisions/0001-rooms.md.
var house = map[string]room{
	"dialer":          {why: pure},
	"dialer/casework": {why: pure, ours: []string{"dialer", "dialer/vault/owner"}}, // the latter for the ward's files
	"dialer/besthour": {why: pure, ours: []string{"dialer"}},
	"dialer/besthour/year": {
		why:  "a year is made up of the centre's own rules and nothing else, so that what it shows is theirs",
		ours: []string{"dialer", "dialer/besthour", "dialer/casework"},
	},
	"dialer/report": {why: pure, ours: []string{"dialer", "dialer/casework"}},
	"dialer/report/render": {
		why:  "it writes the tables that dialer/report made, and computes nothing",
		ours: []string{"dialer", "dialer/report"}, third: []string{"github.com/xuri/excelize", "github.com/signintech/gopdf"},
	},
	"dialer/audit":          {why: pure, ours: []string{"dialer"}},
	"dialer/audit/incident": {why: pure, ours: []string{"dialer"}},
	"dialer/fleet":          {why: pure, ours: []string{"dialer"}},
	"dialer/alarm":          {why: pure, ours: []string{"dialer"}},
	"dialer/settings":       {why: pure, ours: []string{"dialer"}},
	"dialer/japan": {
		why: "what is Japanese about the work stands alone, for every other room to use", ours: []string{"dialer"},
		third: []string{"github.com/nyaruka/phonenumbers", "github.com/rickar/cal", "golang.org/x/text"},
	},
	"dialer/vault":       {why: "keys are nobody else's matter", ours: []string{"dialer", "dialer/vault/owner"}, third: []string{"github.com/tink-crypto"}},
	"dialer/vault/owner": {why: "whose a file is that root has made is the same in every room"},
	"dialer/backup":      {why: "it wraps and unwraps, and does not know what", third: []string{"filippo.io/age"}},
	"dialer/postgres": {
		why: adapter, ours: []string{
			"dialer", "dialer/alarm", "dialer/audit", "dialer/audit/incident", "dialer/casework", "dialer/besthour", "dialer/fleet", "dialer/report", "dialer/settings", "dialer/japan",
			"dialer/vault", "dialer/vault/owner",
		},
		third: []string{"github.com/jackc", "github.com/pressly/goose", "github.com/prometheus"},
	},
	"dialer/dialertest": {
		why:  "a fake that needs an adapter is no fake, and its suites are run by all adapters",
		ours: []string{"dialer", "dialer/alarm", "dialer/casework", "dialer/fleet", "dialer/report", "dialer/settings"},
	},
	"dialer/dialertest/full":   {why: "it sets tests of any room apart, so it must know none"},
	"dialer/dialertest/bubble": {why: "it lends a clock to the tests of any room, so it must know none"},
	"sip": {
		why: adapter, ours: []string{"dialer", "sip/media", "sip/media/hearing", "sip/media/recording"},
		third: []string{"github.com/emiago/sipgo", "github.com/icholy/digest", "github.com/pion", "github.com/prometheus"},
	},
	"sip/media":         {why: "it moves packets and knows no calls", third: []string{"github.com/gotranspile/g722", "github.com/pion", "golang.org/x/sys"}},
	"sip/media/hearing": {why: "it judges samples alone, so that it can be tried on any sound there is, and is the same for every call"},
	"sip/media/recording": {
		why: "it listens beside the path and keeps what it hears; what may be recorded is for others to say", ours: []string{"sip/media", "dialer/vault/owner"},
		third: []string{"github.com/tink-crypto/tink-go", "golang.org/x/sys"},
	},
	"sip/lab": {
		why:  "the far end must not share the code it is to prove: only sound and sockets",
		ours: []string{"sip/media"}, third: []string{"github.com/emiago/sipgo", "github.com/icholy/digest"},
	},
	"sip/lab/ports": {why: "it lends ports to the tests of any room, so it must know none"},
	"queue": {
		why: adapter, ours: []string{"dialer", "dialer/fleet"},
		third: []string{"github.com/redis/go-redis", "github.com/prometheus", "golang.org/x/sync"},
	},
	"webui": {
		why: adapter, ours: []string{
			"dialer", "dialer/alarm", "dialer/audit", "dialer/audit/incident", "dialer/casework", "dialer/report", "dialer/settings", "dialer/japan", "webui/auth",
		},
		third: []string{"github.com/danielgtaylor/huma", "github.com/gorilla/websocket", "github.com/prometheus", "golang.org/x/time/rate"},
	},
	"webui/auth": {
		why: "who may enter is decided apart from what there is to see", ours: []string{"dialer", "dialer/audit"},
		third: []string{
			"github.com/alexedwards/scs", "github.com/alexedwards/argon2id", "github.com/pquerna/otp",
			"github.com/go-webauthn", "github.com/coreos/go-oidc", "golang.org/x/oauth2", "golang.org/x/sync",
			"golang.org/x/text/unicode/norm",
		},
	},
	"configs": {
		why:   "settings are plain data: whoever reads them, they know no room",
		third: []string{"github.com/knadh/koanf", "github.com/go-viper/mapstructure", "go.yaml.in/yaml"},
	},
	"cmd/stores": {
		why:  "it starts PostgreSQL and Redis for the demo and for tests, and knows nothing of calls",
		ours: []string{}, third: []string{"github.com/jackc", "github.com/redis/go-redis"},
	},
	"cmd/stores/storestest": {
		why:  "it lends stores to the tests of any room, so it must know none",
		ours: []string{"cmd/stores"}, third: []string{"github.com/jackc", "github.com/redis/go-redis", "go.uber.org/goleak"},
	},
	"cmd/kakeru": {why: "it wires everything, and so knows everyone", ours: []string{"*"}, third: []string{"*"}},
}

// Tests may use more: what proves a room is not part of it.
var (
	testOurs = []string{
		"dialer", "dialer/alarm", "dialer/audit", "dialer/casework", "dialer/japan", "dialer/fleet", "dialer/settings", "dialer/dialertest", "dialer/dialertest/bubble",
		"dialer/dialertest/full", "cmd/stores", "cmd/stores/storestest", "sip/lab", "sip/lab/ports", "sip/media",
	}
	testThird = []string{
		"pgregory.net/rapid", "go.uber.org/goleak", "github.com/prometheus", "github.com/jackc", "github.com/redis/go-redis", "github.com/pion",
		"golang.org/x/net/dns/dnsmessage", "github.com/pquerna/otp",
	}
)

// source is one Go file of ours.
type source struct {
	path      string // from the top, with slashes
	file      *ast.File
	lines     int
	generated bool
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) room() string { return roomOf(s.dir()) }

// roomOf is the nearest room at or above a folder; "" is the top itself.
func roomOf(dir string) string {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := house[dir]; ok {
			return dir
		}
	}
	return ""
}

// theirs are folders whose files are not ours, or not in git.
var theirs = []string{"webui/app/node_modules", "webui/app/dist", "bin"}

func walk(t *testing.T, visit func(name string, isDir bool)) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(p)
		if d.IsDir() && (name == ".git" || slices.Contains(theirs, name) || d.Name() == "testdata") {
			return fs.SkipDir
		}
		visit(name, d.IsDir())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	walk(t, func(name string, isDir bool) {
		if isDir || path.Ext(name) != ".go" {
			return
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, source{name, f, bytes.Count(text, []byte("\n")), ast.IsGenerated(f)})
	})
	if len(out) == 0 {
		t.Fatal("no Go files were found")
	}
	return out
}

// Arrows go down only.
func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		name := s.room()
		if name == "" && (s.dir() == "." || strings.HasPrefix(s.path, ".ci/")) {
			continue // this file, and the tools beside the house
		}
		r, known := house[name]
		if !known {
			t.Errorf("%s: no room of the house; put it into one, or add a room to the table and say why in docs/decisions/", s.path)
			continue
		}
		for _, spec := range s.file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !r.allows(name, target, s.test()) {
				t.Errorf("%s imports %q, which %s may not: %s", s.path, target, name, r.why)
			}
		}
	}
}

// allows says whether a file of the room may import a package.
func (r room) allows(name, target string, test bool) bool {
	if inside, ours := strings.CutPrefix(target, module+"/"); ours {
		to := roomOf(inside)
		return to == name || slices.Contains(r.ours, "*") || slices.Contains(r.ours, to) || test && slices.Contains(testOurs, to)
	}
	if first, _, _ := strings.Cut(target, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	under := func(prefix string) bool {
		return prefix == "*" || target == prefix || strings.HasPrefix(target, prefix+"/")
	}
	return slices.ContainsFunc(r.third, under) || test && slices.ContainsFunc(testThird, under)
}

// The guard itself must bite.
func TestTheTableRefuses(t *testing.T) {
	for _, c := range []struct {
		room, target string
		test, want   bool
	}{
		{"dialer", "time", false, true},
		{"dialer", "kakeru/queue", false, false},
		{"dialer", "kakeru/queue", true, false},
		{"dialer", "kakeru/dialer/casework", false, false},
		{"dialer", "github.com/jackc/pgx/v5", false, false},
		{"dialer", "pgregory.net/rapid", false, false},
		{"dialer", "pgregory.net/rapid", true, true},
		{"dialer/casework", "kakeru/dialer", false, true},
		{"queue", "kakeru/dialer/postgres", false, false},
		{"queue", "kakeru/cmd/stores/storestest", false, false},
		{"queue", "kakeru/cmd/stores/storestest", true, true},
		{"webui", "kakeru/dialer/postgres", false, false},
		{"sip", "github.com/emiago/sipgo/sip", false, true},
		{"sip", "github.com/emiago/sipgoer", false, false},
		{"sip/lab", "kakeru/sip", true, false},
		{"dialer/postgres", "kakeru/dialer/postgres/internal/db", false, true},
		{"cmd/kakeru", "kakeru/queue", false, true},
	} {
		if got := house[c.room].allows(c.room, c.target, c.test); got != c.want {
			t.Errorf("%s imports %s (test: %v): allowed %v, want %v", c.room, c.target, c.test, got, c.want)
		}
	}
	for dir, r := range house {
		for _, to := range r.ours {
			if _, known := house[to]; !known && to != "*" {
				t.Errorf("%s may import %s, which is no room", dir, to)
			}
		}
	}
}

// Every package opens with a tour.
func TestEveryPackageHasItsTour(t *testing.T) {
	tour, packages := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test() || s.dir() == "." || strings.HasPrefix(s.path, ".ci/") || strings.Contains(s.dir(), "/internal/") {
			continue
		}
		packages[s.dir()] = true
		doc := s.file.Doc.Text()
		opens := strings.HasPrefix(doc, "Package ") || s.file.Name.Name == "main" && strings.HasPrefix(doc, "Command ")
		tour[s.dir()] = tour[s.dir()] || opens && strings.Count(doc, "\n") >= 3
	}
	for dir := range packages {
		if !tour[dir] {
			t.Errorf("%s has no tour: say in its doc.go what it is for, its words, who owns what and how it fails", dir)
		}
	}
}

// Folders are named for what they do.
func TestNoDrawersForOddments(t *testing.T) {
	odd := []string{"util", "utils", "helper", "helpers", "model", "models", "common", "misc", "shared", "lib"}
	walk(t, func(name string, isDir bool) {
		if isDir && slices.Contains(odd, path.Base(name)) {
			t.Errorf("%s: a folder is named for its job, not for being handy", name)
		}
	})
}

const (
	longestFile = 400 // lines: what is longer does more than one thing
	longestTest = 700 // a scenario is told in one piece
)

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		limit := longestFile
		if s.test() {
			limit = longestTest
		}
		if s.lines > limit && !s.generated {
			t.Errorf("%s has %d lines, more than %d: split it by what it does", s.path, s.lines, limit)
		}
	}
}

// allowed are the licences that a dependency may have. Those for tools alone ask that changes to the tool be published, and nothing of them is shipped.
var (
	allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD, public domain", "ISC", "MIT", "Python-2.0", "Unlicense"}
	forTool = []string{"MPL-2.0"}
)

// Every dependency is listed in docs/licences.md with its version, and under a licence that is allowed.
func TestLicences(t *testing.T) {
	page, err := os.ReadFile("docs/licences.md")
	if err != nil {
		t.Fatal(err)
	}
	listed, tools := map[string]bool{}, false
	for line := range strings.Lines(string(page)) {
		tools = tools || strings.Contains(line, "Built and tested with")
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| `") {
			continue
		}
		name, licence := strings.Trim(cells[0], "|` "), strings.Trim(cells[2], "| ")
		listed[name+" "+cells[1]] = true
		for one := range strings.SplitSeq(licence, " AND ") {
			either := strings.Split(strings.Trim(one, "()"), " OR ")
			if !slices.ContainsFunc(either, func(l string) bool { return slices.Contains(allowed, l) || tools && slices.Contains(forTool, l) }) {
				t.Errorf("%s is under %s, which is not allowed: take another, or say in docs/decisions/ why it may be, and allow it here", name, one)
			}
		}
	}
	want := func(name, version string) {
		if !listed[name+" "+version] {
			t.Errorf("%s %s is not listed in docs/licences.md: run `go run ./.ci/licences`", name, version)
		}
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		if f := strings.Fields(line); strings.HasPrefix(line, "\t") && len(f) >= 2 {
			want(f[0], f[1])
		}
	}
	var lock struct {
		Packages map[string]struct{ Version string }
	}
	text, err := os.ReadFile("webui/app/package-lock.json")
	if err == nil {
		err = json.Unmarshal(text, &lock)
	}
	if err != nil {
		t.Fatal(err)
	}
	for at, p := range lock.Packages {
		if i := strings.LastIndex(at, "node_modules/"); i >= 0 {
			want(at[i+len("node_modules/"):], p.Version)
		}
	}
	if len(listed) < 50 {
		t.Errorf("only %d dependencies are listed", len(listed))
	}
}

// The organs are fixed; nothing else of ours stands at the top.
func TestTheTopLevel(t *testing.T) {
	organs := []string{"cmd", "dialer", "sip", "queue", "webui", "configs", "docs", "go.mod", "go.sum", "Makefile",
		"README.md", "README.ja.md", "LICENSE", "CHANGELOG.md", "arch_test.go", "bin"} // bin is built, and not in git
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(organs, e.Name()) {
			t.Errorf("%s does not belong at the top: put it into the room whose work it is", e.Name())
		}
	}
}
