package webui

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write app/openapi.json anew")

// TestOpenAPI keeps the description that the panel's client is generated from as the handlers have it.
func TestOpenAPI(t *testing.T) {
	const file = "app/openapi.json"
	want, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Fatal("app/openapi.json is not what the handlers say; run `make generate`")
	}
}
