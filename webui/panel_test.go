package webui

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPanel(t *testing.T) {
	built := fstest.MapFS{
		"index.html":          {Data: []byte("<html><head></head><body>panel</body></html>")},
		"assets/app-1a2b.js":  {Data: []byte("js")},
		"favicon.svg":         {Data: []byte("<svg/>")},
		".vite/manifest.json": {Data: []byte("{}")},
		".gitkeep":            {Data: nil},
	}
	empty := fstest.MapFS{".gitkeep": {Data: nil}}
	for _, c := range []struct {
		files              fs.FS
		method, path       string
		status             int
		body, cacheControl string
	}{
		{built, "GET", "/", 200, "panel", "no-store"},
		{built, "GET", "/index.html", 200, "panel", "no-store"},
		{built, "GET", "/cases/some-id", 200, "panel", "no-store"}, // the page routes it
		{built, "HEAD", "/board", 200, "", "no-store"},
		{built, "GET", "/assets/app-1a2b.js", 200, "js", "public, max-age=31536000, immutable"},
		{built, "GET", "/favicon.svg", 200, "svg", "no-cache"},
		{built, "GET", "/assets/old-9f.js", 404, "", ""}, // of another build: a page in its place would only confuse
		{built, "GET", "/.gitkeep", 404, "", ""},
		{built, "GET", "/../secret", 200, "panel", "no-store"},
		{built, "POST", "/", 404, "not_found", ""},
		{empty, "GET", "/", 404, "the panel is not built; run make build\n", "no-store"},
	} {
		w := httptest.NewRecorder()
		newPanel(c.files).ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) || (c.cacheControl != "" && w.Header().Get("Cache-Control") != c.cacheControl) {
			t.Errorf("%s %s: %d %q %q", c.method, c.path, w.Code, w.Body, w.Header().Get("Cache-Control"))
		}
	}
}

// TestStylesOfThePageBearItsNonce: what the page may style at run time is told to this very answer, and no other way in
// is left open.
func TestStylesOfThePageBearItsNonce(t *testing.T) {
	files := fstest.MapFS{"index.html": {Data: []byte("<html><head></head></html>")}}
	var nonces []string
	for range 2 {
		w := httptest.NewRecorder()
		secured(newPanel(files)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		m := regexp.MustCompile(`<meta name="csp-nonce" content="(\w{20,})"></head>`).FindStringSubmatch(w.Body.String())
		csp := w.Header().Get("Content-Security-Policy")
		if m == nil || !strings.Contains(csp, "style-src 'self' 'nonce-"+m[1]+"';") || !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "media-src blob:;") ||
			strings.Contains(csp, "unsafe") {
			t.Fatalf("page %q, policy %q", w.Body, csp)
		}
		nonces = append(nonces, m[1])
	}
	if nonces[0] == nonces[1] {
		t.Fatal("the nonce is not of one answer")
	}
}
