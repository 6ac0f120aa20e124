package queue

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kakeru/cmd/stores"
	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
)

// everyCall is each method of the port, with arguments that do not matter.
var everyCall = map[string]func(context.Context, *Queue) error{
	"claim": func(ctx context.Context, q *Queue) error {
		_, err := q.Claim(ctx, "d", "", everybodys, long)
		return err
	},
	"renew": func(ctx context.Context, q *Queue) error {
		return q.Renew(ctx, dialer.Claim{Case: "c", Token: "t"}, long)
	},
	"release": func(ctx context.Context, q *Queue) error { return q.Release(ctx, dialer.Claim{Case: "c", Token: "t"}) },
	"done": func(ctx context.Context, q *Queue) error {
		return q.Done(ctx, dialer.Claim{Case: "c", Token: "t"}, nil)
	},
	"put":    func(ctx context.Context, q *Queue) error { return q.Put(ctx, at("c", 0, 0)) },
	"remove": func(ctx context.Context, q *Queue) error { return q.Remove(ctx, "c") },
	"list": func(ctx context.Context, q *Queue) error {
		_, err := q.List(ctx, nil, 1)
		return err
	},
	"built": func(ctx context.Context, q *Queue) error {
		_, err := q.Built(ctx)
		return err
	},
	"rebuild": func(ctx context.Context, q *Queue) error { return q.Rebuild(ctx, each(at("c", 0, 0)), nil) },
	"ping":    func(ctx context.Context, q *Queue) error { return q.Ping(ctx) },
}

