//go:build !production

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
)

// mediaFigures are what `kakeru bench media` measures: rows by round and system.
type mediaFigures struct {
	calls   int
	seconds float64
	systems []mediaSystemKind
	rounds  [][]mediaRow
}

// callMinute is a minute of a call: 50 packets a second either way, so many come in and as many go out.
const callMinute = 6000

// over is the median over the rounds of a figure of one system; direct is the row of the way without it.
func (f *mediaFigures) over(system int, figure func(r, direct mediaRow) float64) float64 {
	var of []float64
	for _, rows := range f.rounds {
		of = append(of, figure(rows[system], rows[0]))
	}
	return median(of)
}

// worst is the most of any round.
func (f *mediaFigures) worst(system int, figure func(mediaRow) int) int {
	most := 0
	for _, rows := range f.rounds {
		most = max(most, figure(rows[system]))
	}
	return most
}

func perCallMinute(r, _ mediaRow) float64 { return per(r.cpu.Seconds()*callMinute, r.passed) }

// lostByIt is what arrived neither at a far end nor at its full socket.
func lostByIt(r mediaRow) int { return max(0, r.sent-r.heard-r.dropped) }

// added is the delay a system adds: its percentile, less the median of the way without it.
func added(i int) func(r, direct mediaRow) float64 {
	return func(r, direct mediaRow) float64 { return max(0, r.delay[i]-direct.delay[0]) }
}

func per(amount float64, of int) float64 {
	if of == 0 {
		return 0
	}
	return amount / float64(of)
}

// ratio is Kakeru's CPU time to that of another system of the same round.
func (f *mediaFigures) ratio(to int) float64 {
	own := len(f.systems) - 1
	var of []float64
	for _, rows := range f.rounds {
		if theirs := perCallMinute(rows[to], mediaRow{}); theirs > 0 {
			of = append(of, perCallMinute(rows[own], mediaRow{})/theirs)
		}
	}
	return median(of)
}

// find is a system's place by the prefix of its figures; -1 if it was not there.
func (f *mediaFigures) find(prefix string) int {
	return slices.IndexFunc(f.systems, func(k mediaSystemKind) bool { return k.prefix == prefix })
}

// MarshalJSON gives one flat object of numbers.
func (f *mediaFigures) MarshalJSON() ([]byte, error) {
	all := map[string]float64{"calls": float64(f.calls), "seconds": f.seconds, "rounds": float64(len(f.rounds))}
	for i, s := range f.systems {
		put := func(name string, v float64) { all[s.prefix+name] = v }
		put("sent", f.over(i, func(r, _ mediaRow) float64 { return float64(r.sent) }))
		put("lost", float64(f.worst(i, lostByIt)))
		put("misdelivered", float64(f.worst(i, func(r mediaRow) int { return r.strays })))
		put("lost_by_generator", float64(f.worst(i, func(r mediaRow) int { return r.dropped + r.failed })))
		put("generator_late_p99_ms", f.over(i, func(r, _ mediaRow) float64 { return r.late[1] }))
		put("generator_cpu_s", f.over(i, func(r, _ mediaRow) float64 { return r.generatorCPU.Seconds() }))
		put("others_cpu_s", f.over(i, func(r, _ mediaRow) float64 { return r.othersCPU.Seconds() }))
		if i == 0 {
			for k, name := range delayNames {
				put(name, f.over(i, func(r, _ mediaRow) float64 { return r.delay[k] }))
			}
			continue
		}
		for k, name := range delayNames {
			put(name, f.over(i, added(k)))
		}
		put("cpu_s_per_call_minute", f.over(i, perCallMinute))
		put("bytes_per_call", f.over(i, f.bytesPerCall))
		if s.prefix == "" {
			put("allocs_per_packet", f.over(i, allocsPerPacket))
			continue
		}
		all["cpu_to_"+s.prefix[:len(s.prefix)-1]] = f.ratio(i)
	}
	return json.Marshal(all)
}

var delayNames = [len(mediaShares)]string{"delay_p50_ms", "delay_p99_ms", "delay_p999_ms"}

func (f *mediaFigures) bytesPerCall(r, _ mediaRow) float64 { return per(float64(r.resident), f.calls) }

func allocsPerPacket(r, _ mediaRow) float64 { return per(float64(r.mallocs), r.passed) }

// print is the table for people.
func (f *mediaFigures) print(w io.Writer) {
	fmt.Fprintf(w, "%d calls, both ways, %g s after warming up; median of %d; %d cores, generator included\n",
		f.calls, f.seconds, len(f.rounds), runtime.NumCPU())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tCPU s per\tdelay added, ms\t\t\t\t\tKiB a\tgenerator late,\tCPU s of\t\t")
	fmt.Fprintln(t, "\tcall-minute\tp50\tp99\tp99.9\tsent\tlost\tcall\tms, p99\tgenerator\tothers\t")
	for i, s := range f.systems {
		spent, held, delay := "-", "-", added
		if i == 0 {
			delay = func(k int) func(r, _ mediaRow) float64 { return func(r, _ mediaRow) float64 { return r.delay[k] } }
		} else {
			spent, held = fmt.Sprintf("%.4f", f.over(i, perCallMinute)), fmt.Sprintf("%.0f", f.over(i, f.bytesPerCall)/1024)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%.0f\t%d\t%s\t%.3f\t%.2f\t%.2f\t\n", s.name, spent,
			inMillis(f.over(i, delay(0))), inMillis(f.over(i, delay(1))), inMillis(f.over(i, delay(2))), f.over(i, func(r, _ mediaRow) float64 { return float64(r.sent) }),
			f.worst(i, lostByIt), held, f.over(i, func(r, _ mediaRow) float64 { return r.late[1] }),
			f.over(i, func(r, _ mediaRow) float64 { return r.generatorCPU.Seconds() }),
			f.over(i, func(r, _ mediaRow) float64 { return r.othersCPU.Seconds() }))
	}
	_ = t.Flush() // to a person
	f.printNotes(w)
}

// inMillis writes a delay; the longest are not told apart.
func inMillis(ms float64) string {
	if ms > 499 {
		return "> 499"
	}
	return fmt.Sprintf("%.3f", ms)
}

// tooLate is when packets were sent so many milliseconds after their instants that they came in bursts.
const tooLate = 1

func (f *mediaFigures) printNotes(w io.Writer) {
	own := len(f.systems) - 1
	for i, s := range f.systems[1:own] {
		fmt.Fprintf(w, "CPU, kakeru to %s: %.2f\n", s.name, f.ratio(i+1))
	}
	fmt.Fprintf(w, "allocations per packet, kakeru: %.4f\n", f.over(own, allocsPerPacket))
	if f.find("rtpengine_") < 0 {
		fmt.Fprintln(w, "rtpengine is not installed and was left out; `make bench-media` installs it")
	}
	for i, s := range f.systems {
		if late := f.over(i, func(r, _ mediaRow) float64 { return r.late[1] }); late > tooLate {
			fmt.Fprintf(w, "%s: the generator was late (p99 %.1f ms): the machine had too little left, the figures say little\n", s.name, late)
		}
		if n := f.worst(i, func(r mediaRow) int { return r.dropped + r.failed }); n > 0 {
			fmt.Fprintf(w, "%s: the generator itself lost up to %d packets; they do not count\n", s.name, n)
		}
		if n := f.worst(i, func(r mediaRow) int { return r.strays }); n > 0 {
			fmt.Fprintf(w, "%s: up to %d packets came to the wrong end, and count as lost\n", s.name, n)
		}
	}
}
