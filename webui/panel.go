package webui

import (
	"bytes"
	"crypto/rand"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// dist is the built panel. Before the first build it holds a marker only.
//
//go:embed all:app/dist
var dist embed.FS

func panelFiles() fs.FS {
	files, err := fs.Sub(dist, "app/dist")
	if err != nil {
		panic("the embedded panel: " + err.Error()) // the path is valid
	}
	return files
}

// panel serves the built panel: its files by name, and its page for every other path, which the page itself routes.
type panel struct {
	files fs.FS
	serve http.Handler
}

func newPanel(files fs.FS) http.Handler { return &panel{files: files, serve: http.FileServerFS(files)} }

func (p *panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		writeProblem(w, errNoRoute)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch {
	case name != "" && name != "index.html" && p.has(name):
		p.serveFile(w, r, name)
	case strings.HasPrefix(name+"/", "assets/") || hidden(name):
		http.NotFound(w, r)
	default:
		p.servePage(w, r)
	}
}

func (p *panel) has(name string) bool {
	if hidden(name) {
		return false
	}
	info, err := fs.Stat(p.files, name)
	return err == nil && !info.IsDir()
}

// hidden is what the build leaves for itself: its marker and the bundler's notes.
func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func (p *panel) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	cache := "no-cache"
	if strings.HasPrefix(name, "assets/") {
		cache = "public, max-age=31536000, immutable" // the bundler puts a hash into these names
	}
	w.Header().Set("Cache-Control", cache)
	p.serve.ServeHTTP(w, r)
}

// servePage serves index.html, which names the files of this very build and so is never kept. It tells the page a word of
// this answer alone, which styles the page makes at run time must bear; no other style or script that stands in a page
// is taken.
func (p *panel) servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	page, err := fs.ReadFile(p.files, "index.html")
	if err != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("the panel is not built; run make build\n"))
		return
	}
	nonce := rand.Text()
	w.Header().Set("Content-Security-Policy", policyFor(nonce))
	page = bytes.Replace(page, []byte("</head>"), []byte(`<meta name="csp-nonce" content="`+nonce+`"></head>`), 1)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.Method == http.MethodGet {
		_, _ = w.Write(page) //nolint:gosec // our own file, with random letters of ours
	}
}