// allDown checks that every call says ErrQueueDown within limit (twice that for a rebuild, which cleans up).
func allDown(t *testing.T, q *Queue, deadline, limit time.Duration) {
	t.Helper()
	for name, call := range everyCall {
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		began := time.Now()
		err := call(ctx, q)
		took := time.Since(began)
		cancel()
		if !errors.Is(err, dialer.ErrQueueDown) {
			t.Errorf("%s: got %v", name, err)
		}
		if name == "rebuild" {
			took -= answerLimit
		}
		if took > limit {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestRedisThatIsNotThere(t *testing.T) {
	allDown(t, openAt(t, "unix:///tmp/kakeru-no-such.sock"), long, 3*answerLimit)
}

// A paused server takes connections and never answers: the worst kind of gone.
func TestRedisThatDoesNotAnswer(t *testing.T) {
	server := storestest.OwnRedis(t)
	q := openAt(t, server.URL())
	l := line{q, t}
	l.put(at("x", -1, 0))
	send(t, server, syscall.SIGSTOP)
	allDown(t, q, 50*time.Millisecond, answerLimit) // the caller's deadline
	began := time.Now()
	_, err := q.Claim(t.Context(), "d", "", everybodys, long) // our own
	if !errors.Is(err, dialer.ErrQueueDown) || time.Since(began) > 3*answerLimit {
		t.Errorf("without a deadline: %v after %v", err, time.Since(began))
	}
	send(t, server, syscall.SIGCONT)
	eventually(t, "the queue answers again", func() bool { return q.Ping(t.Context()) == nil })
}

func send(t *testing.T, server *stores.Redis, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(server.Pid(), sig); err != nil {
		t.Fatal(err)
	}
}

func TestRedisKilledAndRestarted(t *testing.T) {
	server := storestest.OwnRedis(t)
	q := openAt(t, server.URL())
	l := line{q, t}
	l.must(q.Rebuild(t.Context(), each(at("talking", -2, 0), at("next", -1, 0)), nil))
	talk := l.claim("d1", "talking")
	send(t, server, syscall.SIGKILL)
	<-server.Exited()
	allDown(t, q, long, 3*answerLimit)

	storestest.RestartRedis(t, server)
	eventually(t, "the queue answers again", func() bool { return q.Ping(t.Context()) == nil })
	if built, err := q.Built(t.Context()); err != nil || built {
		t.Fatalf("an emptied queue says built: %v %v", built, err)
	}
	l.wants(q.Renew(t.Context(), talk, long), dialer.ErrClaimLost)
	l.must(q.Rebuild(t.Context(), each(at("talking", -2, 0), at("next", -1, 0)), []dialer.Claim{talk}))
	l.must(q.Renew(t.Context(), talk, long))
	if c := l.claim("d2", ""); c.Case != "next" {
		t.Fatalf("claimed %s, which somebody talks to", c.Case)
	}
}

func TestFlushInTheMiddle(t *testing.T) {
	q := openAt(t, storestest.OwnRedis(t).URL())
	l := line{q, t}
	ws := []dialer.Waiting{at("a", -3, 0), at("b", -2, 0), at("c", -1, 0)}
	l.must(q.Rebuild(t.Context(), each(ws...), nil))
	held := l.claim("d1", "")
	l.must(q.client.FlushAll(t.Context()).Err())
	l.claimFails("d2", "", dialer.ErrQueueEmpty) // nothing is handed out twice
	l.wants(q.Done(t.Context(), held, nil), dialer.ErrClaimLost)
	l.must(q.client.ScriptFlush(t.Context()).Err())
	if built, err := q.Built(t.Context()); err != nil || built {
		t.Fatalf("%v %v", built, err)
	}
	l.must(q.Rebuild(t.Context(), each(ws...), []dialer.Claim{held}))
	l.shows("a", "b", "c")
	if c := l.claim("d2", ""); c.Case != "b" {
		t.Fatalf("claimed %s", c.Case)
	}
}

// during runs a rebuild and calls do after the first batch is on the stage.
func during(t *testing.T, q *Queue, keep []dialer.Claim, do func(), ws ...dialer.Waiting) error {
	t.Helper()
	return q.Rebuild(t.Context(), func(yield func(dialer.Waiting, error) bool) {
		for i := range stageBatch { // one batch of cases that are far from due
			if !yield(dialer.Waiting{Case: caseNo(i), Due: time.Now().Add(24 * time.Hour)}, nil) {
				return
			}
		}
		do()
		for _, w := range ws {
			if !yield(w, nil) {
				return
			}
		}
	}, keep)
}

// Readers see the old line until the new one is whole.
func TestHalfARebuildIsNeverSeen(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	l.put(at("old", -1, 0))
	l.must(during(t, q, nil, func() { l.shows("old") }, at("new", -1, 0)))
	places, err := q.List(t.Context(), nil, 5000)
	l.must(err)
	if len(places) != stageBatch+1 || places[0].Case != "new" {
		t.Fatalf("%d cases, the first %+v", len(places), places[0])
	}
	for _, key := range q.client.Keys(t.Context(), prefix+"*").Val() {
		if ttl := q.client.TTL(t.Context(), key).Val(); ttl >= 0 {
			t.Errorf("%s will be gone in %v", key, ttl)
		}
	}
	if n := q.client.Exists(t.Context(), q.keys.rebuilding, q.keys.changes).Val(); n != 0 {
		t.Error("the rebuild left its journal open")
	}
}

// The ledger was read before these things happened, so the new line learns them from the journal.
func TestChangesDuringARebuildAreKept(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	asRead := []dialer.Waiting{
		at("done", -9, 0), at("again", -8, 0), at("removed", -7, 0), at("moved", -6, 0), at("taken", -5, 0),
		at("given back", -4, 0), at("lapsed", -3, 0),
	}
	l.must(q.Rebuild(t.Context(), each(asRead...), nil))
	done, again, givenBack := l.claim("d1", "done"), l.claim("d2", "again"), l.claim("d3", "given back")
	removed := l.claim("d4", "removed")
	lapsed := l.claim("d5", "lapsed")
	keep := []dialer.Claim{done, again, givenBack, removed, lapsed}
	var taken dialer.Claim
	l.must(during(t, q, keep, func() {
		l.must(q.Done(t.Context(), done, nil))
		next := at("again", 60, 0)
		l.must(q.Done(t.Context(), again, &next))
		l.must(q.Remove(t.Context(), "removed"))
		l.put(inLane("zh", at("moved", -1, 9)), at("added", -1, 1))
		taken = l.claim("d6", "taken")
		l.must(q.Release(t.Context(), givenBack))
		age(t, q, lapsed)
		l.shows("taken", "given back", "lapsed", "added", "moved", "again")
	}, asRead...))

	places, err := q.List(t.Context(), nil, 6)
	l.must(err)
	var got []dialer.CaseID
	for _, p := range places {
		got = append(got, p.Case)
	}
	want := []dialer.CaseID{"taken", "given back", "lapsed", "added", "moved", "again"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("the line shows %v, want %v", got, want)
		}
	}
	if zh, err := q.List(t.Context(), []dialer.Served{{Lane: "zh"}}, 6); err != nil || len(zh) != 1 || zh[0].Case != "moved" {
		t.Errorf("the journal forgot a lane: %v, %v", zh, err)
	}
	l.must(q.Renew(t.Context(), taken, long))
	l.must(q.Renew(t.Context(), lapsed, long)) // its call lives, or it would not have been given
	for _, c := range []dialer.Claim{done, again, givenBack, removed} {
		l.wants(q.Renew(t.Context(), c, long), dialer.ErrClaimLost)
	}
}

// Leases that a rebuild must not bring back, or must not drop, though Redis learnt of them in an odd order.
func TestLeasesDuringARebuild(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	asRead := []dialer.Waiting{at("gone", -9, 0), at("renewed", -8, 0)}
	l.must(q.Rebuild(t.Context(), each(asRead...), nil))
	before := l.claim("d1", "renewed") // not given to the rebuild, but claimed again while it runs
	forgotten := dialer.Claim{Case: "gone", Desk: "d2", Token: "t", Until: time.Now().Add(long)}
	l.must(during(t, q, []dialer.Claim{forgotten}, func() {
		l.must(q.Remove(t.Context(), "gone"))
		l.claim("d1", "renewed")
	}, asRead...))
	l.wants(q.Renew(t.Context(), forgotten, long), dialer.ErrClaimLost)
	l.must(q.Renew(t.Context(), before, long))
}

// What a rebuild that died had noted is older than what the next one reads.
func TestJournalOfADeadRebuildIsForgotten(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	if _, err := q.run(t.Context(), beginScript, nil, "dead", long.Milliseconds()); err != nil {
		t.Fatal(err)
	}
	l.put(at("x", -1, 0), at("y", -1, 0))
	l.must(q.client.Del(t.Context(), q.keys.rebuilding).Err()) // its time ran out
	l.must(q.Rebuild(t.Context(), each(at("x", -1, 0)), nil))
	l.shows("x")
}

// age makes a lease run out.
func age(t *testing.T, q *Queue, c dialer.Claim) {
	t.Helper()
	ctx := t.Context()
	if err := q.client.ZAdd(ctx, q.keys.until, redis.Z{Score: 1, Member: string(c.Case)}).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestRebuildThatRedisForgot(t *testing.T) {
	server := storestest.OwnRedis(t)
	q := openAt(t, server.URL())
	l := line{q, t}
	for name, forget := range map[string]func(){
		"everything": func() { l.must(q.client.FlushAll(t.Context()).Err()) },
		// As after a restart from an append-only file that lacks its end.
		"part of the stage": func() {
			for _, key := range q.client.Keys(t.Context(), prefix+"stage:*").Val() {
				l.must(q.client.Del(t.Context(), key).Err())
			}
		},
		"the rebuild, for another began": func() {
			l.must(q.Rebuild(t.Context(), each(at("the other's", -1, 0)), nil))
		},
	} {
		for _, rest := range [][]dialer.Waiting{{at("late", -1, 0)}, nil} { // noticed by the next batch, or at the end
			if err := during(t, q, nil, forget, rest...); !errors.Is(err, dialer.ErrQueueDown) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if got := l.order(); len(got) > 1 || len(got) == 1 && got[0] != "the other's" {
			t.Errorf("%s: half a line is to be seen: %d cases", name, len(got))
		}
		if left := q.client.Keys(t.Context(), prefix+"stage:*").Val(); len(left) != 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
		l.must(q.Rebuild(t.Context(), each(), nil)) // and the next one succeeds
	}
}

// A case that is in the ledger's list, and was claimed by somebody while Redis knew nothing of the talk that goes on:
// the talk keeps it.
func TestKeptLeaseWinsOverOneTakenMeanwhile(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	talk := dialer.Claim{Case: "x", Desk: "d1", Token: "talk", Until: time.Now().Add(long)}
	var other dialer.Claim
	l.must(during(t, q, []dialer.Claim{talk}, func() { other = l.claim("d2", "x") }, at("x", -1, 0)))
	l.must(q.Renew(t.Context(), talk, long))
	l.wants(q.Done(t.Context(), other, nil), dialer.ErrClaimLost)
}

// Redis answers with an error of its own (here: it is out of memory) and that is as good as away.
func TestRedisThatRefuses(t *testing.T) {
	q := openAt(t, storestest.OwnRedis(t).URL())
	if err := q.client.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if err := q.Put(t.Context(), at("x", 0, 0)); !errors.Is(err, dialer.ErrQueueDown) {
		t.Fatalf("got %v", err)
	}
}

// A Redis that comes back from a dump holds a line that looks whole, and lacks what came after the dump.
func TestRedisThatComesBackOld(t *testing.T) {
	server := storestest.OwnRedis(t)
	q := openAt(t, server.URL())
	l := line{q, t}
	l.must(q.Rebuild(t.Context(), each(at("a", -2, 0)), nil))
	l.must(q.client.Save(t.Context()).Err())
	l.put(at("b", -1, 0))
	if built, err := q.Built(t.Context()); err != nil || !built {
		t.Fatalf("before: %v %v", built, err)
	}
	send(t, server, syscall.SIGKILL)
	<-server.Exited()
	storestest.RestartRedis(t, server)
	eventually(t, "the queue answers again", func() bool { return q.Ping(t.Context()) == nil })
	l.shows("a") // the dump was read
	if built, err := q.Built(t.Context()); err != nil || built {
		t.Fatalf("a line that lacks a case says built: %v %v", built, err)
	}
	l.must(q.Rebuild(t.Context(), each(at("a", -2, 0), at("b", -1, 0)), nil))
	l.shows("a", "b")
	if built, err := q.Built(t.Context()); err != nil || !built {
		t.Fatalf("after: %v %v", built, err)
	}
}

// TestALeaseThatIsNoneIsNobodys: what somebody wrote in the place of a lease keeps no line from being made, shown or given out.
func TestALeaseThatIsNoneIsNobodys(t *testing.T) {
	q, err := Connect(Server{URL: storestest.Redis(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	l := line{q, t}
	ws := []dialer.Waiting{at("a", -2, 0), at("b", -1, 0)}
	l.must(q.Rebuild(t.Context(), each(ws...), nil))
	for _, text := range []string{"garbage", "", "x 1 y desk1"} {
		l.must(q.client.HSet(t.Context(), q.keys.lease, "zz", text, "a", text).Err())
		l.shows("a", "b")
		l.must(q.client.Del(t.Context(), q.keys.line, q.keys.heads).Err())
		l.must(q.Rebuild(t.Context(), each(ws...), nil))
		l.shows("a", "b")
		if n := q.client.HLen(t.Context(), q.keys.lease).Val(); n != 0 {
			t.Errorf("%q: %d leases are left", text, n)
		}
	}
}

// TestAKeyThatSomebodyWroteOver is thrown away, and the line is made anew as after a loss.
func TestAKeyThatSomebodyWroteOver(t *testing.T) {
	var log bytes.Buffer
	q, err := Connect(Server{URL: storestest.Redis(t), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	l := line{q, t}
	ws := []dialer.Waiting{at("a", -2, 0), at("b", -1, 0)}
	// look is what the engine does every two seconds.
	look := func() (fine bool) {
		built, err := q.Built(t.Context())
		if err == nil && !built {
			_ = q.Rebuild(t.Context(), each(ws...), nil)
		}
		return err == nil && built
	}
	k := q.keys
	for _, key := range []string{k.line, k.heads, k.place, k.lease, k.until, k.built} {
		l.must(q.Rebuild(t.Context(), each(ws...), nil))
		log.Reset()
		l.must(q.client.Del(t.Context(), key).Err())
		l.must(q.client.LPush(t.Context(), key, "090-1234-5678").Err())
		if _, err := q.Check(t.Context()); err != nil {
			t.Errorf("a start is refused over %s: %v", key, err)
		}
		threwAway, madeAnew := look(), look()
		if threwAway || madeAnew || !look() {
			t.Errorf("the line is not made anew after %s", key)
		}
		l.shows("a", "b")
		if !strings.Contains(log.String(), key) || strings.Contains(log.String(), "5678") {
			t.Errorf("the log says of %s: %s", key, log.String())
		}
	}
	for _, key := range []string{k.rebuilding, k.changes, k.layout} { // which nothing but a rebuild reads
		l.must(q.client.Del(t.Context(), key).Err())
		l.must(q.client.LPush(t.Context(), key, "x").Err())
		if err := q.Rebuild(t.Context(), each(ws...), nil); err != nil {
			l.wants(err, dialer.ErrQueueDown)
			l.must(q.Rebuild(t.Context(), each(ws...), nil))
		}
		l.shows("a", "b")
	}
}

// TestOneLostKeyIsNoticed: what remains of the line answers all the same, and would say for ever that nobody waits, or have leases go on for ever.
func TestOneLostKeyIsNoticed(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	k := q.keys
	for _, lost := range [][]string{{k.line}, {k.heads}, {k.place}, {k.lease}, {k.until}, {k.built}, {k.line, k.heads}, {k.line, k.heads, k.place}} {
		l.must(q.Rebuild(t.Context(), each(at("a", -2, 0), at("b", -1, 0), at("c", 60, 0)), nil))
		l.claim("d1", "")
		l.claim("d2", "in no line")
		if built, err := q.Built(t.Context()); err != nil || !built {
			t.Fatalf("before: %v %v", built, err)
		}
		l.must(q.client.Del(t.Context(), lost...).Err())
		if built, err := q.Built(t.Context()); err != nil || built {
			t.Errorf("without %v: %v %v", lost, built, err)
		}
	}
	l.must(q.Rebuild(t.Context(), each(), nil))
	if built, err := q.Built(t.Context()); err != nil || !built {
		t.Errorf("an empty line: %v %v", built, err)
	}
}
