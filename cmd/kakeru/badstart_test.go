package main

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/encoding/japanese"

	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// ran is what a command said and how it ended.
type ran struct {
	out, err string
	status   int
}

// command runs kakeru to its end.
func (h *house) command(args ...string) ran {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...) //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), asBinary+"=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	return ran{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// failed fails the test unless a command ended with this status and said, in one line, what is wrong and what to do.
func (r ran) failed(t *testing.T, status int, words ...string) {
	t.Helper()
	said := strings.TrimSuffix(r.err, "\n")
	if r.status != status || said == "" || strings.Contains(said, "\n") || !strings.HasPrefix(said, "kakeru") {
		t.Fatalf("status %d, want %d and one line:\n%s", r.status, status, r.err)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("it does not say %q: %s", w, said)
		}
	}
	if strings.Contains(said, "goroutine") || anyNumber.MatchString(r.out+said) {
		t.Errorf("it says too much: %s", said)
	}
}

// TestBadStarts gives commands what they cannot work with: each says in one line what is wrong and what to do.
func TestBadStarts(t *testing.T) {
	full.Only(t)
	h := newHouse(t, houseOptions{noPhones: true})
	config := []string{"--config", h.config()}
	with := func(args ...string) []string { return append(args, config...) }

	t.Run("wrong usage", func(t *testing.T) {
		for _, args := range [][]string{
			{"dial"}, {"serve", "now"}, {"serve", "--confg", "x"}, {"import"}, {"sample", "--cases", "many"}, {"sample", "--cases", "0"},
			{"sample", "--cases", "-3"}, {"user"}, {"user", "promote"},
			{"lab"}, {"lab", "pigeon"}, {"bench", "patience"}, {"install"}, {"demo", "tomorrow"},
		} {
			r := h.command(args...)
			if r.status != 2 {
				t.Errorf("%v: status %d", args, r.status)
			}
			r.failed(t, r.status)
		}
	})
	t.Run("no settings file", func(t *testing.T) {
		h.command("serve", "--config", filepath.Join(h.dir, "nowhere.yaml")).failed(t, 1, "nowhere.yaml", "--config")
	})
	t.Run("address taken", func(t *testing.T) {
		l, err := net.Listen("tcp4", h.http) //nolint:noctx // loopback
		h.must(err)
		defer func() { _ = l.Close() }()
		h.command(with("serve")...).failed(t, 1, h.http, "in use", "KAKERU_HTTP_ADDR")
	})
	t.Run("SIP port taken", func(t *testing.T) {
		c, err := net.ListenPacket("udp4", h.sip.String()) //nolint:noctx // loopback
		h.must(err)
		defer func() { _ = c.Close() }()
		h.command(with("serve")...).failed(t, 1, h.sip.String())
	})
	t.Run("PostgreSQL missing", func(t *testing.T) {
		t.Setenv("KAKERU_DATABASE_URL", "postgres://kakeru@127.0.0.1:1/kakeru?connect_timeout=2")
		t.Setenv("KAKERU_DATABASE_MIGRATE__URL", "postgres://kakeru@127.0.0.1:1/kakeru?connect_timeout=2")
		for _, args := range [][]string{with("serve"), with("migrate"), with("user", "list"), with("import", "--list", h.file("empty.csv", ""))} {
			h.command(args...).failed(t, 1, "127.0.0.1", "PostgreSQL")
		}
	})
	t.Run("older schema", func(*testing.T) { h.olderSchema(with("serve"), with("user", "list")) })
	t.Run("then all is well", func(t *testing.T) {
		h.start()
		if n := h.count("SELECT count(*) FROM cases"); n != 200 {
			t.Errorf("%d cases are left", n)
		}
	})
}

// olderSchema takes the last migration back, in the database's own books, and mends it as the error says.
func (h *house) olderSchema(commands ...[]string) {
	h.t.Helper()
	var newest int
	h.must(h.database(func(ctx context.Context, c *pgx.Conn) error {
		if err := c.QueryRow(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&newest); err != nil {
			return err
		}
		_, err := c.Exec(ctx, "DELETE FROM goose_db_version WHERE version_id = $1", newest)
		return err
	}))
	for _, args := range commands {
		h.command(args...).failed(h.t, 1, "schema", "kakeru migrate")
	}
	h.must(h.database(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)", newest)
		return err
	}))
	if r := h.command("migrate", "--config", h.config()); r.status != 0 {
		h.t.Errorf("migrate: %s", r.err)
	}
}

