package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/japan"
)

// TestADayIsClosed over the whole binary: calls of several results, a talk with a note and a promise, one whose wish goes to the ward
// and is answered, a number that is entered. Then the day is closed, with kill -9 in the middle. What went back is on disk, signed and
// right; nobody stands anywhere any more; nobody is dialled; and the next list brings people back, with what was promised.
func TestADayIsClosed(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1, cases: 300})
	h.start()
	operator, chief, ward := h.seated("operator1", "desk1"), h.signIn("supervisor"), h.signIn("ward")
	for _, ending := range []string{"40", "41", "42"} {
		h.ended(h.dial(operator, "desk1", h.caseEnding(ending)))
	}
	early := h.exported(chief)
	if n := h.reported(chief); n < early {
		t.Errorf("the report counts %d attempts, and %d records were written", n, early)
	}
	note, wish := "月末に コンビニで払うとのこと 髙橋", "毎月二十日に三回で払いたいとのこと"
	promised := h.talked(operator, map[string]any{
		"party": "self", "business_results": []string{"promise"}, "note": note,
		"promise": map[string]any{"amount_yen": 1000, "due_on": dialer.DateOf(time.Now()).Next().String(), "means": "slip"},
	})
	h.talked(operator, map[string]any{
		"party": "self", "business_results": []string{"instalments"}, "note": "分割を希望", "handoffs": []map[string]string{{"kind": "instalments", "text": wish}},
	})
	var board struct{ Items []struct{ ID string } }
	h.must(ward.call(t.Context(), http.MethodGet, "/api/handoffs?state=open", nil, &board))
	for _, passed := range board.Items {
		h.must(ward.call(t.Context(), http.MethodPost, "/api/handoffs/"+passed.ID+"/answer", map[string]string{"text": "窓口へご案内ください"}, nil))
	}
	h.must(operator.call(t.Context(), http.MethodPost, "/api/numbers", map[string]any{
		"ward_number": "0000990001", "number": "03-0000-0199", "again": "0300000199", "source": casework.NumberSources[0].Key,
		"document_on": dialer.DateOf(time.Now()).String(),
	}, nil))
	who, err := h.ledger.Case(t.Context(), promised.CaseID)
	h.must(err)
	words := append(h.everybody(), who.Person.Name, who.Person.Address, who.WardNumber, note, wish, "0300000199", "0000990001")

	// While a call is up the day cannot be closed.
	up := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("talking", func() bool { return talkNoted(h, up) })
	day := h.closeState(chief).Day
	var no *problem
	if err := chief.call(t.Context(), http.MethodPost, "/api/close", map[string]string{"day": day}, nil); !errors.As(err, &no) || no.Rule != "not_ready" {
		t.Fatalf("closing in a talk: %v", err)
	}
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(up)+"/hangup", nil, nil))
	h.ended(up)
	h.recorded(operator, up, map[string]any{"party": "silent"})

	// The ward's folder is away, so that the close stands still; then the power fails.
	returned := filepath.Join(h.dir, "returns")
	h.must(os.RemoveAll(returned))
	h.must(os.WriteFile(returned, nil, 0o600))
	h.must(chief.call(t.Context(), http.MethodPost, "/api/close", map[string]string{"day": day}, nil))
	h.eventually("the close says that it does not get on", func() bool { return h.closeState(chief).Stuck })
	err = operator.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "next": true}, nil)
	if !errors.As(err, &no) || no.Rule != string(dialer.DayClosed) {
		t.Errorf("a click while the day is closed: %v", err)
	}
	h.kill()
	h.must(os.Remove(returned))
	h.start()
	closes, err := h.ledger.Closes(t.Context(), 1)
	h.must(err)
	h.eventually("the close is carried on to its end", func() bool {
		closes, err = h.ledger.Closes(t.Context(), 1)
		return err == nil && closes[0].Step == dayclose.Closed
	})
	c := closes[0]
	records := h.returnedFile(returned, c, "records")
	for _, want := range []string{"納付約束", "不在", "話中", "欠番", "月末に", "分割希望"} {
		if !strings.Contains(records, want) {
			t.Errorf("the records lack %s", want)
		}
	}
	// What an export had before it goes once more, marked: its own file is gone with the folder.
	if again := strings.Count(records, "再出力\""); again != early {
		t.Errorf("%d rows are marked 再出力, not %d", again, early)
	}
	if got := h.command("export", "verify", returned); got.status != 0 || !strings.Contains(got.out, "receipt") || strings.Contains(got.out, "WRONG") {
		t.Errorf("%d %s %s", got.status, got.out, got.err)
	}
	if lines := strings.Count(records, "\r\n"); lines != 7 { // the header and six calls
		t.Errorf("%d lines", lines)
	}
	if !strings.Contains(h.returnedFile(returned, c, "numbers"), "0300000199") || !strings.Contains(h.returnedFile(returned, c, "handoffs"), wish) {
		t.Error("a number that was entered, or an answered hand-off, did not go back")
	}
	for _, kind := range []string{"manifest", "receipt"} {
		for _, f := range c.Files {
			if f.Kind != kind {
				continue
			}
			m, _, err := dayclose.Verify(dayclose.Folder(returned), f.Name, nil)
			if err != nil || kind == "receipt" && m.Counts["persons"] != 300 {
				t.Errorf("%s: %+v, %v", kind, m.Counts, err)
			}
		}
	}
	h.nobodyIsLeft(words, returned)

	// In the morning (which the day's own lock is taken off for) the list brings people back, and what was promised is there.
	if cs, err := h.ledger.Cases(t.Context(), []dialer.CaseID{promised.CaseID}); err != nil || cs[0].Person.Name != "" {
		t.Errorf("%+v, %v", cs, err)
	}
	h.must(importSample(t.Context(), h.ledger, dialer.NewRefs([]byte(strings.Repeat("s", secretBytes))), sampleOf{300, demoSeed}))
	back, err := h.ledger.Case(t.Context(), promised.CaseID)
	h.must(err)
	a := h.attempt(promised.ID)
	if back.Person.Name == "" || len(back.Phones) == 0 || a.Entry == nil || a.Entry.Promise == nil || a.Entry.Note != "" {
		t.Errorf("%+v; %+v", back, a.Entry)
	}
}

