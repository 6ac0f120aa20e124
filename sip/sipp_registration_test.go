package sip

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
)

// SIPp is the registrar that we register with, and a desk phone that registers with us. Each scenario says at its top what it
// shows.

func TestSippIsTheRegistrar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scenario string
		asked    uint32 // how many REGISTERs until we are registered for good
	}{{"registrar_challenges", 4}, {"registrar_wants_longer", 2}, {"registrar_is_out_of_service", 2}} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			s := startSipp(t, c.scenario)
			t.Run("registered", func(t *testing.T) { // at its end we stop, and take the registration back
				r := newRig(t, registering, func(cfg *Config) { cfg.Trunks[0].Address = s.at.String() })
				eventually(t, "it is up", up(r.Agent, 0))
				reg := r.uplinks[0].reg
				eventually(t, "it is registered for good", func() bool {
					good := make(chan bool, 1)
					reg.lane.post(func() { good <- reg.cseq == c.asked && time.Until(reg.until) > time.Minute })
					return <-good
				})
			})
			s.ok(t)
		})
	}
}

// itsAccount is what SIPp answers challenges with.
var itsAccount = []string{"-au", "phone1", "-ap", "desk secret"}

func TestSippRegisters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scenario string
		by       []string
		told     []bool // whether the phone is there, as it changes
	}{
		{"phone_registers", []string{"u1", "t1"}, []bool{true, false}},
		{"phone_has_a_wrong_secret", []string{"u1", "t1"}, nil},
		{"phone_is_behind_a_proxy", []string{"u1"}, []bool{true}},
	} {
		for _, by := range c.by {
			t.Run(by+"/"+c.scenario, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, account, withTCP, func(cfg *Config) { cfg.MinExpires = time.Minute })
				seen := observe(r.Agent)
				s := startSipp(t, c.scenario, append(slices.Clone(itsAccount), "-t", by, r.Addr().String())...)
				for _, want := range c.told {
					if within(t, seen.told, "word of the phone") != want {
						t.Errorf("it should be there: %v", want)
					}
				}
				s.ok(t)
				if len(seen.told) > 0 {
					t.Error("more is told of it")
				}
			})
		}
	}
}

// staysRegistered is a SIPp that is registered as the desk's phone for a while; another scenario answers what comes to it
// meanwhile, or nothing does.
func staysRegistered(t *testing.T, r *rig, answers string) *sipp {
	t.Helper()
	more := append(slices.Clone(itsAccount), r.Addr().String())
	if answers != "" {
		file, err := filepath.Abs(filepath.Join("testdata", "sipp", answers+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		more = append(more, "-oocsf", file)
	}
	return startSipp(t, "phone_stays_registered", more...)
}

func TestSippIsAskedWhetherItIsThere(t *testing.T) {
	t.Parallel()
	for answers, there := range map[string]bool{"phone_is_asked": true, "": false} {
		t.Run("it answers: "+answers, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, account, func(c *Config) { c.KeepAlive = 50 * time.Millisecond })
			seen := observe(r.Agent)
			staysRegistered(t, r, answers)
			if !within(t, seen.told, "the phone to register") {
				t.Fatal("it went")
			}
			if !there {
				if within(t, seen.told, "the phone to be seen as gone") {
					t.Error("it came again")
				}
				return
			}
			eventually(t, "it has answered three times", func() bool {
				b, here := r.register.newest("desk1")
				return here && b.asked > 3
			})
		})
	}
}

func TestSippTellsOfItsCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t, account, func(c *Config) { c.Desks[0].Phone = "yealink" })
	used := make(chan bool, 10)
	r.OnInUseElsewhere(func(_ dialer.DeskID, is bool) { used <- is })
	staysRegistered(t, r, "phone_tells_of_its_calls")
	if !within(t, used, "word of its call") {
		t.Error("it should be in use")
	}
	if within(t, used, "word of its call's end") {
		t.Error("it should be free")
	}
}
