package recording

import (
	"errors"
	"sync"
	"syscall"
	"time"

	"kakeru/sip/media"
)

const (
	writeEvery = 100 * time.Millisecond
	syncEvery  = time.Second
)

// ErrFull is told of a recording that ended because there was no room for it.
var ErrFull = errors.New("the disk is full")

// ErrSlow is told of a recording that the disk did not take in time: its file, or its end, which is written all the same, if the disk ever takes it.
var ErrSlow = errors.New("the disk did not take it in time")

var errUnwritable = errors.New("the file cannot be written")

// Event is something that happens to a recording beside what is asked of it.
type Event struct {
	// Err is why it has ended; nil of a gap, after which it goes on. It names no file.
	Err error
}

// Kept is what a recording came to.
type Kept struct {
	Ref    string
	From   time.Time
	Until  time.Time
	Pauses []Pause
	Lost   time.Duration // of sound: the disk or we were too slow, or it came out of its time
	Err    error         // why it ended before its time; nil when it did not
}

// Recording is a talk being recorded.
type Recording struct {
	recorder *Recorder
	bridge   *media.Bridge
	ref      reference
	tap      *media.Tap
	from     time.Time               // by the house's clock
	mixer    *mixer                  // by this machine's
	laws     [channels]media.ToMuLaw // the tap's goroutine has them
	tell     func(Event)
	ending   sync.Once
	stop     chan struct{}
	done     chan struct{} // closed when the file is

	// These belong to the writer's goroutine, until done.
	file   file
	good   int64 // octets that are whole chunks
	sealer *sealer
	synced time.Time
	gap    bool  // was told
	err    error // why it ended before its time
}

// Ref names the recording.
func (g *Recording) Ref() string { return g.ref.String() }

// From is when it began.
func (g *Recording) From() time.Time { return g.from }

// when is when something was by the house's clock, as that stood at the beginning: what was counted since is added. So nothing ends before it
// began, whatever clock was set meanwhile.
func (g *Recording) when(at time.Time) time.Time { return g.from.Add(at.Sub(g.mixer.began)) }

// listen is the tap's. It writes what the other end could hear.
func (g *Recording) listen(sounds []media.Sound) {
	for i := range sounds {
		s := &sounds[i]
		to, heard := g.bridge.HearsOf(s.Side)
		if !heard || !g.bridge.Takes(to) {
			continue
		}
		channel := customer
		if s.Side != media.Customer {
			channel = operator
			if to != media.Customer { // two desks, while the customer waits
				continue
			}
		}
		g.mixer.put(channel, packet{ssrc: s.SSRC, stamp: s.Stamp, seq: s.Seq, at: s.At, octets: g.laws[channel].Write(s)})
	}
}

// Pause stops recording, or has it go on. It reports whether that changed anything.
func (g *Recording) Pause(on bool) bool { return g.mixer.pause(on, g.recorder.counts()) }

// Cut has nothing recorded that comes from now on. It does not block; End must follow.
func (g *Recording) Cut() { g.mixer.end(g.recorder.counts()) }

// End ends the recording and waits, no longer than patience, until the file has all of it. It may be called again.
func (g *Recording) End(patience time.Duration) Kept {
	g.ending.Do(func() {
		g.tap.Stop()
		g.Cut()
		close(g.stop)
	})
	pauses, ended, lost := g.mixer.tally()
	for i, p := range pauses {
		pauses[i] = Pause{g.when(p.From), g.when(p.Until)}
	}
	k := Kept{Ref: g.Ref(), From: g.from, Until: g.when(ended), Pauses: pauses}
	k.Lost = min(g.lostFor(lost), channels*k.Until.Sub(k.From)) // more than there was is not missing, whatever a far end has sent
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-g.done:
		k.Err = g.err
	case <-late.C:
		k.Err = ErrSlow
	}
	return k
}

// lostFor adds up what the mixer has lost and the tap had no room for.
func (g *Recording) lostFor(frames int64) time.Duration {
	return time.Duration(frames)*time.Second/rate + time.Duration(g.tap.Missed())*media.Frame //nolint:gosec // packets of one talk
}

// run writes what there is, until the end or until it cannot.
func (g *Recording) run() {
	defer close(g.done)
	g.synced = g.recorder.counts()
	ticks := time.NewTicker(writeEvery)
	defer ticks.Stop()
	for {
		select {
		case <-g.stop:
			g.close(g.finish())
			return
		case <-ticks.C:
		}
		if err := g.write(false); err != nil {
			g.close(err)
			return
		}
		g.noteGap()
	}
}

// write writes the chunks that are due. With all, the last of them is marked as the last of the file.
func (g *Recording) write(all bool) error {
	var chunk [chunkOctets]byte
	now := g.recorder.counts()
	for {
		n := g.mixer.take(&chunk, now, all)
		last := all && n < chunkOctets
		if n == 0 && !last {
			break
		}
		if err := g.put(chunk[:n], last); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
	if now.Sub(g.synced) < syncEvery {
		return nil
	}
	g.synced = now
	return g.file.Sync()
}

func (g *Recording) put(frames []byte, last bool) error {
	sealed, err := g.sealer.seal(frames, last)
	if err != nil {
		return err
	}
	if _, err := g.file.Write(sealed); err != nil {
		return err
	}
	g.good += int64(len(sealed))
	return nil
}

func (g *Recording) finish() error {
	if err := g.write(true); err != nil {
		return err
	}
	return g.file.Sync()
}

// close closes the file. What could not be written is cut off behind the last whole chunk, and told.
func (g *Recording) close(err error) {
	if err != nil {
		_ = g.file.Truncate(g.good) // if that fails too, a part of a chunk is left, which is passed over
	}
	if err = errors.Join(err, g.file.Close()); err == nil {
		return
	}
	g.err = named(err)
	g.Cut()
	g.recorder.Log.Error("a recording has ended before its time", "recording", g.Ref(), "err", err)
	g.tell(Event{Err: g.err})
}

// named says what is wrong without the file's name.
func named(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return ErrFull
	}
	if errors.Is(err, ErrNoKey) {
		return ErrNoKey
	}
	return errUnwritable
}

// toldFrom is how much sound has to be missing for somebody to be told in the talk. What a mobile network swallows now and then is in the record of the
// recording alone (Kept.Lost), or the supervisor would be told so often that they looked no more.
const toldFrom = time.Second

// noteGap tells, once, that sound was lost.
func (g *Recording) noteGap() {
	_, _, lost := g.mixer.tally()
	if g.gap || g.err != nil || g.lostFor(lost) < toldFrom {
		return
	}
	g.gap = true
	g.recorder.Log.Warn("a recording has a gap: the disk or this machine is too slow, or sound came out of its time", "recording", g.Ref())
	g.tell(Event{})
}
