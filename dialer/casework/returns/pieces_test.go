package returns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// plenty is a day of more than one page of everything.
func plenty() *day {
	d := &day{}
	for i := range 2*rowsAtOnce + 1 {
		d.rows = append(d.rows, Row{
			Attempt: dialer.CallID(fmt.Sprint("a", i)), WardNumber: fmt.Sprintf("%010d", i), Direction: dialer.Outbound, Result: dialer.NoAnswer, Note: "😀",
		})
	}
	for i := range 3 * numbersAtOnce { // the last page is full
		d.numbers = append(d.numbers, casework.EnteredNumber{ID: fmt.Sprint("n", i), WardNumber: fmt.Sprintf("%010d", i), Kind: dialer.KindFixed})
	}
	for i := range 2*handoffsAtOnce + 1 {
		d.handoffs = append(d.handoffs, casework.Handoff{
			ID: fmt.Sprint("h", i), State: casework.HandoffAnswered, About: casework.HandoffAbout{WardNumber: fmt.Sprintf("%010d", i)},
			Events: []casework.HandoffEvent{{Text: "相談"}},
		})
	}
	return d
}

func returnerOf(d *day, dir string) *Returner {
	return &Returner{Store: d, Then: d, Folder: dayclose.Folder(dir), Layout: DefaultLayout(), Alphabet: ward{}, Name: named, Now: time.Now}
}

var ordinary = dayclose.Close{ID: "close-1", Day: dialer.Date{Year: 2026, Month: 11, Day: 24}}

// TestACloseReadsByPages: however much a day holds, no more than a page of it is read at once, and each row is in its file once, in order.
func TestACloseReadsByPages(t *testing.T) {
	d, dir := plenty(), t.TempDir()
	files, err := returnerOf(d, dir).Return(t.Context(), ordinary)
	if err != nil {
		t.Fatal(err)
	}
	if d.most > numbersAtOnce {
		t.Errorf("%d were in memory at once", d.most)
	}
	for kind, want := range map[string]int{kindRecords: len(d.rows), kindNumbers: len(d.numbers), kindHandoffs: len(d.handoffs)} {
		for _, f := range files {
			if f.Kind != kind {
				continue
			}
			body, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
			if err != nil {
				t.Fatal(err)
			}
			got := readBack(t, body)
			if len(got) != want+1 || f.Rows != want {
				t.Fatalf("%s: %d rows, said to be %d, want %d", kind, len(got)-1, f.Rows, want)
			}
			at := 0
			if kind == kindRecords {
				at = slices.Index(got[0], "宛名番号")
			}
			for i, row := range got[1:] {
				if row[at] != fmt.Sprintf("%010d", i) {
					t.Fatalf("%s: row %d is of %s", kind, i, row[at])
				}
			}
			want = -1
		}
		if want >= 0 {
			t.Errorf("there is no file of %s", kind)
		}
	}
	last := files[len(files)-1]
	if last.Kind != kindReplaced || last.Rows != len(d.rows) {
		t.Errorf("of what could not be written is told %+v", last)
	}
	for _, f := range files {
		if f.Kind == kindHandoffs && len(strings.Fields(f.IDs)) != len(d.handoffs) {
			t.Errorf("%d hand-offs stand in the file", len(strings.Fields(f.IDs)))
		}
	}
}

// TestACloseThatFailsHalfWayLeavesNothing: neither a part of a file nor what was reported of it; carried on, all is there.
func TestACloseThatFailsHalfWayLeavesNothing(t *testing.T) {
	d, dir := plenty(), t.TempDir()
	x := returnerOf(d, dir)
	x.Store = &failing{day: d, after: 2}
	if _, err := x.Return(t.Context(), ordinary); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, "*", ".*"))
	if err != nil || len(left) != 1 || !strings.Contains(left[0], kindRecords) || len(hidden) > 0 {
		t.Errorf("%v %v, %v", left, hidden, err)
	}
	x.Store = d
	if files, err := x.Return(t.Context(), ordinary); err != nil || len(files) != 4 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestNothingGoesWhileANumberIsInNoFile: neither what was written down after the file nor what nobody wrote down: it is said before there is no way back, and
// keeps nothing from its end afterwards, when only a row that is nobody's can have come.
func TestNothingGoesWhileANumberIsInNoFile(t *testing.T) {
	one := casework.EnteredNumber{ID: "late", WardNumber: "0000000001", Kind: dialer.KindFixed}
	for name, spoil := range map[string]func(*day){
		"entered since":      func(d *day) { d.numbers = append(d.numbers, one) },
		"written down since": func(d *day) { d.numbers, d.goes = append(d.numbers, one), append(d.goes, one) },
	} {
		d := &day{numbers: []casework.EnteredNumber{{ID: "n", WardNumber: "0000000002", Kind: dialer.KindFixed}}}
		x := returnerOf(d, t.TempDir())
		c := ordinary
		var err error
		if c.Files, err = x.Return(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Doomed(t.Context(), c); err != nil {
			t.Errorf("%s: before: %v", name, err)
		}
		spoil(d)
		if _, err := x.Doomed(t.Context(), c); !errors.Is(err, ErrNumbersLeft) {
			t.Errorf("%s: counted: %v", name, err)
		}
		if len(d.gone) > 0 {
			t.Errorf("%s: gone %v", name, d.gone)
		}
		if err := x.Destroy(t.Context(), c); err != nil {
			t.Errorf("%s: a close that cannot be given up any more stands still: %v", name, err)
		}
	}
}

// TestAFileIsNotInMemory: what a close allocates at once for numbers does not grow with them.
func TestAFileIsNotInMemory(t *testing.T) {
	var out bytes.Buffer
	l := DefaultLayout()
	wrote := 0
	tab := l.table(writer(func(p []byte) (int, error) {
		wrote = max(wrote, len(p))
		return out.Write(p)
	}), ward{}, func(Replaced) error { return nil })
	for range 10_000 {
		if err := tab.add(numberHeaders, make([]string, len(numberHeaders))); err != nil {
			t.Fatal(err)
		}
	}
	if held := 10_000*(3*len(numberHeaders)+1) - out.Len(); held > 4096 || wrote > 4096 {
		t.Errorf("%d octets are held, %d were written at once", held, wrote)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

var errAway = errors.New("the database is away")

// failing is a day whose numbers cannot be read after some pages.
type failing struct {
	*day
	after int
}

func (f *failing) NumbersOfReturn(ctx context.Context, c dayclose.Close, after string, limit int) ([]casework.EnteredNumber, error) {
	if f.after--; f.after < 0 {
		return nil, errAway
	}
	return f.day.NumbersOfReturn(ctx, c, after, limit)
}
