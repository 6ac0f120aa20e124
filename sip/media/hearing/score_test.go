package hearing

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// example is a labelled sound: what an ear has to say when it has heard it all.
type example struct {
	class    string
	pcm      []int16
	lost     float64 // share of its packets that do not arrive
	answered bool    // at its first sample
	after    time.Duration
	want     []Kind
	may      []Kind // what nobody can say is wrong

	spoke [2]time.Duration // when speech began and ended; both 0 where nobody spoke
}

// hear plays x to a new ear. Which packets are lost is drawn from a seed.
func (x *example) hear(seed uint64) *Ear {
	e := New(Config{})
	if x.answered {
		e.Answered(x.after)
	}
	rnd := rand.New(rand.NewPCG(seed, 1))
	for packet := range slices.Chunk(x.pcm, blockSamples) {
		if rnd.Float64() < x.lost {
			e.Skip(time.Duration(len(packet)) * time.Second / sampleRate)
		} else {
			e.Frame(packet)
		}
	}
	return e
}

// inCompany takes into account that others speak in the background: where nobody
// speaks nearer, an ear may take them for who is to be heard.
func (x *example) inCompany() {
	if slices.Contains(x.want, Speech) {
		return
	}
	x.want = slices.DeleteFunc(x.want, func(k Kind) bool { return k == Silence })
	x.may = append(x.may, Speech, Silence)
}

// tally is how often hints were right, for one kind.
type tally struct {
	right, wrong, missed int
	takenFor             map[string]int // classes in which it was heard and was not
	missedIn             map[string]int
}

func (y *tally) precision() float64 { return share(y.right, y.right+y.wrong) }
func (y *tally) recall() float64    { return share(y.right, y.right+y.missed) }

// share is 1 of nothing.
func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

type score struct {
	examples int
	by       [kinds]tally
	begun    []time.Duration // error of the first word's time
	ended    []time.Duration // and of the last's
}

func judge(examples []example) *score {
	s := &score{examples: len(examples)}
	for k := range s.by {
		s.by[k].takenFor, s.by[k].missedIn = map[string]int{}, map[string]int{}
	}
	for i, x := range examples {
		e := x.hear(uint64(i))
		for k := range kinds {
			y := &s.by[k]
			switch heard, there := e.Hint(k).Confidence >= Likely, slices.Contains(x.want, k); {
			case heard && there:
				y.right++
			case heard && slices.Contains(x.may, k):
			case heard:
				y.wrong++
				y.takenFor[x.class]++
			case there:
				y.missed++
				y.missedIn[x.class]++
			}
		}
		if h := e.Hint(Speech); h.Confidence >= Likely && slices.Contains(x.want, Speech) {
			s.begun = append(s.begun, (h.From - x.spoke[0]).Abs())
			s.ended = append(s.ended, (h.To - x.spoke[1]).Abs())
		}
	}
	return s
}

// table is the Markdown of docs/hearing.md.
func (s *score) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d examples\n\n| | there | precision | recall | heard in | missed in |\n|---|---|---|---|---|---|\n", s.examples)
	for k := range kinds {
		y := &s.by[k]
		fmt.Fprintf(&b, "| %s | %d | %.3f | %.3f | %s | %s |\n", k, y.right+y.missed, y.precision(), y.recall(), list(y.takenFor), list(y.missedIn))
	}
	fmt.Fprintf(&b, "\nFirst word: half within %s, 95 %% within %s. Last: %s, %s.\n",
		quantile(s.begun, 0.5), quantile(s.begun, 0.95), quantile(s.ended, 0.5), quantile(s.ended, 0.95))
	return b.String()
}

func list(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, counts[n])
	}
	return strings.Join(names, ", ")
}

func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[int(q*float64(len(of)-1))].Round(ms)
}

// least is what a kind must reach.
type least struct{ precision, recall float64 }

func (s *score) hold(t *testing.T, floors map[Kind]least) {
	t.Helper()
	_, slack := size(0)
	for k := range kinds {
		y, floor := &s.by[k], floors[k]
		if floor == (least{}) {
			t.Errorf("%s: nothing is asked of it", k)
		}
		if y.right+y.missed < 6 {
			t.Errorf("%s: %d examples prove nothing", k, y.right+y.missed)
		}
		if y.precision() < floor.precision-slack || y.recall() < floor.recall-slack {
			t.Errorf("%s: precision %.3f, recall %.3f; at least %.3f and %.3f are wanted",
				k, y.precision(), y.recall(), floor.precision-slack, floor.recall-slack)
		}
	}
}

// size is how many of full examples are made of each scene, and how far under its floor a figure may be: every day half
// of them, of which a few more or less make more of a difference.
func size(full int) (each int, slack float64) {
	if os.Getenv("KAKERU_LONG") != "" {
		return full, 0
	}
	return full / 2, 0.1
}
