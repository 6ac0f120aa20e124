package main

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
)

// peopleOfSample are the words of a made-up list that say who somebody is, or what is noted of them: names, kana, addresses, numbers, the
// ward's own numbers, notes; each once.
func peopleOfSample(t *testing.T, cases int, seed int64) []string {
	t.Helper()
	var list bytes.Buffer
	if err := casework.WriteSample(&list, cases, seed); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&list).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	m := casework.DefaultMapping()
	personal := map[string]bool{}
	for _, f := range []casework.Field{
		casework.FieldWardNumber, casework.FieldName, casework.FieldKana, casework.FieldAddress,
		casework.FieldPhone1, casework.FieldPhone2, casework.FieldPhone3, casework.FieldNote,
	} {
		personal[m.Name(f)] = true
	}
	words := map[string]bool{}
	for _, row := range rows[1:] {
		for i, cell := range row {
			if personal[rows[0][i]] && cell != "" {
				words[cell] = true
			}
		}
	}
	return slices.Collect(maps.Keys(words))
}

// readable are the words that can be read in what was stolen: as they are, without their spaces and hyphens, or in hexadecimal, as PostgreSQL writes
// octets. One pass: by the first eight octets of each. Digits alone are not read in the middle of a longer hexadecimal number: what is sealed is many
// millions of such signs, and ten of them make somebody's number by chance.
func readable(stolen []byte, words []string) (found []string) {
	const first = 8
	begins := map[string][]string{}
	for _, w := range words {
		for _, form := range []string{w, strings.NewReplacer("　", "", " ", "", "-", "").Replace(w), hex.EncodeToString([]byte(w))} {
			if len(form) >= first && !slices.Contains(begins[form[:first]], form) {
				begins[form[:first]] = append(begins[form[:first]], form)
			}
		}
	}
	for i := 0; i+first <= len(stolen); i++ {
		for _, form := range begins[string(stolen[i:i+first])] {
			if bytes.HasPrefix(stolen[i:], []byte(form)) && !slices.Contains(found, form) && (!digits(form) || !amidHex(stolen, i, i+len(form))) {
				found = append(found, form)
			}
		}
	}
	return found
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// amidHex reports that stolen[from:to] lies in a hexadecimal number of 16 octets or more, as what is sealed is.
func amidHex(stolen []byte, from, to int) bool {
	const octets = 16
	sign := func(i int) bool {
		return i >= 0 && i < len(stolen) && strings.IndexByte("0123456789abcdef", stolen[i]) >= 0
	}
	for sign(from - 1) {
		from--
	}
	for sign(to) {
		to++
	}
	return to-from >= 2*octets
}

// The eyes that look must see.
func TestWhatCanBeReadIsFound(t *testing.T) {
	words := []string{"見本　一太", "0300012345", "見本県見本市東見本町1丁目2番3号", "折返し希望あり"}
	for _, w := range words {
		for _, plain := range []string{w, hex.EncodeToString([]byte(w)), strings.ReplaceAll(w, "　", "")} {
			if got := readable([]byte("COPY x;\n17\t"+plain+"\t\\N\n"), words); len(got) != 1 {
				t.Errorf("%q: %v", plain, got)
			}
		}
	}
	for _, other := range []string{"17\t0300012344\t見本　二葉", `17\t\\x5f0300012345c1` + strings.Repeat("9", 32)} {
		if got := readable([]byte("COPY x;\n"+other+"\n"), words); len(got) != 0 {
			t.Errorf("%s: %v", other, got)
		}
	}
}

// TestAStolenDump: whoever takes the whole database, with what is only on its way in it, but not the keys, reads nothing of anybody. The list is the
// demo's own; a talk was had, a wish passed to the ward, a note taken.
func TestAStolenDump(t *testing.T) {
	full.Only(t)
	t.Parallel()
	cases := demoCases
	if testing.Short() {
		cases = 300
	}
	h := newHouse(t, houseOptions{cases: cases})
	words := append(peopleOfSample(t, cases, demoSeed), talkedAbout(h)...)
	for _, f := range [][]string{{"--format=plain"}, {"--format=plain", "--inserts"}} {
		cmd := exec.CommandContext(t.Context(), "pg_dump", append(f, h.postgres.URL(database))...) //nolint:gosec // the test's own
		stolen, err := cmd.Output()
		h.must(err)
		if n := bytes.Count(stolen, []byte("\n")); n < 5*cases {
			t.Fatalf("the dump has %d lines", n)
		}
		if got := readable(stolen, words); len(got) > 0 {
			t.Errorf("%v: %d words can be read, among them %.80q", f, len(got), got[0])
		}
		if got := readable(stolen, []string{"secret-0", strings.Repeat("s", secretBytes), "the password of one"}); len(got) > 0 {
			t.Errorf("%v: the dump has a secret", f)
		}
	}
}

// talkedAbout starts the server, has a talk, and returns the words that were said and noted.
func talkedAbout(h *house) []string {
	h.t.Helper()
	h.start()
	operator := h.seated("operator1", "desk1")
	note, wish := "夕方六時以降に長男の携帯へ", "毎月十日に二回で払いたいとのこと"
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("talking", func() bool { return talkNoted(h, id) })
	h.must(operator.call(h.t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.ended(id)
	h.recorded(operator, id, map[string]any{
		"party": "self", "business_results": []string{"instalments"}, "note": note, "handoffs": []map[string]string{{"kind": "instalments", "text": wish}},
	})
	return []string{note, wish}
}

// keysOnDisk are the files of this house's keys: those of the vault, the references' secret, the master key.
func keysOnDisk(h *house) []string {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.keys(), "*.key"))
	h.must(err)
	if len(files) == 0 {
		h.t.Fatal("there is no key")
	}
	return append(files, filepath.Join(h.dir, "secret"), filepath.Join(h.dir, "master"))
}
