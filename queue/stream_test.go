package queue

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer/fleet"
)

// The ids that nothing can stand behind, and some that Redis would give in ages only.
var ahead = []string{"18446744073709551615-18446744073709551615", "18446744073709551615-18446744073709551614", "18446744073709551615-0", "9223372036854775807-1"}

// TestAnEntryOfTheHighestNumberSilencesNobody: who may write in Redis adds an entry behind which Redis takes nothing more, or takes it far ahead of its
// clock. The nodes hear each other all the same: what is published, and what is sent.
func TestAnEntryOfTheHighestNumberSilencesNobody(t *testing.T) {
	for _, id := range ahead {
		for name, spoil := range map[string]func(c redis.UniversalClient, w *Wire, stream string) error{
			"foreign": func(c redis.UniversalClient, _ *Wire, stream string) error {
				return c.Do(context.Background(), "XADD", stream, id, "x", "x").Err()
			},
			"gone again": func(c redis.UniversalClient, _ *Wire, stream string) error {
				err := c.Do(context.Background(), "XADD", stream, id, "x", "x").Err()
				if err == nil {
					err = c.XDel(context.Background(), stream, id).Err()
				}
				return err
			},
			"sealed, and put there again": func(c redis.UniversalClient, w *Wire, stream string) error {
				values, err := w.write(stream, message("a", "again"), time.Minute)
				if err == nil {
					err = c.Do(context.Background(), append([]any{"XADD", stream, id}, values...)...).Err()
				}
				return err
			},
		} {
			t.Run(id+" "+name, func(t *testing.T) {
				t.Parallel()
				url := storestest.Redis(t)
				c, a, b := openAt(t, url).client, wireAt(t, url), wireAt(t, url)
				lifeOfA, lifeOfB := fleet.Life{Node: "a", Epoch: 1}, fleet.Life{Node: "b", Epoch: 1}
				ofA, ofB := listen(t, a, lifeOfA), listen(t, b, lifeOfB)
				for _, stream := range []string{a.live(), a.inbox(lifeOfA), a.inbox(lifeOfB)} {
					if err := spoil(c, a, stream); err != nil {
						t.Fatal(err)
					}
				}
				hear(t, a, ofB, message("a", "from a"))
				hear(t, b, ofA, message("b", "from b"))
				tell(t, a, lifeOfB, ofB, message("a", "do it, b"))
				tell(t, b, lifeOfA, ofA, message("b", "do it, a"))
				if last, _ := a.client.XRevRangeN(t.Context(), a.live(), "+", "-", 1).Result(); len(last) != 1 || slices.Contains(ahead, last[0].ID) {
					t.Errorf("the stream ends in %v", last)
				}
			})
		}
	}
}

// hear publishes until it is heard: what is published in the moment in which a stream is begun anew is shown by a gap alone.
func hear(t *testing.T, w *Wire, e *ears, m fleet.Message) {
	t.Helper()
	eventually(t, "heard: "+m.ID, func() bool {
		if err := w.Publish(t.Context(), m); err != nil {
			t.Fatalf("%s was not published: %v", m.ID, err)
		}
		return e.has(func() bool { return slices.Contains(e.heard, m.ID) })
	})
}

func tell(t *testing.T, w *Wire, to fleet.Life, e *ears, m fleet.Message) {
	t.Helper()
	eventually(t, "told: "+m.ID, func() bool {
		if err := w.Send(t.Context(), to, m, time.Minute); err != nil {
			t.Fatalf("%s was not sent: %v", m.ID, err)
		}
		return e.has(func() bool { return slices.Contains(e.told, m.ID) })
	})
}

// TestAStreamBegunAnewIsFollowed by whoever had come further than it: the gap is told, and nothing is heard twice.
func TestAStreamBegunAnewIsFollowed(t *testing.T) {
	url := storestest.Redis(t)
	c, a, b := openAt(t, url).client, wireAt(t, url), wireAt(t, url)
	e := listen(t, b, fleet.Life{Node: "b", Epoch: 1})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	gaps := func() (n int) { e.note(func() { n = e.gaps }); return n }
	must(a.Publish(t.Context(), message("a", "once")))
	eventually(t, "heard", func() bool { return e.has(func() bool { return len(e.heard) == 1 }) })
	// An entry within the minute that a clock may be set back: it is no fault yet.
	now := c.Time(t.Context()).Val().Add(40 * time.Second).UnixMilli()
	values, err := a.write(a.live(), message("a", "from the future"), 0)
	must(err)
	must(c.Do(t.Context(), append([]any{"XADD", a.live(), now}, values...)...).Err())
	eventually(t, "followed", func() bool { return e.has(func() bool { return len(e.heard) == 2 }) })
	before := gaps()
	must(c.Unlink(t.Context(), a.live()).Err())
	eventually(t, "the gap is told", func() bool { return gaps() > before })
	must(a.Publish(t.Context(), message("a", "afterwards")))
	eventually(t, "heard again", func() bool { return e.has(func() bool { return slices.Contains(e.heard, "afterwards") }) })
	e.note(func() {
		if !slices.Equal(e.heard, []string{"once", "from the future", "afterwards"}) {
			t.Errorf("heard: %v", e.heard)
		}
	})
}

// TestManyBeginAStreamAnewOnce: of those who publish at once into a full one, nobody throws away what another has put into the new one.
func TestManyBeginAStreamAnewOnce(t *testing.T) {
	q := openQueue(t)
	var log bytes.Buffer
	w := q.Wire(wireSecret, slog.New(slog.NewTextHandler(&log, nil)))
	if err := q.client.Do(t.Context(), "XADD", w.live(), ahead[0], "x", "x").Err(); err != nil {
		t.Fatal(err)
	}
	const many = 16
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if err := w.Publish(t.Context(), message("a", "x")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := q.client.XLen(t.Context(), w.live()).Val(); n != many {
		t.Errorf("%d of %d messages are there", n, many)
	}
	if n := strings.Count(log.String(), "begun anew"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

// TestIdsAreComparedAsRedisDoes, and what is no id comes first.
func TestIdsAreComparedAsRedisDoes(t *testing.T) {
	ordered := []string{"0-0", "0-1", "9-10", "10-9", "10-10", ahead[3], ahead[2], ahead[1], ahead[0]}
	for i, a := range ordered {
		for j, b := range ordered {
			if before(a, b) != (i < j) {
				t.Errorf("%s before %s: %v", a, b, before(a, b))
			}
		}
	}
	if before("x", "0-0") || !before("", "0-1") {
		t.Error("what is no id is not 0-0")
	}
}
