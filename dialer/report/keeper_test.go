package report

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/bubble"
)

// ledgerOf is a ledger of a few calls, and what was issued of it.
type ledgerOf struct {
	calls    []time.Time
	open     []time.Time // calls that have not ended
	issued   []Issued
	down     error
	overtake bool
}

func (l *ledgerOf) Facts(_ context.Context, from, to time.Time, into Sink) error {
	for _, at := range l.calls {
		if !at.Before(from) && at.Before(to) {
			into.Attempt(Attempt{ID: "c", At: at, Direction: dialer.Outbound, Result: dialer.Busy, Counted: true})
		}
	}
	return l.down
}

func (l *ledgerOf) Papers(ctx context.Context, from, to time.Time, into PaperSink) error {
	return l.Facts(ctx, from, to, into)
}

func (l *ledgerOf) Custody(context.Context, time.Time, time.Time) (Custody, error) {
	return Custody{}, l.down
}

func (l *ledgerOf) Look(_ context.Context, periods []Period) ([]Look, error) {
	out := make([]Look, len(periods))
	in := func(p Period) func(time.Time) bool {
		return func(at time.Time) bool { return !at.Before(p.Start()) && at.Before(p.End()) }
	}
	for i, p := range periods {
		out[i] = Look{Any: p.Kind != Privacy && slices.ContainsFunc(l.calls, in(p)), Open: slices.ContainsFunc(l.open, in(p))}
	}
	return out, l.down
}

func (l *ledgerOf) IssuedSince(_ context.Context, since time.Time) ([]Issued, error) {
	newest := map[[2]string]Issued{}
	for _, i := range l.issued {
		if !i.At.Before(since) {
			newest[[2]string{string(i.Kind), i.Period}] = i
		}
	}
	return slices.Collect(maps.Values(newest)), nil
}

func (l *ledgerOf) FactsAndEarlier(ctx context.Context, from, to time.Time, into HistorySink) error {
	return l.Facts(ctx, from, to, into)
}

func (l *ledgerOf) Issue(_ context.Context, i Issued) (int, error) {
	if l.overtake {
		return 0, ErrIssued
	}
	l.issued = append(l.issued, i)
	return i.Revision, nil
}

func (l *ledgerOf) IssuedOf(_ context.Context, kind Kind, period string) (out []Issued, _ error) {
	for _, i := range l.issued {
		if i.Kind == kind && i.Period == period {
			out = append(out, i)
		}
	}
	return out, nil
}

func (l *ledgerOf) IssuedReport(_ context.Context, kind Kind, period string, revision int) (Issued, error) {
	for _, i := range l.issued {
		if i.Kind == kind && i.Period == period && i.Revision == revision {
			return i, nil
		}
	}
	return Issued{}, ErrNotIssued
}

