package dialer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		n      Number
		rule   string
		kind   NumberKind
		madeUp bool
	}{
		{"0312345678", "", KindFixed, false},
		{"0300001234", "", KindFixed, true},
		{"0111234567", "", KindFixed, false},
		{"0991234567", "", KindFixed, false},
		{"09012345678", "", KindMobile, false},
		{"09001234567", "", KindMobile, true},
		{"08012345678", "", KindMobile, false},
		{"07012345678", "", KindMobile, false},
		{"06012345678", "", KindMobile, false},
		{"05012345678", "", KindIP, false},
		{"05001234567", "", KindIP, true},
		{"0120123456", "", KindFreeDial, false},
		{"08001234567", "", KindFreeDial, false},
		{"0570012345", "", KindNavi, false},
		{"", "length", KindNever, false},
		{"0", "length", KindNever, false},
		{"031234567", "length", KindNever, false},
		{"03123456789", "length", KindNever, false},
		{"0901234567", "length", KindNever, false},
		{"080012345678", "length", KindNever, false},
		{"312345678", "length", KindNever, false},
		{"110", "service", KindNever, false},
		{"118", "service", KindNever, false},
		{"119", "service", KindNever, false},
		{"104", "service", KindNever, false},
		{"1840312345678", "caller_id_prefix", KindNever, false},
		{"1860312345678", "caller_id_prefix", KindNever, false},
		{"0990123456", "special_service", KindNever, false},
		{"0180123456", "special_service", KindNever, false},
		{"02012345678", "special_service", KindNever, false},
		{"010441234567", "international", KindNever, false},
		{"0033441234", "international", KindNever, false},
		{"*310312345678", "not_digits", KindNever, false},
		{"#7119", "not_digits", KindNever, false},
		{"03-1234-5678", "not_digits", KindNever, false},
		{"+81312345678", "not_digits", KindNever, false},
		{"０３１２３４５６７８", "not_digits", KindNever, false},
	} {
		rule, why := c.n.Forbidden()
		if rule != c.rule || (why == "") != (rule == "") {
			t.Errorf("%q: %q (%s), want %q", string(c.n), rule, why, c.rule)
		}
		if c.n.Kind() != c.kind || c.n.MadeUp() != c.madeUp {
			t.Errorf("%q: %s, made up %v", string(c.n), c.n.Kind(), c.n.MadeUp())
		}
		wantOperator := c.rule
		if c.kind == KindNavi {
			wantOperator = "navi_dial"
		}
		if rule, _ := c.n.ForbiddenFor(false); rule != wantOperator {
			t.Errorf("%q for an operator: %q", string(c.n), rule)
		}
		if rule, _ := c.n.ForbiddenFor(true); rule != c.rule {
			t.Errorf("%q for a supervisor: %q", string(c.n), rule)
		}
	}
}

func TestLastTwo(t *testing.T) {
	for n, want := range map[Number]string{"": "", "7": "", "0300001246": "46"} {
		if got := n.LastTwo(); got != want {
			t.Errorf("%q: %q", string(n), got)
		}
	}
}

// A number never reaches a log, however it is logged.
func TestNumbersDoNotLog(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	log.Info("call", "number", Number("09001234567"))
	log.With("number", Number("09001234567")).Info("call")
	if strings.Contains(b.String(), "001234567") || !strings.Contains(b.String(), "[mobile]") {
		t.Error(b.String())
	}
}

// What begins like a service, an international or a special number is never dialled, whatever follows; and what may be
// dialled is ten or eleven digits from 0 on.
func FuzzForbidden(f *testing.F) {
	for _, s := range []string{"0312345678", "110", "0570012345", "00101", "0990000000", "", "０"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if rule, _ := Number(s).ForbiddenFor(true); rule != "" {
			return
		}
		if len(s) != 10 && len(s) != 11 || strings.Trim(s, "0123456789") != "" || s[0] != '0' || s[1] == '0' {
			t.Fatalf("%q may be dialled", s)
		}
		for _, never := range []string{"010", "020", "0990", "0180"} {
			if strings.HasPrefix(s, never) {
				t.Fatalf("%q may be dialled", s)
			}
		}
	})
}

func TestNewID(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, Tokyo)
	rapid.Check(t, func(t *rapid.T) {
		a := now.Add(time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "ms")) * time.Millisecond)
		id, later := NewID(a), NewID(a.Add(time.Millisecond))
		if len(id) != 36 || id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) || strings.Count(id, "-") != 4 {
			t.Fatalf("%s is no UUIDv7", id)
		}
		if id >= later {
			t.Fatalf("%s is not before %s", id, later)
		}
	})
	seen := map[string]bool{}
	for range 1000 {
		seen[NewID(now)] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 ids of one instant differ", len(seen))
	}
	// RFC 9562, appendix A.6: the time of its example.
	if id := NewID(time.UnixMilli(0x017F22E279B0)); !strings.HasPrefix(id, "017f22e2-79b0-7") {
		t.Error(id)
	}
}

func TestRefs(t *testing.T) {
	r, other := NewRefs([]byte(strings.Repeat("a", 32))), NewRefs([]byte(strings.Repeat("b", 32)))
	n := r.Number("0312345678")
	if n != r.Number("0312345678") || n == r.Number("0312345679") || n == r.Case("0312345678") || n == other.Number("0312345678") {
		t.Error("a reference is the same for the same thing under the same secret, and for nothing else")
	}
	if len(n) != 24 || strings.Contains(n, "0312345678") {
		t.Errorf("%q", n)
	}
}

func TestRefusalsSaySomething(t *testing.T) {
	for rule, r := range refusals {
		if r.Rule != rule || r.JA == "" || r.EN == "" {
			t.Errorf("%s: %+v", rule, r)
		}
		if got := Refuse(rule); got.Error() != string(rule)+": "+r.EN {
			t.Errorf("%q", got.Error())
		}
	}
	if (&Repeated{ID: "x"}).Error() == "" || !(Asker{Role: RoleSupervisor}).Supervises() || (Asker{Role: RoleAdmin}).Supervises() {
		t.Error("who may what")
	}
}
