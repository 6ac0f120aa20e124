package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// provisionHouse is a settings file with one desk of each kind, and an empty directory to write to.
type provisionHouse struct {
	t           *testing.T
	config, out string
}

func newProvision(t *testing.T, desks string) provisionHouse {
	t.Helper()
	dir := t.TempDir()
	h := provisionHouse{t, filepath.Join(dir, "kakeru.yaml"), filepath.Join(dir, "phones")}
	text := `
database: {url: "postgres://localhost/k"}
redis: {url: "redis://localhost"}
sip:
  listen: "0.0.0.0:5070"
  advertise: "192.0.2.5"
  trunks: [{name: main, address: "192.0.2.1:5060", caller_id: "0300009999"}]
  desks:
` + desks
	if err := os.WriteFile(h.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// run is the command, and all that it printed.
func (h provisionHouse) run(args ...string) (string, int) {
	h.t.Helper()
	var said strings.Builder
	code := dispatch(h.t.Context(), append([]string{"provision", "--config", h.config, "--out", h.out}, args...), streams{&said, &said})
	return said.String(), code
}

func (h provisionHouse) read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.out, name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// xmlValues reads a file as a phone does: the text of each element, by its name.
func xmlValues(t *testing.T, text string) map[string]string {
	t.Helper()
	values, inside := map[string]string{}, ""
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatalf("it is no XML: %v\n%s", err, text)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local
			if _, twice := values[inside]; twice {
				t.Errorf("%s is there twice", inside)
			}
			values[inside] = ""
		case xml.EndElement:
			inside = ""
		case xml.CharData:
			if inside != "" {
				values[inside] += string(token)
			}
		}
	}
}

// cfgValues reads Yealink's file.
func cfgValues(t *testing.T, text string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if _, twice := values[key]; !ok || twice {
			t.Errorf("the line %q is no setting, or one that is there twice", line)
		}
		values[key] = value
	}
	return values
}

// Whatever a desk is called and its password is, the file says just that, and nothing more.
func TestProvisionSaysWhatTheSettingsSay(t *testing.T) {
	for _, c := range []struct{ name, password string }{
		{"席1", "plain"},
		{`<P2>x</P2> & "quoted" 'so'`, `]]><P298>0</P298><!--`},
		{"account.1.enable = 0", "# = %NULL%x"},
		{"{{.Password}}", "${x} &amp; \\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			desks := ""
			for _, phone := range []string{"yealink", "grandstream", "snom"} {
				desks += fmt.Sprintf("    - {id: %s, name: %q, user: %q, password: %q, phone: %s}\n", phone, c.name, "u-"+phone, c.password, phone)
			}
			h := newProvision(t, desks)
			said, code := h.run()
			if code != 0 || strings.Contains(said, c.password) {
				t.Fatalf("it ended with %d and said %s", code, said)
			}
			is := func(values map[string]string, key, want string) {
				t.Helper()
				if values[key] != want {
					t.Errorf("%s is %q, want %q", key, values[key], want)
				}
			}
			y := cfgValues(t, h.read("yealink.cfg"))
			is(y, "account.1.display_name", c.name)
			is(y, "account.1.user_name", "u-yealink")
			is(y, "account.1.password", c.password)
			is(y, "account.1.sip_server.1.address", "192.0.2.5")
			is(y, "account.1.sip_server.1.port", "5070")
			is(y, "account.1.sip_server.1.expires", "600")
			is(y, "account.1.codec.pcmu.priority", "1")
			is(y, "account.1.codec.pcma.priority", "2")
			is(y, "features.intercom.allow", "1")
			g := xmlValues(t, h.read("grandstream.xml"))
			is(g, "P3", c.name)
			is(g, "P35", "u-grandstream")
			is(g, "P34", c.password)
			is(g, "P47", "192.0.2.5:5070")
			is(g, "P32", "10")
			is(g, "P57", "0")
			is(g, "P58", "8")
			is(g, "P46", "8")
			is(g, "P130", "0")
			is(g, "P298", "1")
			s := xmlValues(t, h.read("snom.xml"))
			is(s, "user_realname", c.name)
			is(s, "user_name", "u-snom")
			is(s, "user_pass", c.password)
			is(s, "user_host", "192.0.2.5")
			is(s, "user_outbound", "192.0.2.5:5070;transport=udp")
			is(s, "user_expiry", "600")
			is(s, "codec_priority_list", "pcmu,pcma,telephone-event")
			is(s, "answer_after_policy", "idle")
		})
	}
}