func (l *ledgerOf) names() (out []string) {
	for _, i := range l.issued {
		name := i.Period
		if i.Kind == Inspection {
			name += " 検査"
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func clockRight() *dialer.Refusal { return nil }

// What is due is issued once: days with calls that are over, today once it is closed, the month and the year on the 1st after them.
func TestReportsIssueThemselves(t *testing.T) {
	at := func(day string) time.Time {
		d, err := dialer.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		return d.At(10 * 60)
	}
	l := &ledgerOf{calls: []time.Time{at("2027-03-30"), at("2027-03-31"), at("2027-04-01")}}
	now, closed := at("2027-03-31"), false
	k := Keeper{
		Issuer: Issuer{Ledger: l, Store: l}, Log: slog.New(slog.DiscardHandler), ClockWrong: clockRight,
		Options: func(context.Context) (Options, error) {
			o := Options{Now: now}
			if closed {
				o.Closed = dialer.DateOf(now)
			}
			return o, nil
		},
	}
	once := func(want ...string) {
		t.Helper()
		before := len(l.issued)
		n, err := k.Once(t.Context())
		if err != nil || n != len(l.issued)-before || !slices.Equal(l.names(), want) {
			t.Errorf("%s: %d issued (%v): %v, want %v", now, n, err, l.names(), want)
		}
	}
	l.down = errors.New("away")
	if _, err := k.Once(t.Context()); !errors.Is(err, l.down) {
		t.Errorf("%v", err)
	}
	l.down, l.overtake = nil, true
	once() // another node was first
	l.overtake = false
	once("2027-03-30")
	closed = true
	once("2027-03-30", "2027-03-31")
	once("2027-03-30", "2027-03-31")
	closed, now = false, at("2027-04-01")
	l.open = []time.Time{at("2027-03-31").Add(time.Hour)} // another node's, so the month and the year wait too
	once("2027-03-30", "2027-03-31")
	l.open = nil
	once("2026", "2027-03", "2027-03 検査", "2027-03-30", "2027-03-31")
	now = at("2027-09-02") // nobody was there for months
	once("2026", "2027-03", "2027-03 検査", "2027-03-30", "2027-03-31", "2027-04", "2027-04 検査", "2027-04-01")
	for _, i := range l.issued {
		if r, err := i.Report(); err != nil || !r.Whole {
			t.Errorf("%s went out before it was whole: %v", i.Period, err)
		}
		if i.By != "" || i.Reason != "" || i.Revision != 1 {
			t.Errorf("%+v", i)
		}
	}
}

// A day that somebody issued at noon goes out again when it is closed, and says why; then no more.
func TestADayIssuedTooEarlyIsIssuedAgain(t *testing.T) {
	noon := time.Date(2027, 4, 1, 12, 0, 0, 0, dialer.Tokyo)
	l := &ledgerOf{calls: []time.Time{noon.Add(-time.Hour)}}
	o := Options{Now: noon}
	k := Keeper{
		Issuer: Issuer{Ledger: l, Store: l}, Log: slog.New(slog.DiscardHandler), ClockWrong: clockRight,
		Options: func(context.Context) (Options, error) { return o, nil },
	}
	day, err := ParsePeriod(OfDay, "2027-04-01", noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Issuer.Issue(t.Context(), o, day, "sv", ""); err != nil {
		t.Fatal(err)
	}
	o.Closed = day.From
	for i, want := range []int{1, 0, 0} {
		if n, err := k.Once(t.Context()); n != want || err != nil {
			t.Errorf("round %d: %d issued, %v; want %d", i, n, err, want)
		}
	}
	if len(l.issued) != 2 || l.issued[1].Revision != 2 || l.issued[1].Reason == "" {
		t.Errorf("%+v", l.issued)
	}
	var asked *AskError
	if _, err := k.Issuer.Issue(t.Context(), o, day, "sv", "念のため"); !errors.As(err, &asked) {
		t.Errorf("issued though no figure changed: %v", err)
	}
}

// By a clock that is not believed nothing is issued, which is said once; once it is believed what is due goes out, and only that.
func TestNothingIsIssuedByAClockThatIsNotBelieved(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		var said bytes.Buffer
		right, wrong := time.Date(2027, 4, 1, 12, 0, 0, 0, dialer.Tokyo), true
		l := &ledgerOf{calls: []time.Time{right}}
		k := Keeper{
			Issuer: Issuer{Ledger: l, Store: l}, Log: slog.New(slog.NewTextHandler(&said, nil)),
			Options: func(context.Context) (Options, error) {
				if wrong {
					return Options{Now: right.AddDate(0, 0, 100)}, nil
				}
				return Options{Now: right}, nil
			},
			ClockWrong: func() *dialer.Refusal {
				if wrong {
					return &dialer.Refusal{Rule: dialer.ClockOff, EN: "apart"}
				}
				return nil
			},
		}
		runs := func(during time.Duration) {
			ctx, stop := context.WithTimeout(t.Context(), during)
			defer stop()
			if err := k.Run(ctx, time.Minute); err != nil {
				t.Error(err)
			}
		}
		runs(10*time.Minute + time.Second)
		if len(l.issued) > 0 || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("issued %v, said %s", l.names(), &said)
		}
		wrong = false
		if runs(time.Second); len(l.issued) > 0 {
			t.Errorf("issued before it was over: %v", l.names())
		}
		right = right.AddDate(0, 0, 1)
		if runs(time.Second); len(l.issued) == 0 {
			t.Error("what waited was not issued")
		}
	})
}
