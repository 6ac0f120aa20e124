package audit

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

var testChain = NewChain(bytes.Repeat([]byte{7}, 32))

// record makes a record of n entries.
func record(n int) []Entry {
	var all []Entry
	last := Entry{}
	for i := range n {
		last = testChain.Append(last, Event{
			At: time.Date(2026, 11, 28, 9, 0, i, 1234, time.UTC), By: dialer.UserID("user"), Role: dialer.RoleOperator, Action: Actions[i%len(Actions)],
			Route: "GET /api/cases/{id}", Object: strings.Repeat("o", i%4), Refs: []string{"b", "a", "b"}[:i%4%3+1],
		})
		all = append(all, last)
	}
	return all
}

func check(all []Entry, anchors ...Anchor) []Finding {
	c := NewChecker(testChain, anchors)
	for _, e := range all {
		c.Read(e)
	}
	return c.End().Findings
}

func TestARecordAsWrittenHasNoFault(t *testing.T) {
	all := record(50)
	if found := check(all, AnchorOf(all[9]), AnchorOf(all[49]), AnchorOf(all[9])); len(found) > 0 {
		t.Error(found)
	}
	if found := check(nil); len(found) > 0 {
		t.Error(found)
	}
	if !slices.Equal(all[2].Refs, []string{"a", "b"}) {
		t.Errorf("refs are kept once and in order: %v", all[2].Refs)
	}
}

// TestEveryChangeIsFoundAndNamed: whoever has the database and not the key can change any field of any entry, take any out,
// exchange two, put one in, or write one's content under another's seal. The entry is named each time.
func TestEveryChangeIsFoundAndNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "entries")
		all := record(n)
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		e := &all[at]
		named := func(found []Finding, faults ...Fault) {
			t.Helper()
			if len(found) == 0 {
				t.Fatal("nothing was found")
			}
			for _, f := range found {
				if slices.Contains(faults, f.Fault) && f.N <= int64(at+1) && int64(at+1) <= f.To {
					return
				}
			}
			t.Fatalf("entry %d was touched; found %v", at+1, found)
		}
		switch what := rapid.SampledFrom([]string{"field", "seal", "before", "out", "exchange", "renumber", "double"}).Draw(t, "what"); what {
		case "field":
			fields := []func(){
				func() { e.At = e.At.Add(time.Microsecond) }, func() { e.By += "x" }, func() { e.Role = dialer.RoleAdmin }, func() { e.Action = "x" },
				func() { e.Route += "x" }, func() { e.Object += "x" }, func() { e.Outcome += "x" }, func() { e.Detail += "x" }, func() { e.Address += "x" },
				func() { e.Refs = append(e.Refs, "z") }, func() { e.Refs = nil }, func() { e.Route, e.Object = e.Route+e.Object+"y", "" },
			}
			rapid.SampledFrom(fields).Draw(t, "field")()
			named(check(all), FaultChanged)
		case "seal":
			e.Seal = bytes.Repeat([]byte{1}, SealBytes)
			named(check(all), FaultChanged)
		case "before":
			e.Before = bytes.Repeat([]byte{1}, SealBytes)
			named(check(all), FaultChanged)
		case "out":
			if at == n-1 {
				named(check(all[:at], AnchorOf(all[at])), FaultCutOff)
				return
			}
			named(check(slices.Delete(all, at, at+1), AnchorOf(all[at])), FaultMissing)
		case "exchange":
			other := (at + 1) % n
			all[at].N, all[other].N = all[other].N, all[at].N
			slices.SortFunc(all, func(a, b Entry) int { return int(a.N - b.N) })
			named(check(all), FaultChanged)
		case "renumber": // one taken out, and those behind moved up
			if at == n-1 {
				return
			}
			all = slices.Delete(all, at, at+1)
			for i := range all {
				all[i].N = int64(i + 1)
			}
			named(check(all), FaultChanged, FaultWrongKey) // of the first, and so all, it is the same to see
		case "double": // an older entry's whole content and seal in place of this one
			if at == 0 {
				return
			}
			n := e.N
			*e = all[at-1]
			e.N = n
			named(check(all), FaultChanged)
		}
	})
}

// TestWhoHasTheKeyTooIsFoundByAnAnchor: the record written anew from an entry on, under the right key, is another than the one that
// was anchored.
func TestWhoHasTheKeyTooIsFoundByAnAnchor(t *testing.T) {
	all := record(10)
	kept := AnchorOf(all[7])
	e := all[4]
	e.By = "another"
	last := all[3]
	for i := 4; i < len(all); i++ {
		event := all[i].Event
		if i == 4 {
			event = e.Event
		}
		last = testChain.Append(last, event)
		all[i] = last
	}
	if found := check(all); len(found) > 0 {
		t.Fatalf("without an anchor it holds: %v", found)
	}
	if found := check(all, kept); len(found) != 1 || found[0] != (Finding{Fault: FaultAnchor, N: 8, To: 8}) {
		t.Errorf("found %v", found)
	}
}

// TestOneEntryReplacedUnderTheKey: sealed rightly, but behind another entry.
func TestOneEntryReplacedUnderTheKey(t *testing.T) {
	all := record(5)
	e := all[2].Event
	e.Object = "another"
	all[2] = testChain.Append(all[1], e)
	if found := check(all); len(found) != 1 || found[0] != (Finding{Fault: FaultUnlinked, N: 4, To: 4}) {
		t.Errorf("found %v", found)
	}
}

func TestAnotherKeyIsSaidSo(t *testing.T) {
	c := NewChecker(NewChain(bytes.Repeat([]byte{8}, 32)), nil)
	for _, e := range record(5) {
		c.Read(e)
	}
	if found := c.End().Findings; len(found) != 1 || found[0].Fault != FaultWrongKey {
		t.Errorf("found %v", found)
	}
}

func TestAnchorsAreReadAsWritten(t *testing.T) {
	a := AnchorOf(record(3)[2])
	a.At = a.At.Truncate(time.Second)
	back, unread, err := ReadAnchors(strings.NewReader("# kept by the ward\n\n" + a.String() + "\n"))
	if err != nil || len(unread) != 0 || len(back) != 1 || back[0].N != a.N || !back[0].At.Equal(a.At) || !bytes.Equal(back[0].Seal, a.Seal) {
		t.Fatalf("%v %v", back, err)
	}
	for _, bad := range []string{"x", "kakeru-audit-1 0 2026-11-28T00:00:00Z AA", strings.Replace(a.String(), " 3 ", " three ", 1), a.String()[:60], a.String() + " x"} {
		back, unread, err := ReadAnchors(strings.NewReader(a.String() + "\n" + bad + "\n" + a.String()))
		if err != nil || !slices.Equal(unread, []int{2}) || len(back) != 2 {
			t.Errorf("%q: %d anchors, lines %v, %v", bad, len(back), unread, err)
		}
	}
}

func FuzzParseAnchor(f *testing.F) {
	f.Add(AnchorOf(record(1)[0]).String())
	f.Fuzz(func(t *testing.T, line string) {
		a, err := ParseAnchor(line)
		if err != nil {
			return
		}
		if again, err := ParseAnchor(a.String()); err != nil || again.N != a.N || !again.At.Equal(a.At) || !bytes.Equal(again.Seal, a.Seal) {
			t.Errorf("%q was read as %v, and back as %v (%v)", line, a, again, err)
		}
	})
}
