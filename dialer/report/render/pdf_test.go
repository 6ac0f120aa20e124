package render

import (
	"bytes"
	"os"
	"testing"

	"kakeru/dialer/report"
)

func TestPictures(t *testing.T) {
	dir := os.Getenv("KAKERU_RENDER_KEEP")
	font, err := FindFont()
	if err != nil || dir == "" {
		t.Skip(err)
	}
	for _, k := range report.Kinds {
		var b bytes.Buffer
		if err := PDF(&b, document(t, k), font); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(dir+"/"+string(k)+".pdf", b.Bytes(), 0o600)
		b.Reset()
		if err := XLSX(&b, document(t, k)); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(dir+"/"+string(k)+".xlsx", b.Bytes(), 0o600)
		b.Reset()
		CSV(&b, document(t, k))
		os.WriteFile(dir+"/"+string(k)+".csv", b.Bytes(), 0o600)
	}
}
