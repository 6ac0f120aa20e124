package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"kakeru/configs"
)

// TestTheDirectoryIsLookedAt: one that answers, one that names itself otherwise, one that is away; and none.
func TestTheDirectoryIsLookedAt(t *testing.T) {
	var server *httptest.Server
	name := ""
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`, name, server.URL, server.URL, server.URL)
	}))
	defer server.Close()
	s := configs.Default()
	if found := checkDirectory(t.Context(), s); len(found) != 0 {
		t.Errorf("without one: %+v", found)
	}
	s.HTTP.Origin = "https://kakeru.example"
	s.Auth.OIDC.Issuer, s.Auth.OIDC.ClientID, s.Auth.OIDC.ClientSecret = server.URL, "kakeru", "hush"
	name = server.URL
	if found := checkDirectory(t.Context(), s); !says(found, fine, "https://kakeru.example/api/session/directory/answer") {
		t.Errorf("one that answers: %+v", found)
	}
	name = "https://elsewhere.example"
	if found := checkDirectory(t.Context(), s); !says(found, minor, "auth.oidc.issuer") {
		t.Errorf("one of another name: %+v", found)
	}
	s.Auth.OIDC.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if found := checkDirectory(t.Context(), s); !says(found, minor, "auth.oidc.ca_file") {
		t.Errorf("a file that is not there: %+v", found)
	}
	if err := os.WriteFile(s.Auth.OIDC.CAFile, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found := checkDirectory(t.Context(), s); !says(found, minor, "PEM") {
		t.Errorf("a file that holds none: %+v", found)
	}
	s.Auth.OIDC.CAFile = ""
	server.Close()
	if found := checkDirectory(t.Context(), s); !says(found, minor, "reaches it") {
		t.Errorf("one that is away: %+v", found)
	}
}
