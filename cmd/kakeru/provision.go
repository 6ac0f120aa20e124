package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
	"time"
	"unicode"

	"kakeru/configs"
)

// What the files have in common. A phone renews its registration well before it runs out, and says often enough that it is
// there for a NAT to keep its door open.
const (
	phoneExpires   = 10 * time.Minute
	phoneKeepAlive = 30 * time.Second
)

//go:embed provision
var provisionFiles embed.FS

// provisionTemplates are the files of the makes that can be provisioned, by what phone says in the settings.
var provisionTemplates = map[string]string{"yealink": "yealink.cfg", "grandstream": "grandstream.xml", "snom": "snom.xml"}

// provisioned is what a template is filled with.
type provisioned struct {
	Name, User, Password string
	Host, Port, Server   string // of ours; Server is both
	Expires, KeepAlive   int    // seconds
	Minutes              int    // Expires in minutes
}

// phoneFile is a file that is ready to be written.
type phoneFile struct {
	path string
	says string
	text []byte
}

type provisionOptions struct {
	desk, out string
	force     bool
}

// runProvision writes the settings files of desk phones.
func runProvision(_ context.Context, args []string, std streams) error {
	var o provisionOptions
	load, rest, err := configured("provision", args, std, func(f *flag.FlagSet) {
		f.StringVar(&o.desk, "desk", "", "only the phone of this desk, by its `id`")
		f.StringVar(&o.out, "out", ".", "the `directory` to write to")
		f.BoolVar(&o.force, "force", false, "replace files that are there")
	})
	if err == nil && len(rest) > 0 {
		err = errUsage{"arguments not understood"}
	}
	if err != nil {
		return err
	}
	s, err := load()
	if err != nil {
		return err
	}
	files, leftOut, err := phoneFiles(s.SIP, o)
	if err == nil {
		err = writeAll(files, o)
	}
	if err != nil {
		return err
	}
	for _, line := range leftOut {
		fmt.Fprintln(std.out, "left out "+line)
	}
	for _, f := range files {
		fmt.Fprintf(std.out, "wrote %s: %s\n", f.path, f.says)
	}
	return nil
}

// phoneFiles makes the files, and says which desks get none, and why.
func phoneFiles(s configs.SIP, o provisionOptions) (files []phoneFile, leftOut []string, err error) {
	known := false
	for i, d := range s.Desks {
		if o.desk != "" && o.desk != d.ID {
			continue
		}
		known = true
		if why := noFileFor(d); why != "" {
			leftOut = append(leftOut, d.ID+": "+why)
			continue
		}
		f, err := phoneFileOf(s, d, o.out)
		if err != nil {
			return nil, nil, fmt.Errorf("settings: sip.desks[%d]%w", i, err)
		}
		files = append(files, f)
	}
	switch {
	case !known:
		return nil, nil, fmt.Errorf("there is no desk %q in sip.desks", o.desk)
	case len(files) == 0:
		return nil, nil, errors.New("nothing to write: " + strings.Join(leftOut, "; "))
	}
	return files, leftOut, nil
}

// noFileFor says why a desk's phone is not provisioned; "" when it is.
func noFileFor(d configs.Desk) string {
	switch {
	case d.User == "":
		return "its phone does not register here"
	case provisionTemplates[d.Phone] == "":
		return "its phone is none of yealink, grandstream, snom (set phone)"
	}
	return ""
}

// plainFileName is what a desk's id must be to name a file.
var plainFileName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

func phoneFileOf(s configs.SIP, d configs.Desk, out string) (phoneFile, error) {
	if !plainFileName.MatchString(d.ID) {
		return phoneFile{}, errors.New(".id: names the file, and may hold letters, digits, dots, dashes and underscores only")
	}
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || port == "0" {
		return phoneFile{}, errors.New(": phones need a fixed port of Kakeru's; correct sip.listen")
	}
	host = firstOf(s.Advertise, host)
	name := provisionTemplates[d.Phone]
	v := provisioned{
		Name: firstOf(d.Name, d.ID), User: d.User, Password: d.Password, Host: host, Port: port, Server: net.JoinHostPort(host, port),
		Expires: int(phoneExpires.Seconds()), Minutes: int(phoneExpires.Minutes()), KeepAlive: int(phoneKeepAlive.Seconds()),
	}
	for key, text := range map[string]string{".name": v.Name, ".user": v.User, ".password": v.Password} {
		if err := oneValue(text); err != nil {
			return phoneFile{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	t, err := template.New(name).Funcs(template.FuncMap{"xml": escapeXML, "cfg": plainCfg}).ParseFS(provisionFiles, "provision/"+name)
	if err != nil {
		return phoneFile{}, fmt.Errorf(": %w", err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, v); err != nil {
		return phoneFile{}, fmt.Errorf(": %w", err)
	}
	return phoneFile{
		path: filepath.Join(out, d.ID+filepath.Ext(name)), text: text.Bytes(),
		says: fmt.Sprintf("%s, a %s that registers as %s at %s", d.ID, d.Phone, d.User, v.Server),
	}, nil
}

// oneValue refuses what no file can say and be read back the same: one value is one line, and phones cut blanks off its ends.
func oneValue(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029'
	}) {
		return errors.New("has a line break or another control character, which no phone's file can hold")
	}
	if strings.TrimSpace(text) != text {
		return errors.New("begins or ends with a blank, which phones cut off")
	}
	return nil
}

func escapeXML(text string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text))
	return b.String(), err
}

// plainCfg lets a value into Yealink's file, which knows no escapes: there a value between two % is a word of its own.
func plainCfg(text string) (string, error) {
	if strings.HasPrefix(text, "%") && strings.HasSuffix(text, "%") {
		return "", errors.New("a value that stands between two % means something else to a Yealink; choose another")
	}
	return text, nil
}

// writeAll writes all files, or none when one of them is there already.
func writeAll(files []phoneFile, o provisionOptions) error {
	if err := os.MkdirAll(o.out, 0o700); err != nil {
		return err
	}
	for _, f := range files {
		if _, err := os.Lstat(f.path); !o.force && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, nothing was written; --force replaces it", f.path)
		}
	}
	for _, f := range files {
		if err := writeSecret(f.path, f.text); err != nil {
			return err
		}
	}
	return nil
}

// writeSecret makes a new file that nobody else may read. What was there, be it a link, is taken away first, so that its
// permissions do not live on.
func writeSecret(path string, text []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the owner chose the directory
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
