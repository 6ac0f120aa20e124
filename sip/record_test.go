package sip

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
	"kakeru/sip/media/recording"
)

// newRecorder keeps recordings and keys in folders of the test.
func newRecorder(t *testing.T) *recording.Recorder {
	t.Helper()
	dir := t.TempDir()
	keys, err := recording.OpenKeys(filepath.Join(dir, "keys"), filepath.Join(dir, "master", "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := recording.New(recording.Config{
		Folder: filepath.Join(dir, "recordings"), Keys: keys, Zone: dialer.Tokyo, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func recorded(r *recording.Recorder) func(*Config) { return func(c *Config) { c.Recorder = r } }

// mouth is a far end's, with its ear: it says a steady tone, and keeps the sound that comes.
type mouth struct {
	conn   *net.UDPConn
	sender *media.Sender
	hush   func()

	mu    sync.Mutex
	heard []int16
}

func newMouth(t *testing.T) *mouth {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &mouth{conn: conn, sender: media.NewSender(conn), hush: func() {}}
	var listening sync.WaitGroup
	listening.Go(s.listen)
	t.Cleanup(func() {
		s.hush()
		_ = conn.Close()
		listening.Wait()
	})
	return s
}

func (s *mouth) sdp(more ...string) string {
	return sdpAt(s.conn.LocalAddr().(*net.UDPAddr).Port, more...)
}

func (s *mouth) listen() {
	packet, pcm := make([]byte, 2048), make([]int16, 2048)
	for {
		n, _, err := s.conn.ReadFromUDPAddrPort(packet)
		if err != nil {
			return
		}
		if n > rtpHeader {
			m := media.PCMU.Decode(pcm, packet[rtpHeader:n])
			s.mu.Lock()
			s.heard = append(s.heard, pcm[:m]...)
			s.mu.Unlock()
		}
	}
}

const rtpHeader = 12 // RFC 3550 §5.1

// hears reports whether a tone was in what came so far.
func (s *mouth) hears(hz float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	const piece = media.SampleRate / 10
	for at := 0; at+piece <= len(s.heard); at += piece / 2 {
		if toneIn(s.heard[at:at+piece], hz) > 3000 {
			return true
		}
	}
	return false
}

// says has it say a tone to who offered, until the end of the test.
func (s *mouth) says(t *testing.T, offer []byte, hz float64) {
	t.Helper()
	far, err := media.Parse(offer)
	if err != nil {
		t.Fatal(err)
	}
	s.sender.Target(far)
	ctx, cancel := context.WithCancel(context.Background())
	var speaking sync.WaitGroup
	speaking.Go(func() { s.sender.Run(ctx, &steady{hz: hz}) })
	s.hush = func() { cancel(); speaking.Wait() }
}

type steady struct {
	hz float64
	at int
}

func (s *steady) Fill(frame []int16) int {
	for i := range frame {
		frame[i] = int16(8000 * math.Sin(2*math.Pi*s.hz*float64(s.at)/media.SampleRate))
		s.at++
	}
	return len(frame)
}

// toneIn is the amplitude of a tone (Goertzel).
func toneIn(pcm []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / media.SampleRate
	var s1, s2 float64
	for _, v := range pcm {
		s1, s2 = float64(v)+2*math.Cos(w)*s1-s2, s1
	}
	return 2 * math.Sqrt(max(s1*s1+s2*s2-2*math.Cos(w)*s1*s2, 0)) / float64(len(pcm))
}

// tapedTalk is a talk whose far ends speak: 400 Hz at desk1, 700 Hz at the customer's.
type tapedTalk struct {
	*switchboard

	recorder               *recording.Recorder
	line                   dialer.Line
	deskLeg, customerLeg   *watched
	deskSays, customerSays *mouth
	first, outside         *sip.Request
}

func newTapedTalk(t *testing.T, change ...func(*Config)) *tapedTalk {
	t.Helper()
	return newTapedTalkWhere(t, "a=sendrecv", "a=sendrecv", change...)
}

// newTapedTalkWhere has the phone and the customer answer with an attribute in their SDP.
func newTapedTalkWhere(t *testing.T, desk, customer string, change ...func(*Config)) *tapedTalk {
	t.Helper()
	r := newRecorder(t)
	k := &tapedTalk{switchboard: newSwitchboard(t, append(change, recorded(r))...), recorder: r, deskSays: newMouth(t), customerSays: newMouth(t)}
	k.line = k.rig.line(t)
	k.deskLeg, k.customerLeg = watch(k.line.Desk()), watch(k.line.Customer())
	k.deskLeg.Dial()
	k.first = k.desk.request(t, sip.INVITE)
	k.desk.reply(k.first, say{status: 200, tag: "p", sdp: k.deskSays.sdp(desk)})
	k.desk.request(t, sip.ACK)
	k.deskLeg.until(t, dialer.LegAnswered)
	k.customerLeg.Dial()
	k.outside = k.trunk.request(t, sip.INVITE)
	k.trunk.reply(k.outside, say{status: 200, tag: "c", sdp: k.customerSays.sdp(customer)})
	k.trunk.request(t, sip.ACK)
	k.customerLeg.until(t, dialer.LegAnswered)
	k.deskSays.says(t, sdpOf(k.first), 400)
	k.customerSays.says(t, sdpOf(k.outside), 700)
	return k
}

// over hangs up from outside and closes the line, as the engine does, and is what was recorded.
func (k *tapedTalk) over(t *testing.T, phone *peer) *dialer.Recording {
	t.Helper()
	k.trunk.write(k.Agent, k.trunk.within(k.outside, "c", "BYE", 90, nil, ""))
	k.customerLeg.gone(t)
	k.deskLeg.Drop()
	phone.reply(phone.request(t, sip.BYE), say{status: 200})
	k.deskLeg.gone(t)
	k.line.Close()
	return k.line.Recorded()
}

// hear reads a recording: its channels.
func hear(t *testing.T, r *recording.Recorder, kept *dialer.Recording) (operator, customer []int16) {
	t.Helper()
	if kept == nil || kept.Fault != "" {
		t.Fatalf("recorded: %+v", kept)
	}
	p, err := r.Open(kept.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	wav, err := io.ReadAll(p)
	if err != nil || !p.Whole {
		t.Fatalf("whole %v, %v", p.Whole, err)
	}
	const header = 58
	octets := [2][]byte{}
	for i, b := range wav[header:] {
		octets[i%2] = append(octets[i%2], b)
	}
	operator, customer = make([]int16, len(octets[0])), make([]int16, len(octets[1]))
	media.PCMU.Decode(operator, octets[0])
	media.PCMU.Decode(customer, octets[1])
	return operator, customer
}

// pass waits until so much more sound has come to an ear.
func pass(t *testing.T, ear *mouth, d time.Duration) {
	t.Helper()
	came := func() int { ear.mu.Lock(); defer ear.mu.Unlock(); return len(ear.heard) }
	for from, limit := came(), time.Now().Add(patience); came() < from+int(d*media.SampleRate/time.Second); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("no sound comes")
		}
	}
}

func TestATalkIsRecordedBehindItsNotice(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	k.line.Join()
	began := k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	if began.Recording == nil || began.Recording.Ref == "" {
		t.Fatalf("%+v", began)
	}
	for name, ear := range map[string]*mouth{"operator": k.deskSays, "customer": k.customerSays} {
		if !ear.hears(1000) {
			t.Errorf("the %s has not heard the notice", name)
		}
	}
	pass(t, k.customerSays, 500*time.Millisecond)
	kept := k.over(t, k.desk)
	if kept == nil || kept.Ref != began.Recording.Ref || !kept.Until.After(kept.From) || len(kept.Pauses) > 0 || kept.Lost > 0 {
		t.Errorf("%+v", kept)
	}
	operator, customer := hear(t, k.recorder, kept)
	if toneIn(operator, 400) < 6000 || toneIn(customer, 700) < 6000 {
		t.Errorf("channel 1 has %.0f of the operator, channel 2 %.0f of the customer", toneIn(operator, 400), toneIn(customer, 700))
	}
	if toneIn(operator, 700)+toneIn(customer, 400)+toneIn(operator, 1000)+toneIn(customer, 1000) > 500 {
		t.Error("the channels are mixed, or the notice is in them")
	}
}

func TestAPauseOfARecording(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	k.line.PauseRecording(true) // before there is one: it begins paused
	k.line.Join()
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	pass(t, k.customerSays, 300*time.Millisecond)
	k.line.PauseRecording(false)
	pass(t, k.customerSays, 300*time.Millisecond)
	k.line.PauseRecording(true)
	kept := k.over(t, k.desk)
	operator, _ := hear(t, k.recorder, kept)
	if len(kept.Pauses) != 2 || !kept.Pauses[1].Until.Equal(kept.Until) {
		t.Fatalf("%+v", kept)
	}
	want := kept.Until.Sub(kept.From)
	for _, p := range kept.Pauses {
		want -= p.Until.Sub(p.From)
	}
	if got := time.Duration(len(operator)) * time.Second / media.SampleRate; got < want-time.Millisecond || got > want+time.Millisecond {
		t.Errorf("%s of sound, want %s", got, want)
	}
}

// TestANoticeThatIsCutOffIsPlayedAgain: hold takes it away from the customer.
func TestANoticeThatIsCutOffIsPlayedAgain(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	k.line.Join()
	k.line.Hold(true)
	pass(t, k.customerSays, 1500*time.Millisecond) // the tone of hold, twice as long as the notice
	h := k.line.(*line).desk
	h.mu.Lock()
	if h.tape.notice != noticeOwed || h.tape.live != nil {
		t.Errorf("the notice is %d, while nobody has heard it", h.tape.notice)
	}
	h.mu.Unlock()
	k.line.Mute(true)
	k.line.Hold(false) // muted: the operator would not be heard, but the notice is not owed to silence
	k.line.Mute(false)
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	if !k.customerSays.hears(1000) {
		t.Error("the customer has not heard the notice")
	}
	pass(t, k.customerSays, 200*time.Millisecond)
	if _, customer := hear(t, k.recorder, k.over(t, k.desk)); toneIn(customer, 700) < 5000 {
		t.Error("nothing was recorded")
	}
}

func TestWhoTakesATalkOverIsRecorded(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	k.line.Join()
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	pass(t, k.customerSays, 300*time.Millisecond)
	k.line.Transfer("desk2", false)
	invite := k.second.request(t, sip.INVITE)
	next := newMouth(t)
	next.says(t, sdpOf(invite), 1200)
	k.second.reply(invite, say{status: 200, tag: "q", sdp: next.sdp()})
	k.second.request(t, sip.ACK)
	k.deskLeg.until(t, dialer.LegMoved)
	k.desk.reply(k.desk.request(t, sip.BYE), say{status: 200})
	pass(t, next, 400*time.Millisecond)
	operator, _ := hear(t, k.recorder, k.over(t, k.second))
	const piece = media.SampleRate / 10
	if end := operator[len(operator)-2*piece : len(operator)-piece]; toneIn(operator[:piece], 400) < 3000 || toneIn(end, 1200) < 6000 {
		t.Errorf("%.0f of the first operator at the beginning, %.0f of the second at the end", toneIn(operator[:piece], 400), toneIn(end, 1200))
	}
	if next.hears(1000) {
		t.Error("the notice was played again")
	}
}

func TestATalkGoesOnWhereNothingCanBeRecorded(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	if err := os.RemoveAll(k.recorder.Folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(k.recorder.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k.line.Join()
	if f := k.deskLeg.untilEvent(t, dialer.EvRecordingFailed); f.Evidence.Reason != string(dialer.FaultUnwritable) {
		t.Errorf("%+v", f)
	}
	pass(t, k.customerSays, 200*time.Millisecond)
	if !k.customerSays.hears(400) {
		t.Error("the operator is not heard any more")
	}
	if kept := k.over(t, k.desk); kept != nil {
		t.Errorf("%+v", kept)
	}
}

func TestATalkThatEndsInItsNoticeIsNotRecorded(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	k.line.Join()
	if kept := k.over(t, k.desk); kept != nil {
		t.Errorf("%+v", kept)
	}
	if files, err := filepath.Glob(filepath.Join(k.recorder.Folder, "*", "*")); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestARecordedLineOffersNoG722(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t, wideband, recorded(newRecorder(t)))
	n := b.line(t)
	desk := watch(n.Desk())
	desk.Dial()
	invite := b.desk.request(t, sip.INVITE)
	if offersG722(invite) {
		t.Errorf("the phone is offered\n%s", sdpOf(invite))
	}
	b.desk.reply(invite, say{status: 486, tag: "p"})
	desk.gone(t)
	d := b.trunk.dial(b.Agent, testCallerID, wideSDP)
	in := within(t, b.comes, "the call to come in")
	caller := watch(in.Line.Customer())
	in.Line.Answer()
	if ok := d.status(t, 200); offersG722(ok) {
		t.Errorf("answered\n%s", sdpOf(ok))
	}
	d.say("ACK", 1, "")
	d.say("BYE", 2, "")
	caller.gone(t)
	in.Line.Close()
}

func TestANoticeOfTheWardsOwn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notice.wav")
	if err := os.WriteFile(path, []byte("no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.RecordingNotice = path
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "recording.notice") {
		t.Errorf("%v", err)
	}
	clip := media.Render(300*time.Millisecond, &steady{hz: 1500})
	if err := os.WriteFile(path, wav(media.SampleRate, clip), 0o600); err != nil {
		t.Fatal(err)
	}
	k := newTapedTalk(t, func(c *Config) { c.RecordingNotice = path })
	k.line.Join()
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	if !k.customerSays.hears(1500) || !k.deskSays.hears(1500) || k.customerSays.hears(1000) {
		t.Error("it was not heard")
	}
	k.over(t, k.desk)
}

// lasts waits until so much is in a recording's file.
func lasts(t *testing.T, r *recording.Recorder, ref string, want time.Duration) {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		p, err := r.Open(ref)
		if err != nil {
			t.Fatal(err)
		}
		has := p.Lasts()
		_ = p.Close()
		if has >= want {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%s are recorded, and no more come", has)
		}
	}
}

var frequency = regexp.MustCompile(`Rough +frequency: +(\d+)`)

// TestSoxHearsTheFax records a call of the lab, whose customer is a fax, and has sox say what is in the file.
func TestSoxHearsTheFax(t *testing.T) {
	t.Parallel()
	needs(t, "sox", "sox")
	r := newRecorder(t)
	k := newLabRig(t, recorded(r))
	n, desk, customer := k.call(t, 55)
	customer.until(t, dialer.LegAnswered)
	customer.Confirm()
	n.Join()
	lasts(t, r, desk.untilEvent(t, dialer.EvRecordingBegan).Recording.Ref, 1300*time.Millisecond)
	customer.Drop()
	customer.gone(t)
	desk.Drop()
	desk.gone(t)
	n.Close()
	kept := n.Recorded()
	p, err := r.Open(kept.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	path := filepath.Join(t.TempDir(), "call.wav")
	f, err := os.Create(path)
	if err == nil {
		_, err = io.Copy(f, p)
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	sox := func(args ...string) string {
		out, err := exec.Command("sox", append([]string{path, "-n"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("sox: %v: %s", err, out)
		}
		return string(out)
	}
	found := frequency.FindStringSubmatch(sox("remix", "2", "trim", "0.2", "1", "stat"))
	// sox tells a tone by its mean slope, from one sample to the next.
	const fax = 2100
	want := 2 * math.Sin(math.Pi*fax/media.SampleRate) * media.SampleRate / (2 * math.Pi)
	if hz, err := strconv.ParseFloat(append(found, "", "")[1], 64); err != nil || math.Abs(hz-want) > 20 {
		t.Errorf("channel 2 has %v Hz, a fax %.0f by sox's measure", found, want)
	}
	if loud := sox("remix", "1", "stat"); !strings.Contains(loud, "Maximum amplitude") || strings.Contains(loud, "Maximum amplitude:     0.000000") {
		t.Errorf("channel 1:\n%s", loud)
	}
}
