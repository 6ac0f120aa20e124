package returns

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/japan"
)

// ward is the alphabet of the ward's system.
type ward struct{}

func (ward) Has(r rune) bool {
	_, err := japan.EncodeCP932(string(r))
	return err == nil
}

func (ward) Encode(s string) ([]byte, error) { return japan.EncodeCP932(s) }

func named(id dialer.UserID) string { return "担当 " + string(id) }

// readBack reads a file as the ward's system would.
func readBack(t testing.TB, file []byte) [][]string {
	t.Helper()
	text, _, err := japan.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func rows() *rapid.Generator[Row] {
	return rapid.Custom(func(t *rapid.T) Row {
		at := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "at"), 0)
		r := Row{
			Attempt: dialer.CallID(dialer.NewID(at)), Revision: rapid.IntRange(0, 3).Draw(t, "revision"), At: at,
			WardNumber: fmt.Sprintf("%010d", rapid.Int64Range(0, 9_999_999_999).Draw(t, "ward number")),
			Direction:  rapid.SampledFrom([]dialer.Direction{dialer.Outbound, dialer.Inbound}).Draw(t, "direction"),
			NumberKind: rapid.SampledFrom([]dialer.NumberKind{dialer.KindFixed, dialer.KindMobile, dialer.KindIP}).Draw(t, "kind"),
			Origin:     rapid.SampledFrom([]casework.Origin{casework.BySIP, casework.ByHand}).Draw(t, "origin"),
			Kind:       rapid.SampledFrom(append([]casework.InboundKind{""}, casework.InboundKinds...)).Draw(t, "kind of call"),
			Result:     rapid.SampledFrom(dialer.Results).Draw(t, "result"),
			Party:      rapid.SampledFrom(append([]casework.Party{""}, casework.Parties...)).Draw(t, "party"),
			Business:   rapid.SliceOfNDistinct(rapid.SampledFrom(casework.Businesses), 0, 4, rapid.ID[casework.Business]).Draw(t, "business"),
			Note:       rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune("\",\r\n =〜−—‖①髙𠮷😀あ漢字ｱ")), rapid.Rune()), 0, 60, -1).Draw(t, "note"),
			Operator:   "operator1", Mark: rapid.SampledFrom([]Mark{"", Correction, Again}).Draw(t, "mark"),
		}
		if rapid.Bool().Draw(t, "promised") {
			r.Promise = &casework.Promise{Yen: rapid.Int64Range(1, 99_999_999).Draw(t, "yen"), DueOn: "2026-12-01", Means: rapid.SampledFrom(casework.Means).Draw(t, "means")}
		}
		if rapid.Bool().Draw(t, "again") {
			r.CallAgain = new(at.Add(time.Hour))
		}
		return r
	})
}

// Records writes records to memory, as a file has them.
func (l Layout) Records(all []Row, alphabet Alphabet, name func(dialer.UserID) string) (file []byte, replaced []Replaced, err error) {
	var out bytes.Buffer
	t := l.table(&out, alphabet, func(r Replaced) error {
		replaced = append(replaced, r)
		return nil
	})
	err = t.add(l.headers(), l.headers())
	for _, r := range all {
		err = errors.Join(err, t.add(l.headers(), l.cells(r, name)))
	}
	err = errors.Join(err, t.out.Flush())
	return out.Bytes(), replaced, err
}

// TestRecordsComeBack: whatever was noted, the ward's system reads every cell as it was written; and where it differs from what was
// noted, the report names the cell, and nothing else.
func TestRecordsComeBack(t *testing.T) {
	l := DefaultLayout()
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(rows(), 0, 8).Draw(rt, "rows")
		file, replaced, err := l.Records(all, ward{}, named)
		if err != nil {
			rt.Fatal(err)
		}
		got := readBack(t, file)
		if len(got) != len(all)+1 || !bytes.HasSuffix(file, []byte("\r\n")) {
			rt.Fatalf("%d rows of %d", len(got), len(all))
		}
		told := map[string]bool{}
		for _, r := range replaced {
			told[fmt.Sprintf("%d %s", r.Row, r.Column)] = true
		}
		for i, r := range all {
			for n, c := range l.Columns {
				// encoding/csv reads CRLF within a cell as LF; CP932 has one code for each of the look-alikes.
				want := lookAlike(strings.ReplaceAll(fields[c.Field](r, l.Codes, named), "\r\n", "\n"))
				same := got[i+1][n] == want
				if at := fmt.Sprintf("%d %s", i+2, c.Header); same == told[at] {
					rt.Fatalf("%s: same %v, told %v: %q and %q", at, same, told[at], got[i+1][n], want)
				}
			}
		}
	})
}

