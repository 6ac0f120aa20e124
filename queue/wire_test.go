package queue

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/fleet"
)

var wireSecret = []byte("a secret of at least thirty-two bytes")

func wireAt(t *testing.T, url string) *Wire {
	t.Helper()
	return openAt(t, url).Wire(wireSecret, slog.New(slog.DiscardHandler))
}

func TestWireConformance(t *testing.T) {
	dialertest.RunWire(t, func(t *testing.T) func(*testing.T) fleet.Wire {
		t.Helper()
		url := storestest.Redis(t)
		return func(t *testing.T) fleet.Wire { t.Helper(); return wireAt(t, url) }
	})
}

// ears keeps what a node hears.
type ears struct {
	mu          sync.Mutex
	heard, told []string
	gaps        int
}

// listen has a node listen until the test ends, as a fleet does: again when Redis is back.
func listen(t *testing.T, w *Wire, me fleet.Life) *ears {
	t.Helper()
	e := &ears{}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			_ = w.Listen(ctx, me, fleet.Ears{
				Heard: func(m fleet.Message) { e.note(func() { e.heard = append(e.heard, string(m.Body)) }) },
				Told:  func(m fleet.Message) { e.note(func() { e.told = append(e.told, string(m.Body)) }) },
				Gap:   func() { e.note(func() { e.gaps++ }) },
			})
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	eventually(t, "the node listens", func() bool { return e.has(func() bool { return e.gaps > 0 }) })
	return e
}

func (e *ears) note(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

func (e *ears) has(f func() bool) (ok bool) {
	e.note(func() { ok = f() })
	return ok
}

func message(from dialer.NodeID, body string) fleet.Message {
	return fleet.Message{From: fleet.Life{Node: from, Epoch: 1}, ID: body, Body: []byte(body)}
}

// TestWireShowsNothing: whoever looks into Redis sees who speaks, and not a word.
func TestWireShowsNothing(t *testing.T) {
	w := wireAt(t, storestest.Redis(t))
	to := fleet.Life{Node: "b", Epoch: 1}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Publish(t.Context(), message("a", "0312345678 is called")))
	must(w.Send(t.Context(), to, message("a", "press 1234"), time.Minute))
	for _, stream := range []string{w.live(), w.inbox(to)} {
		entries, err := w.client.XRange(t.Context(), stream, "-", "+").Result()
		must(err)
		if len(entries) != 1 {
			t.Fatalf("%s has %d messages", stream, len(entries))
		}
		for field, v := range entries[0].Values {
			text, _ := v.(string)
			if strings.Contains(text, "1234") || strings.Contains(text, "called") {
				t.Errorf("%s shows %s=%q", stream, field, text)
			}
		}
	}
	if left := openAt(t, "redis://127.0.0.1:1").Wire(wireSecret, nil); left.Publish(t.Context(), message("a", "x")) == nil {
		t.Error("something was published nowhere")
	}
}

// TestWireTakesNothingFromOthers: a message that was forged, altered, or taken from another stream is not heard.
func TestWireTakesNothingFromOthers(t *testing.T) {
	url := storestest.Redis(t)
	var log bytes.Buffer
	w := openAt(t, url).Wire(wireSecret, slog.New(slog.NewTextHandler(&log, nil)))
	stranger := openAt(t, url).Wire([]byte("another secret of thirty-two bytes or more"), slog.New(slog.DiscardHandler))
	me := fleet.Life{Node: "b", Epoch: 1}
	e := listen(t, w, me)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(stranger.Publish(t.Context(), message("a", "forged")))
	must(stranger.Send(t.Context(), me, message("a", "forged"), time.Minute))
	sealed, err := w.seal.seal("a 1", w.live(), []byte(`{"body":"b3Zlcg==","within":60000000000}`))
	must(err)
	add := func(stream string, values ...any) {
		t.Helper()
		must(openAt(t, url).client.Do(t.Context(), append([]any{"XADD", stream, "*"}, values...)...).Err())
	}
	add(w.inbox(me), "from", "a 1", "sealed", sealed)                  // taken from the other stream
	add(w.inbox(me), "from", "c 1", "sealed", sealed)                  // under another name
	add(w.inbox(me), "from", "a 1", "sealed", append(sealed[:8:8], 0)) // cut off
	add(w.live(), "something", "else")
	other := wireAt(t, url)
	must(other.Publish(t.Context(), message("a", "true")))
	must(other.Send(t.Context(), me, message("a", "true"), time.Minute))
	eventually(t, "what is true comes", func() bool { return e.has(func() bool { return len(e.heard) > 0 && len(e.told) > 0 }) })
	e.note(func() {
		if len(e.heard) != 1 || e.heard[0] != "true" || len(e.told) != 1 || e.told[0] != "true" {
			t.Errorf("heard %q, told %q", e.heard, e.told)
		}
	})
	if n := strings.Count(log.String(), "secret_file"); n != 1 {
		t.Errorf("it was logged %d times", n)
	}
}

