package sip

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab/ports"
	"kakeru/sip/media"
)

// Twinkle is the phone that proves our headers: it answers nothing by itself, but runs a script of its user's for every
// call that comes in, with the INVITE's headers as it understood them in the environment, and does what that prints.

// answerIf is a script that has Twinkle answer if a header holds a text.
func answerIf(header, holds string) string {
	return `#!/bin/sh
case "$SIP_` + header + `" in *"` + holds + `"*) echo action=autoanswer ;; esac
`
}

// startTwinkle registers a Twinkle with us as phone1. Its sound card is none: it sends silence, and is told to send it.
func startTwinkle(t *testing.T, registrar netip.AddrPort, script string) *program {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".twinkle"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string, mode os.FileMode, lines ...string) {
		if err := os.WriteFile(filepath.Join(home, name), []byte(strings.Join(lines, "\n")+"\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	rtp := ports.Lend(t, 2).Port() // of an odd port it would tell us, and speak from the even one before it
	write("answer", 0o700, script)
	write(".twinkle/twinkle.sys", 0o600,
		fmt.Sprintf("sip_port=%d", localPort(t).Port()), fmt.Sprintf("rtp_port=%d", rtp),
		"dev_ringtone=alsa:null", "dev_speaker=alsa:null", "dev_mic=alsa:null", "play_ringtone=no", "play_ringback=no")
	write(".twinkle/twinkle.cfg", 0o600,
		"user_name=phone1", "user_domain=127.0.0.1", "auth_name=phone1", "auth_pass=desk secret",
		"registrar="+registrar.String(), "registration_time=60", "pres_publish_startup=no", "sip_transport=udp",
		"codecs=g711u", "speex_dsp_vad=no", "script_incoming_call="+filepath.Join(home, "answer"))
	cmd := exec.Command("twinkle-console")
	cmd.Dir, cmd.Env = home, append(os.Environ(), "HOME="+home)
	if _, err := cmd.StdinPipe(); err != nil { // it leaves when there is nobody who could type
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(home, ".twinkle", "twinkle.log")); err == nil && t.Failed() {
			t.Logf("Twinkle noted:\n%s", log)
		}
	})
	return run(t, cmd)
}

// callTwinkle registers a Twinkle and dials it.
func callTwinkle(t *testing.T, how string, script string) (*line, *watched) {
	t.Helper()
	needs(t, "twinkle-console", "twinkle-console")
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret", Phone: how}}
	cfg.Trunks = []Trunk{labTrunk(netipLocal)}
	a := startAgent(t, cfg)
	here := make(chan bool, 10)
	a.OnRegistered(func(_ dialer.DeskID, up bool) { here <- up })
	startTwinkle(t, a.Addr(), script)
	if !within(t, here, "Twinkle to register") {
		t.Fatal("Twinkle went")
	}
	n, err := a.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	desk := watch(n.Desk())
	desk.Dial()
	return n.(*line), desk
}

// The scripts that obey our ways of asking, one each.
var answerScripts = []struct{ name, script string }{
	{"Call-Info", answerIf("CALL_INFO", ";answer-after=0")},
	{"Alert-Info", answerIf("ALERT_INFO", ";info=alert-autoanswer")},
	{"Answer-Mode", answerIf("ANSWER_MODE", "Auto")},
}

func TestTwinkleAnswersBecauseOfOurHeader(t *testing.T) {
	t.Parallel()
	for _, c := range answerScripts {
		t.Run(c.name, func(t *testing.T) {
			n, desk := callTwinkle(t, "generic", c.script)
			desk.until(t, dialer.LegAnswered)
			desk.Confirm()
			eventually(t, "it sends sound", func() bool { return n.bridge.Stats(media.Desk).PacketsIn > 25 })
			desk.Drop()
			if f := desk.gone(t); f.FarEnded {
				t.Error("we hung up")
			}
		})
	}
}

func TestTwinkleRingsWithoutOurHeader(t *testing.T) {
	t.Parallel()
	for _, c := range answerScripts {
		t.Run(c.name, func(t *testing.T) {
			_, desk := callTwinkle(t, "lift", c.script)
			desk.until(t, dialer.LegRinging)
			// With the header its 200 follows within milliseconds of its 180. Now nothing may follow.
			select {
			case f := <-desk.Facts():
				t.Errorf("it should go on ringing, but then came %+v", f)
			case <-time.After(500 * time.Millisecond):
			}
			desk.Drop()
			desk.gone(t)
			if got := final(desk); got.Status != 487 || countKind(desk.all, dialer.LegAnswered) != 0 {
				t.Errorf("it should ring until we cancel: %v, %+v", desk.kinds(), got)
			}
		})
	}
}