// talked takes a talk to its recorded result.
func (h *house) talked(operator *panelClient, result map[string]any) casework.Attempt {
	h.t.Helper()
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("talking", func() bool { return talkNoted(h, id) })
	h.must(operator.call(h.t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	a := h.ended(id)
	h.recorded(operator, id, result)
	return a
}

type closeNow struct {
	Day   string
	Stuck bool
}

func (h *house) closeState(chief *panelClient) (s closeNow) {
	h.t.Helper()
	h.must(chief.call(h.t.Context(), http.MethodGet, "/api/close", nil, &s))
	return s
}

// everybody lists what says who people of the list are: of those who come first, enough of them for nobody to be overlooked.
func (h *house) everybody() (words []string) {
	h.t.Helper()
	for w, err := range h.ledger.Waiting(h.t.Context()) {
		h.must(err)
		if len(words) > 400 {
			break
		}
		c, err := h.ledger.Case(h.t.Context(), w.Case)
		h.must(err)
		words = append(words, c.Person.Name, c.Person.Address, c.WardNumber)
		for _, p := range c.Phones {
			words = append(words, string(p.Number))
		}
	}
	if len(words) < 300 {
		h.t.Fatalf("%d words", len(words))
	}
	return words
}

// returnedFile reads one of the ward's files.
func (h *house) returnedFile(folder string, c dayclose.Close, kind string) string {
	h.t.Helper()
	for _, f := range c.Files {
		if f.Kind != kind {
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(f.Name)))
		h.must(err)
		text, _, err := japan.Decode(bytes.NewReader(b))
		h.must(err)
		whole, err := io.ReadAll(text)
		h.must(err)
		return string(whole)
	}
	h.t.Fatalf("nothing of the kind %s went back", kind)
	return ""
}

// nobodyIsLeft looks for words in everything that this house has on disk and in Redis, but for what was returned to the ward.
func (h *house) nobodyIsLeft(words []string, but string) {
	h.t.Helper()
	look := func(where string, b []byte) {
		for _, w := range words {
			if w != "" && bytes.Contains(b, []byte(w)) {
				h.t.Errorf("somebody stands in %s", where)
				return
			}
		}
	}
	for _, root := range []string{h.dir, h.postgres.StateDir()} {
		h.must(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.HasPrefix(path, but) {
				return nil //nolint:nilerr // a server at work removes files meanwhile
			}
			if b, err := os.ReadFile(path); err == nil {
				look(path, b)
			}
			return nil
		}))
	}
	o, err := redis.ParseURL(h.redis.URL())
	h.must(err)
	client := redis.NewClient(o)
	defer func() { _ = client.Close() }()
	ctx := context.WithoutCancel(h.t.Context())
	keys, err := client.Keys(ctx, "*").Result()
	h.must(err)
	if len(keys) == 0 {
		h.t.Error("nothing stands in Redis")
	}
	for _, key := range keys {
		b, err := client.Dump(ctx, key).Bytes()
		if err == nil {
			look("Redis", append([]byte(key), b...))
		}
	}
}