// TestWireWhenRedisGoes: killed and come back empty, and paused. Nodes are told of the gap and hear again.
func TestWireWhenRedisGoes(t *testing.T) {
	server := storestest.OwnRedis(t)
	a, b := wireAt(t, server.URL()), wireAt(t, server.URL())
	me := fleet.Life{Node: "b", Epoch: 1}
	e := listen(t, b, me)
	hears := func(body string) {
		t.Helper()
		eventually(t, "published again", func() bool { return a.Publish(t.Context(), message("a", body)) == nil })
		eventually(t, "heard again", func() bool { return e.has(func() bool { return strings.Contains(strings.Join(e.heard, " "), body) }) })
	}
	hears("before")
	send(t, server, syscall.SIGKILL)
	<-server.Exited()
	if err := a.Publish(t.Context(), message("a", "lost")); !errors.Is(err, dialer.ErrQueueDown) {
		t.Errorf("published nowhere: %v", err)
	}
	if err := a.Send(t.Context(), me, message("a", "lost"), time.Minute); !errors.Is(err, dialer.ErrQueueDown) {
		t.Errorf("sent nowhere: %v", err)
	}
	server = storestest.RestartRedis(t, server)
	eventually(t, "the gap is told", func() bool { return e.has(func() bool { return e.gaps > 1 }) })
	hears("after the restart")
	send(t, server, syscall.SIGSTOP)
	eventually(t, "nobody answers", func() bool { return errors.Is(a.Publish(t.Context(), message("a", "asleep")), dialer.ErrQueueDown) })
	send(t, server, syscall.SIGCONT)
	hears("after the pause")
	eventually(t, "sent again", func() bool { return a.Send(t.Context(), me, message("a", "do it"), time.Minute) == nil })
	eventually(t, "told again", func() bool { return e.has(func() bool { return len(e.told) > 0 }) })
}

// TestTheWireGoesOnBesideKeysOfAWrongType: what somebody wrote over its streams, or over the phone book, is thrown away.
func TestTheWireGoesOnBesideKeysOfAWrongType(t *testing.T) {
	q := openAt(t, storestest.Redis(t))
	if err := q.Rebuild(t.Context(), each(), nil); err != nil { // the line says that all this is ours
		t.Fatal(err)
	}
	w := q.Wire(wireSecret, slog.New(slog.DiscardHandler))
	me := fleet.Life{Node: "b", Epoch: 1}
	e := listen(t, w, me)
	for _, key := range []string{w.live(), w.inbox(me), w.PhoneBook().phones()} {
		if err := q.client.Set(t.Context(), key, "x", 0).Err(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "published in spite of "+key, func() bool { return w.Publish(t.Context(), message("a", "heard "+key)) == nil })
		eventually(t, "sent in spite of "+key, func() bool { return w.Send(t.Context(), me, message("a", "told "+key), time.Minute) == nil })
		eventually(t, "kept in spite of "+key, func() bool { return w.PhoneBook().Keep(t.Context(), "desk1", []byte("x")) == nil })
		eventually(t, "told in spite of "+key, func() bool { return e.has(func() bool { return slices.Contains(e.told, "told "+key) }) })
	}
	if built, err := q.Built(t.Context()); err != nil || !built {
		t.Errorf("the line was thrown away, too: %v", err)
	}
}

// TestThePhoneBook gives back what any node of the fleet has kept, and nothing that another wrote, or that was moved.
func TestThePhoneBook(t *testing.T) {
	q := openQueue(t)
	a, b := q.Wire(wireSecret, slog.New(slog.DiscardHandler)).PhoneBook(), q.Wire(wireSecret, slog.New(slog.DiscardHandler)).PhoneBook()
	stranger := q.Wire([]byte("another secret of thirty-two bytes or more"), slog.New(slog.DiscardHandler)).PhoneBook()
	for desk, book := range map[dialer.DeskID]PhoneBook{"desk1": a, "desk2": stranger} {
		if err := book.Keep(t.Context(), desk, []byte("sip:201@192.0.2.21")); err != nil {
			t.Fatal(err)
		}
	}
	sealed := q.client.HGet(t.Context(), a.phones(), "desk1").Val()
	if sealed == "" || strings.Contains(sealed, "192.0.2") {
		t.Errorf("the book shows %q", sealed)
	}
	q.client.HSet(t.Context(), a.phones(), "desk3", sealed)
	found, err := b.Find(t.Context(), []dialer.DeskID{"desk1", "desk2", "desk3", "desk4"})
	if err != nil || len(found) != 1 || string(found["desk1"]) != "sip:201@192.0.2.21" {
		t.Errorf("found %q (%v)", found, err)
	}
}

// TestInboxesOfTheDeadAreGone in time: nobody empties them.
func TestInboxesOfTheDeadAreGone(t *testing.T) {
	q := openQueue(t)
	w := q.Wire(wireSecret, slog.New(slog.DiscardHandler))
	dead := fleet.Life{Node: "b", Epoch: 7}
	if err := w.Send(t.Context(), dead, message("a", "too late"), time.Second); err != nil {
		t.Fatal(err)
	}
	if left := q.client.PTTL(t.Context(), w.inbox(dead)).Val(); left <= 0 || left > inboxLife {
		t.Errorf("the inbox is kept for %s", left)
	}
}