// file writes a file for a command to read.
func (h *house) file(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	h.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

const listHeader = "宛名番号,氏名,電話番号1,保険区分,期別,納期限,滞納額\r\n"

func row(ward, phone string) string {
	return ward + ",試験　太一," + phone + ",国保,令和8年度 第1期,2026/06/30,12000\r\n"
}

func cp932(t *testing.T, s string) string {
	t.Helper()
	out, err := japanese.ShiftJIS.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// badList is a file that is not to be taken in as it is.
type badList struct {
	name, file, text string
	code             string // of the problem that the panel shows
	says             string // what the command says
	rows             bool   // the list is readable, only rows in it are wrong
}

func badLists(t *testing.T) []badList {
	t.Helper()
	good := listHeader + row("9000000001", "03-0000-0041") + row("9000000002", "090-0000-0042")
	encoded := cp932(t, good)
	return []badList{
		{"a broken row", "row.csv", listHeader + row("9000000001", "03-0000-0041") + "9000000002,試験　二郎\r\n", "cells", "1 rows are wrong", true},
		{"a wrong amount", "amount.csv", listHeader + strings.Replace(row("9000000001", "03-0000-0041"), "12000", "たくさん", 1), "bad_amount", "1 rows are wrong", true},
		{"CP932 cut short", "cut.csv", encoded[:strings.LastIndex(encoded, "\x8d\x91\x95\xdb")+1], "encoding", "", false},
		{"bytes of no encoding", "bytes.csv", encoded + "\xff\xfe\xfd\r\n", "encoding", "", false},
		{"no rows", "header.csv", listHeader, "no_rows", "no rows", false},
		{"empty", "empty.csv", "", "empty", "empty", false},
		{"a column missing", "columns.csv", strings.ReplaceAll(good, "滞納額", "額面"), "columns", "滞納額", false},
		{"an Excel book", "list.xlsx", "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml", "excel", "Excel", false},
	}
}

// TestBadLists gives both ways in what is no list: each says what is wrong, and nothing is taken in.
func TestBadLists(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{noPhones: true})
	h.start()
	chief := h.signIn("supervisor")
	for _, l := range badLists(t) {
		t.Run(l.name, func(t *testing.T) {
			r := h.command("import", "--list", h.file(l.file, l.text), "--config", h.config())
			r.failed(t, 1, l.says)
			if l.rows && !strings.Contains(r.out, "line ") {
				t.Errorf("the command does not say which row: %s", r.out)
			}
			p := h.upload(chief, l.file, l.text)
			if l.rows && (p.State != "staged" || p.Wrong != 1) || !l.rows && p.State != "failed" {
				t.Errorf("the panel shows a list %s with %d wrong rows", p.State, p.Wrong)
			}
			if len(p.Problems) != 1 || p.Problems[0].Code != l.code || p.Problems[0].JA == "" || p.Problems[0].EN == "" {
				t.Fatalf("the panel shows %+v, want %s", p.Problems, l.code)
			}
			if l.rows && p.Problems[0].Line == 0 {
				t.Errorf("the panel does not say which row: %+v", p.Problems[0])
			}
			if n := h.count("SELECT count(*) FROM cases"); n != 200 {
				t.Errorf("there are %d cases now", n)
			}
		})
	}
	t.Run("moved columns", func(t *testing.T) { movedColumns(t, h) })
	t.Run("columns with names of their own", func(t *testing.T) { savedColumns(t, h, chief) })
	t.Run("a made-up list where a trunk is real", func(t *testing.T) { sampleOnRealTrunk(t, h) })
	h.saysNothingOfAnyone()
}

// upload sends a list as the panel does, and waits until it was read.
func (h *house) upload(c *panelClient, name, text string) casework.Preview {
	h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	h.must(err)
	_, err = part.Write([]byte(text))
	h.must(err)
	h.must(form.Close())
	resp := h.send(c, http.MethodPost, "/api/lists", body.String(), "Content-Type", form.FormDataContentType())
	defer func() { _ = resp.Body.Close() }()
	var accepted struct{ List string }
	h.must(readAnswer(resp, &accepted))
	var p casework.Preview
	h.eventually("the list is read", func() bool {
		h.must(c.call(h.t.Context(), http.MethodGet, "/api/lists/"+accepted.List, nil, &p))
		return p.State != "staging"
	})
	return p
}

// movedColumns: a list is read by what its columns are called, not by where they stand.
func movedColumns(t *testing.T, h *house) {
	t.Helper()
	moved := "見本,滞納額,期別,保険区分,電話番号1,氏名,宛名番号,納期限\r\n見本,12000,令和8年度 第1期,国保,03-0000-0041,試験　太一,0009000001,2026/06/30\r\n"
	r := h.command("import", "--list", h.file("moved.csv", cp932(t, moved)), "--config", h.config())
	if r.status != 0 || !strings.Contains(r.out, "taken in: 1 new, 0 changed, 0 as they were") {
		t.Fatalf("status %d\n%s%s", r.status, r.out, r.err)
	}
	if n := h.count("SELECT count(*) FROM cases"); n != 201 {
		t.Errorf("there are %d cases now", n)
	}
	r = h.command("import", "--list", h.file("again.csv", moved), "--config", h.config())
	if r.status != 0 || !strings.Contains(r.out, "taken in: 0 new, 0 changed, 1 as they were") {
		t.Errorf("the same list again: status %d\n%s%s", r.status, r.out, r.err)
	}
}

// savedColumns: what a list's columns mean is said once; the next list with them is known, by panel and command alike, and one whose
// columns have changed is refused.
func savedColumns(t *testing.T, h *house, chief *panelClient) {
	t.Helper()
	const heading, line = "番号,名前,連絡先,種別,期,金額,区分\r\n", "0009000002,試験　三奈,03-0000-0041,国保,令和8年度 第1期,12000,見本\r\n"
	p := h.upload(chief, "own.csv", heading+line)
	if p.State != "failed" || p.Header == nil || len(p.Header.Columns) != 7 || p.Problems[0].Code != "columns" {
		t.Fatalf("before it was saved: %+v", p)
	}
	fields := []casework.Field{"ward_number", "name", "phone1", "insurance", "term", "amount", "sample"}
	body := map[string]any{"name": "三課", "columns": []casework.ListColumn{}}
	for i, c := range p.Header.Columns {
		body["columns"] = append(body["columns"].([]casework.ListColumn), casework.ListColumn{Name: c.Name, Field: fields[i]})
	}
	h.must(chief.call(t.Context(), http.MethodPost, "/api/list-sources", body, nil))
	if p := h.upload(chief, "own.csv", heading+line); p.State != "staged" || p.Source != "三課" || p.New != 1 || p.Wrong != 0 {
		t.Errorf("once it was saved: %+v", p)
	}
	own := h.file("own.csv", cp932(t, heading+line))
	r := h.command("import", "--list", own, "--source", "三課", "--config", h.config())
	if r.status != 0 || !strings.Contains(r.out, "read as a list of 三課") || !strings.Contains(r.out, "taken in: 1 new") {
		t.Errorf("status %d\n%s%s", r.status, r.out, r.err)
	}
	h.command("import", "--list", own, "--source", "四課", "--config", h.config()).failed(t, 1, "no source of that name")
	moved := h.file("own2.csv", strings.Replace(heading, "連絡先", "連絡", 1)+line)
	h.command("import", "--list", moved, "--config", h.config()).failed(t, 1, "gone: 連絡先; new: 3列目")
	h.command("import", "--list", moved, "--source", "三課", "--config", h.config()).failed(t, 1, "gone: 連絡先; new: 3列目")
}

// sampleOnRealTrunk: with a trunk that is no lab, a made-up list is refused both ways.
func sampleOnRealTrunk(t *testing.T, h *house) {
	t.Helper()
	h.kill()
	h.resetting("lab: true", "lab: false")
	h.start()
	made := h.command("sample", "--cases", "3", "--seed", "11")
	if made.status != 0 {
		t.Fatal(made.err)
	}
	before := h.count("SELECT count(*) FROM cases")
	h.command("import", "--list", h.file("sample.csv", made.out), "--config", h.config()).failed(t, 1, "made-up", "lab")
	p := h.upload(h.signIn("supervisor"), "sample.csv", made.out)
	if p.State != "failed" || len(p.Problems) != 1 || p.Problems[0].Code != "sample" {
		t.Errorf("the panel shows a list %s: %+v", p.State, p.Problems)
	}
	if n := h.count("SELECT count(*) FROM cases"); n != before {
		t.Errorf("there are %d cases now, before %d", n, before)
	}
}