const threeDesks = `
    - {id: desk1, user: "201", password: "secret-one", phone: yealink}
    - {id: desk2, user: "202", password: "secret-two", phone: lift}
    - {id: desk3, address: "sip:203@192.0.2.23:5060", phone: snom}
`

func TestProvisionSaysWhatItWroteAndLeftOut(t *testing.T) {
	h := newProvision(t, threeDesks)
	said, code := h.run()
	for _, want := range []string{
		"wrote " + filepath.Join(h.out, "desk1.cfg") + ": desk1, a yealink that registers as 201 at 192.0.2.5:5070\n",
		"left out desk2: its phone is none of", "left out desk3: its phone does not register here",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q: %s", want, said)
		}
	}
	if code != 0 || strings.Contains(said, "secret") {
		t.Errorf("it ended with %d and said %s", code, said)
	}
	all, err := os.ReadDir(h.out)
	if err != nil || len(all) != 1 {
		t.Errorf("%d files: %v", len(all), err)
	}
}

// A file that is there stays as it is, and nothing else is written beside it; --force makes a new one that nobody else reads.
func TestProvisionOverwritesOnlyWhenTold(t *testing.T) {
	h := newProvision(t, threeDesks)
	if err := os.MkdirAll(h.out, 0o700); err != nil {
		t.Fatal(err)
	}
	elsewhere, path := filepath.Join(t.TempDir(), "other"), filepath.Join(h.out, "desk1.cfg")
	if err := errors.Join(os.WriteFile(elsewhere, []byte("mine"), 0o644), os.Symlink(elsewhere, path)); err != nil { //nolint:gosec // as somebody may have left it
		t.Fatal(err)
	}
	if said, code := h.run(); code != 1 || !strings.Contains(said, "desk1.cfg is there already, nothing was written; --force") {
		t.Errorf("it ended with %d and said %s", code, said)
	}
	if said, code := h.run("--force", "--desk", "desk1"); code != 0 {
		t.Fatal(said)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the new file is %v, %v; want one of its own that nobody else may read", info.Mode(), err)
	}
	if kept, err := os.ReadFile(elsewhere); err != nil || string(kept) != "mine" { //nolint:gosec // the test's own
		t.Errorf("what the link led to is %q, %v", kept, err)
	}
	if cfgValues(t, h.read("desk1.cfg"))["account.1.password"] != "secret-one" {
		t.Error("the new file is not the desk's")
	}
}

func TestProvisionRefuses(t *testing.T) {
	desk := func(rest string) string { return "    - {phone: yealink, " + rest + "}\n" }
	for name, c := range map[string]struct {
		desks string
		args  []string
		want  string
		code  int
	}{
		"a line break in a name":      {desk(`id: d, user: u, password: p, name: "a\naccount.1.enable = 0"`), nil, "sip.desks[0].name: has a line break", 1},
		"another control character":   {desk(`id: d, user: u, password: "p\u0007"`), nil, "sip.desks[0].password: has a line break or another control", 1},
		"a blank that would be lost":  {desk(`id: d, user: u, password: " p"`), nil, "sip.desks[0].password: begins or ends with a blank", 1},
		"a word of Yealink's own":     {desk(`id: d, user: u, password: "%NULL%"`), nil, "means something else to a Yealink", 1},
		"an id that leads elsewhere":  {desk(`id: "../d", user: u, password: p`), nil, "sip.desks[0].id: names the file", 1},
		"a desk that is none":         {threeDesks, []string{"--desk", "desk9"}, `there is no desk "desk9"`, 1},
		"a desk with another phone":   {threeDesks, []string{"--desk", "desk2"}, "nothing to write: desk2: its phone is none of", 1},
		"what it does not understand": {threeDesks, []string{"desk1"}, "arguments not understood", 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := newProvision(t, c.desks)
			said, code := h.run(c.args...)
			if code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("it ended with %d and said %s", code, said)
			}
			if all, err := os.ReadDir(h.out); err == nil && len(all) > 0 {
				t.Errorf("%d files were written all the same", len(all))
			}
		})
	}
}
