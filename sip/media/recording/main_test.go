package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kakeru/sip/media"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimMark) != "" {
		beKilled()
		return
	}
	goleak.VerifyTestMain(m)
}

var tokyo = time.FixedZone("JST", 9*60*60)

const patience = 10 * time.Second

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newRecorder makes a recorder that stands in a folder, with its keys beside.
func newRecorder(folder string) (*Recorder, error) {
	keys, err := OpenKeys(filepath.Join(folder, "keys"), filepath.Join(folder, "master", "key"), "")
	if err != nil {
		return nil, err
	}
	return New(Config{
		Folder: filepath.Join(folder, "recordings"), Keys: keys, Zone: tokyo, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func recorder(t testing.TB) *Recorder {
	t.Helper()
	return must[*Recorder](t)(newRecorder(t.TempDir()))
}

// begin begins a call's recording at once.
func begin(r *Recorder, call string, b *media.Bridge, tell func(Event)) (*Recording, error) {
	blank, err := r.Prepare(call)
	if err != nil {
		return nil, err
	}
	return blank.Begin(b, tell), nil
}

// farEnd is a phone on loopback.
type farEnd struct {
	conn   *net.UDPConn
	sender *media.Sender
}

func newFarEnd() (*farEnd, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	return &farEnd{conn, media.NewSender(conn)}, nil
}

// join answers a bridge's offer to a side with one payload type, and perhaps an attribute.
func (f *farEnd) join(b *media.Bridge, side media.Side, format int, attribute string) error {
	ours, err := media.Parse(b.Offer(side))
	if err != nil {
		return err
	}
	answer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP %d\r\n%s",
		f.conn.LocalAddr().(*net.UDPAddr).Port, format, attribute)
	if err := b.SetRemote(side, []byte(answer)); err != nil {
		return err
	}
	for _, known := range ours.Formats {
		if int(known.PT) == format {
			ours.Formats = []media.Format{known}
		}
	}
	f.sender.Target(ours)
	return nil
}

// call is a bridged talk.
type call struct {
	bridge         *media.Bridge
	desk, customer *farEnd
}

func newCall(deskFormat, customerFormat int) (*call, error) {
	pool, err := media.NewPool(media.Config{BindIP: netip.MustParseAddr("127.0.0.1"), PortMin: 21000, PortMax: 29999})
	if err != nil {
		return nil, err
	}
	b, err := pool.NewBridge()
	if err != nil {
		return nil, err
	}
	desk, err1 := newFarEnd()
	customer, err2 := newFarEnd()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	err = errors.Join(desk.join(b, media.Desk, deskFormat, ""), customer.join(b, media.Customer, customerFormat, ""))
	b.Connect()
	return &call{b, desk, customer}, err
}

func talk(t testing.TB, deskFormat, customerFormat int) *call {
	t.Helper()
	c := must[*call](t)(newCall(deskFormat, customerFormat))
	t.Cleanup(func() {
		c.bridge.Close()
		_ = c.desk.conn.Close()
		_ = c.customer.conn.Close()
	})
	return c
}

// say has both ends speak for as long: the desk at 400 Hz, the customer at 1000 Hz unless something else is given.
func (c *call) say(d time.Duration, desk, customer media.Source) {
	var speaking sync.WaitGroup
	speaking.Go(func() { c.desk.sender.Run(context.Background(), media.For(d, desk)) })
	speaking.Go(func() { c.customer.sender.Run(context.Background(), media.For(d, customer)) })
	speaking.Wait()
}

// hz is a steady tone.
type hz struct {
	of float64
	at int
}

func (s *hz) Fill(frame []int16) int {
	for i := range frame {
		frame[i] = int16(8000 * math.Sin(2*math.Pi*s.of*float64(s.at)/rate))
		s.at++
	}
	return len(frame)
}

// played is a recording read: its header, and its two channels as linear sound.
type played struct {
	whole    bool
	wav      []byte
	channels [channels][]int16
}

func play(t testing.TB, r *Recorder, ref string) played {
	t.Helper()
	p := must[*Playback](t)(r.Open(ref))
	defer func() { _ = p.Close() }()
	wav := must[[]byte](t)(io.ReadAll(p))
	if int64(len(wav)) != p.Size() || !bytes.Equal(wav[:wavHeaderSize], wavHeader(p.frames)) {
		t.Fatalf("%d octets were read of %d", len(wav), p.Size())
	}
	out := played{whole: p.Whole, wav: wav}
	body := wav[wavHeaderSize:]
	for c := range channels {
		octets := make([]byte, len(body)/channels)
		for i := range octets {
			octets[i] = body[i*channels+c]
		}
		out.channels[c] = make([]int16, len(octets))
		media.PCMU.Decode(out.channels[c], octets)
	}
	return out
}

func (p played) lasts() time.Duration {
	return time.Duration(len(p.channels[0])) * time.Second / rate
}

// strength is the amplitude of a frequency in pcm (Goertzel).
func strength(pcm []int16, of float64) float64 {
	w := 2 * math.Pi * of / rate
	var s1, s2 float64
	for _, v := range pcm {
		s1, s2 = float64(v)+2*math.Cos(w)*s1-s2, s1
	}
	return 2 * math.Sqrt(max(s1*s1+s2*s2-2*math.Cos(w)*s1*s2, 0)) / float64(len(pcm))
}

// begins is where sound first stands in pcm.
func begins(pcm []int16) int {
	for i, v := range pcm {
		if v > 1000 || v < -1000 {
			return i
		}
	}
	return -1
}