func lookAlike(s string) string {
	return strings.NewReplacer("〜", "～", "−", "－", "—", "―", "‖", "∥").Replace(s)
}

// TestWhatCannotBeWritten is replaced by the rule, else by 〓, and each cell is named by row and column.
func TestWhatCannotBeWritten(t *testing.T) {
	l := DefaultLayout()
	file, replaced, err := l.Records([]Row{{WardNumber: "0000000001", Direction: dialer.Outbound, Result: dialer.Answered, Note: "a•b😀c髙"}}, ward{}, named)
	if err != nil {
		t.Fatal(err)
	}
	note := slices.IndexFunc(l.Columns, func(c Column) bool { return c.Field == "note" })
	if got := readBack(t, file)[1][note]; got != "a・b〓c髙" {
		t.Errorf("%q", got)
	}
	want := []Replaced{{2, "交渉経過", '•', "・"}, {2, "交渉経過", '😀', "〓"}}
	if !reflect.DeepEqual(replaced, want) || replaced[1].String() != "2行 交渉経過: U+1F600 → 〓" {
		t.Errorf("%v", replaced)
	}
}

// TestACallByHandSaysSo, whichever way it went, and one that came in says what it was.
func TestACallByHandSaysSo(t *testing.T) {
	l := DefaultLayout()
	for want, r := range map[string]Row{
		"区分:架電":     {Direction: dialer.Outbound, Origin: casework.BySIP},
		"区分:架電(手動)": {Direction: dialer.Outbound, Origin: casework.ByHand},
		"区分:受電(手動) / 受電区分:問合せ": {Direction: dialer.Inbound, Origin: casework.ByHand, Kind: casework.Inquiry},
		"区分:受電 / 受電区分:区の他用件":   {Direction: dialer.Inbound, Origin: casework.BySIP, Kind: casework.OtherBusiness},
	} {
		if got := l.Text(r, named); !strings.Contains(" / "+got+" / ", " / "+want+" / ") {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

// TestALayoutThatIsWrong is refused with the key.
func TestALayoutThatIsWrong(t *testing.T) {
	for key, change := range map[string]func(map[string]any){
		"encoding":              func(l map[string]any) { l["encoding"] = "ebcdic" },
		"columns: none":         func(l map[string]any) { l["columns"] = []any{} },
		"columns[0].field":      func(l map[string]any) { l["columns"] = []any{map[string]any{"header": "x", "field": "shoe_size"}} },
		"columns[0].header":     func(l map[string]any) { l["columns"] = []any{map[string]any{"header": "", "field": "date"}} },
		"columns: ward_number":  func(l map[string]any) { l["columns"] = []any{map[string]any{"header": "x", "field": "date"}} },
		"codes.result":          func(l map[string]any) { delete(l["codes"].(map[string]any)["result"].(map[string]any), "busy") },
		"codes.origin":          func(l map[string]any) { delete(l["codes"].(map[string]any), "origin") },
		"codes.kind":            func(l map[string]any) { delete(l["codes"].(map[string]any)["kind"].(map[string]any), "inquiry") },
		"formulas":              func(l map[string]any) { l["formulas"] = "run" },
		"replace":               func(l map[string]any) { l["replace"] = map[string]any{"ab": "c"} },
		"the layout of the rec": func(l map[string]any) { l["colums"] = 1 },
	} {
		var l map[string]any
		if err := json.Unmarshal(builtIn, &l); err != nil {
			t.Fatal(err)
		}
		change(l)
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseLayout(text); err == nil || !strings.HasPrefix(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestText is for a form of one field: without what is known there.
func TestText(t *testing.T) {
	r := Row{
		WardNumber: "0000000001", Attempt: "a", At: time.Date(2026, 11, 24, 1, 12, 0, 0, time.UTC), Direction: dialer.Outbound, NumberKind: dialer.KindMobile,
		Result: dialer.Answered, Party: casework.Self, Business: []casework.Business{casework.Information, casework.AccountTransfer}, Note: "案内済み", Operator: "o",
	}
	got := DefaultLayout().Text(r, named)
	if strings.Contains(got, "0000000001") || !strings.Contains(got, "対応時刻:10:12") || !strings.Contains(got, "交渉経過:案内済み") || !strings.Contains(got, "、") {
		t.Error(got)
	}
}

// day is a store of one day, whose destroyer remembers what it was left.
type day struct {
	rows      []Row
	numbers   []casework.EnteredNumber
	handoffs  []casework.Handoff
	taken     []string
	goes      []casework.EnteredNumber // of numbers, what was written down for the close
	most      int                      // that was handed over of anything at once
	gone      []string
	fails     error // when numbers are counted
	handing   Handover
	yearBegan time.Time
}

func (d *day) TakeForReturn(_ context.Context, c dayclose.Close) error {
	if d.taken = append(d.taken, c.ID); len(d.taken) == 1 {
		d.goes = slices.Clone(d.numbers)
	}
	return nil
}

// page is what follows one of all.
func page[T any](d *day, all []T, from, limit int) []T {
	all = all[from:min(from+limit, len(all))]
	d.most = max(d.most, len(all))
	return all
}

func (d *day) RowsOfReturn(_ context.Context, _ dayclose.Close, after *Row, limit int) ([]Row, error) {
	from := 0
	if after != nil {
		from = 1 + slices.IndexFunc(d.rows, func(r Row) bool { return r.Attempt == after.Attempt })
	}
	return page(d, d.rows, from, limit), nil
}

func (d *day) NumbersOfReturn(_ context.Context, _ dayclose.Close, after string, limit int) ([]casework.EnteredNumber, error) {
	return page(d, d.goes, 1+slices.IndexFunc(d.goes, func(n casework.EnteredNumber) bool { return n.ID == after }), limit), nil
}

func (d *day) CountNumbersOfReturn(context.Context, dayclose.Close) (taken, left int, err error) {
	return len(d.goes), len(d.numbers) - len(d.goes), d.fails
}

func (d *day) HandoffsToReturn(_ context.Context, c dayclose.Close) (ids []string, err error) {
	for _, h := range d.handoffs {
		if h.State == casework.HandoffAnswered || c.Final {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}

func (d *day) WholeHandoffs(_ context.Context, ids []string) (whole []casework.Handoff, err error) {
	for _, h := range d.handoffs {
		if slices.Contains(ids, h.ID) {
			whole = append(whole, h)
		}
	}
	d.most = max(d.most, len(whole))
	return whole, nil
}

func (d *day) Count() (recordings, keys int, err error) { return 5, 2, nil }
func (d *day) DestroyAll() error {
	d.gone = append(d.gone, "the recordings")
	return nil
}

func (d *day) ReturnHandoff(_ context.Context, id string, _ dialer.UserID, _ time.Time) error {
	d.gone = append(d.gone, id)
	return nil
}

func (d *day) Doomed(context.Context, dayclose.Close) (dayclose.Counts, error) {
	return dayclose.Counts{"persons": 3}, nil
}

func (d *day) Destroy(context.Context, dayclose.Close) error {
	d.gone = append(d.gone, "the day's keys")
	return nil
}

// TestACloseReturnsEverythingOnce: written twice it is the same files; what went counts as gone only when the rest is destroyed, and
// before it.
func TestACloseReturnsEverythingOnce(t *testing.T) {
	d := &day{
		rows:    []Row{{WardNumber: "0000000001", Direction: dialer.Outbound, Result: dialer.NoAnswer, Note: "😀"}},
		numbers: []casework.EnteredNumber{{ID: "n1", WardNumber: "0000000002", Number: "0300000001", Kind: dialer.KindFixed}},
		handoffs: []casework.Handoff{{
			ID: "h1", Kind: casework.HandOther, State: casework.HandoffAnswered, About: casework.HandoffAbout{WardNumber: "0000000003"},
			Events: []casework.HandoffEvent{{Text: "相談したいとのこと"}, {Text: "お受けします"}},
		}},
	}
	dir := t.TempDir()
	x := &Returner{Store: d, Then: d, Sound: d, Folder: dayclose.Folder(dir), Layout: DefaultLayout(), Alphabet: ward{}, Name: named, Now: time.Now}
	c := dayclose.Close{ID: "close-1", Day: dialer.Date{Year: 2026, Month: 11, Day: 24}}
	first, err := x.Return(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := x.Return(t.Context(), c)
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("%v, %v", again, err)
	}
	var kinds []string
	for _, f := range first {
		kinds = append(kinds, f.Kind)
		if err := x.Folder.Check(f); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(kinds, []string{"records", "numbers", "handoffs", "replaced"}) || len(d.gone) > 0 {
		t.Errorf("%v; gone: %v", kinds, d.gone)
	}
	report, err := os.ReadFile(dir + "/" + first[3].Name)
	if err != nil || !strings.Contains(string(report), "records 2行 交渉経過") {
		t.Errorf("%q, %v", report, err)
	}
	if counts, err := x.Doomed(t.Context(), c); err != nil || counts["persons"] != 3 || counts["handoffs"] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	// What a row says of another hand-off since is no proof that the ward has it: only what stands in the files goes.
	c.Files = first
	d.handoffs = append(d.handoffs, casework.Handoff{ID: "h9", State: casework.HandoffAnswered, About: casework.HandoffAbout{WardNumber: "0000000009"}})
	if err := x.Destroy(t.Context(), c); err != nil || !slices.Equal(d.gone, []string{"h1", "the day's keys"}) {
		t.Errorf("%v; %v", err, d.gone)
	}
}

// TestTheContractsEnd takes open hand-offs as they stand, and the recordings; one without a place for recordings has none to count.
func TestTheContractsEnd(t *testing.T) {
	d := &day{handoffs: []casework.Handoff{
		{ID: "h1", State: casework.HandoffAnswered, About: casework.HandoffAbout{WardNumber: "0000000003"}},
		{ID: "h2", State: casework.HandoffOpen, About: casework.HandoffAbout{WardNumber: "0000000004"}, Events: []casework.HandoffEvent{{Text: "分割の希望"}}},
		{ID: "h3", State: casework.HandoffAcknowledged, About: casework.HandoffAbout{WardNumber: "0000000005"}},
	}}
	dir := t.TempDir()
	x := &Returner{Store: d, Then: d, Handing: d, Sound: d, Folder: dayclose.Folder(dir), Layout: DefaultLayout(), Alphabet: ward{}, Name: named, Now: time.Now}
	c := dayclose.Close{ID: "close-1", Day: dialer.Date{Year: 2026, Month: 11, Day: 24}, Final: true}
	files, err := x.Return(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f dayclose.File) bool { return f.Kind == "handoffs" })
	body, err := os.ReadFile(dir + "/" + files[i].Name)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range readBack(t, body) {
		got = append(got, row[0]+" "+row[len(row)-1])
	}
	if want := []string{"宛名番号 状態", "0000000003 回答済", "0000000004 未確認", "0000000005 確認済"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if counts, err := x.Doomed(t.Context(), c); err != nil || counts["handoffs"] != 3 || counts["recordings"] != 5 || counts["recording_keys"] != 2 {
		t.Errorf("%v, %v", counts, err)
	}
	c.Files = files
	for range 2 { // the power failed in between
		if err := x.Destroy(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	once := []string{"h1", "h2", "h3", "the recordings", "the day's keys"}
	if !slices.Equal(d.gone, slices.Concat(once, once)) {
		t.Errorf("%v", d.gone)
	}
	x.Sound, d.gone = nil, nil
	if counts, err := x.Doomed(t.Context(), c); err != nil || counts["persons"] != 3 || counts["recordings"] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	if err := x.Destroy(t.Context(), c); err != nil || slices.Contains(d.gone, "the recordings") {
		t.Errorf("%v, %v", d.gone, err)
	}
}
