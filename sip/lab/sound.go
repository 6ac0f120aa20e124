package lab

import (
	"context"
	"sync"
	"time"

	"kakeru/sip/media"
)

// voices are the speech-like clips all calls share, each call from another
// place: generating speech for hundreds of calls would measure the lab.
var voices = sync.OnceValue(func() [4][]int16 {
	var all [4][]int16
	for i := range all {
		all[i] = media.Render(10*time.Second, media.NewSpeech(uint64(i)+1))
	}
	return all
})

// voice is an endless voice; which one, and where it begins, is drawn by pick.
func voice(pick uint64) media.Source {
	all := voices()
	return media.Loop(all[pick%uint64(len(all))], int(pick>>8%(1<<20)))
}

// sound is the mouth and the ear of one call. Its methods are for the call's
// goroutine, but for counts.
type sound struct {
	pair   *media.Pair
	local  *media.Local
	mouth  *media.Sender
	ear    *media.Listener
	work   sync.WaitGroup
	hush   context.CancelFunc // ends what is being played
	silent sync.WaitGroup     // what is being played
}

func newSound(pool *media.Pool) (*sound, error) {
	pair, err := pool.Open()
	if err != nil {
		return nil, err
	}
	s := &sound{
		pair:  pair,
		local: media.NewLocal(pair.Addr()),
		mouth: media.NewSender(pair.RTP),
		ear:   media.NewListener(pair.RTP),
		hush:  func() {},
	}
	s.work.Go(s.ear.Run)
	return s, nil
}

// play replaces what is being played.
func (s *sound) play(src media.Source) {
	s.stop()
	ctx, cancel := context.WithCancel(context.Background())
	s.hush = cancel
	s.silent.Go(func() { s.mouth.Run(ctx, src) })
}

func (s *sound) stop() {
	s.hush()
	s.silent.Wait()
}

func (s *sound) close() {
	s.stop()
	s.pair.Close()
	s.work.Wait()
}

func (s *sound) counts() (seen, loud, sent uint64) {
	return s.ear.Packets(), s.ear.Loud(), s.mouth.Sent()
}
