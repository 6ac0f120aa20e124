package recording

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// victimMark has this test's own program record where it stands until it is killed.
const victimMark = "KAKERU_RECORD_UNTIL_KILLED"

// beKilled records a talk without an end, and says what it is called and when.
func beKilled() {
	r, err := newRecorder(".")
	if err != nil {
		panic(err)
	}
	c, err := newCall(0, 0)
	if err != nil {
		panic(err)
	}
	g, err := begin(r, aCall, c.bridge, func(Event) {})
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(os.Stdout, g.Ref()+"\n")
	c.say(time.Hour, &hz{of: 400}, &hz{of: 1000})
}

// TestAProcessThatIsKilled leaves a file that has all that was written. That what was said is written within a second is
// TestChunksWaitForLatePackets's to show, without a clock.
func TestAProcessThatIsKilled(t *testing.T) {
	folder := t.TempDir()
	victim := exec.Command(os.Args[0]) //nolint:gosec // this test
	victim.Env, victim.Dir = append(os.Environ(), victimMark+"=1"), folder
	out := must[io.ReadCloser](t)(victim.StdoutPipe())
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	if !said.Scan() {
		t.Fatal("the victim says nothing")
	}
	begun, ref := time.Now(), said.Text()
	r := must[*Recorder](t)(newRecorder(folder))
	const seen = 3 * time.Second
	until(t, "three seconds are in the file", func() bool {
		p, err := r.Open(ref) // while it is written
		if err != nil {
			return false
		}
		defer func() { _ = p.Close() }()
		return p.Lasts() >= seen
	})
	lived := time.Since(begun)
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
	got := play(t, r, ref)
	if got.whole || got.lasts() < seen {
		t.Errorf("%s can be heard; it is whole: %v", got.lasts(), got.whole)
	}
	t.Logf("killed after %s, %s can be heard", lived, got.lasts())
	for i, want := range []float64{400, 1000} {
		pcm := got.channels[i]
		if s := strength(pcm[len(pcm)-rate/4:], want); s < 7000 {
			t.Errorf("channel %d has %.0f of its tone at the end", i+1, s)
		}
	}
}
