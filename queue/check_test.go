package queue

import (
	"errors"
	"strings"
	"testing"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
)

// Whatever stands under our keys and is not ours is refused, by the key's name; the line is not built over it.
func TestAnothersKeysAreRefused(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	l.must(q.client.Set(t.Context(), "another's", "x", 0).Err())
	l.must(q.client.Set(t.Context(), "{kakeru}:theirs", "x", 0).Err())
	if warning, err := q.Check(t.Context()); warning != "" || err != nil {
		t.Fatalf("keys beside ours are no harm: %q, %v", warning, err)
	}
	for _, key := range append(q.keys.all(), q.keys.layout) {
		l.must(q.client.LPush(t.Context(), key, "their job").Err())
		for what, err := range map[string]error{
			"check":   func() error { _, err := q.Check(t.Context()); return err }(),
			"rebuild": q.Rebuild(t.Context(), each(at("a", -1, 0)), nil),
		} {
			if err == nil || errors.Is(err, dialer.ErrQueueDown) || !strings.Contains(err.Error(), key+" ") || !strings.Contains(err.Error(), "redis.url") {
				t.Errorf("%s over a list at %s: %v", what, key, err)
			}
		}
		if got := q.client.LRange(t.Context(), key, 0, -1).Val(); len(got) != 1 || got[0] != "their job" {
			t.Errorf("%s was touched: %v", key, got)
		}
		l.must(q.client.Del(t.Context(), key).Err())
	}
	l.must(q.Rebuild(t.Context(), each(at("a", -1, 0)), nil))
	if left := q.client.Get(t.Context(), "{kakeru}:theirs").Val(); left != "x" {
		t.Errorf("a rebuild touched what is not ours")
	}
}

// A line of another version is refused with a command that clears it, and that command is right.
func TestAnotherLayoutIsRefused(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	for name, leave := range map[string]func(){
		"layout 1": func() {
			l.must(q.client.Do(t.Context(), "ZADD", "{kakeru}:line", 0, "500000:0000000000000001:old").Err())
			l.must(q.client.Do(t.Context(), "ZADD", "{kakeru}:when", 0, "0000000000000001:500000:old").Err())
			l.must(q.client.HSet(t.Context(), "{kakeru}:place", "old", "500000:0000000000000001").Err())
		},
		"layout 3": func() {
			l.must(q.Rebuild(t.Context(), each(at("new", -1, 0)), nil))
			l.must(q.client.Set(t.Context(), "{kakeru}:layout", "3", 0).Err())
		},
	} {
		l.must(q.client.FlushDB(t.Context()).Err())
		leave()
		_, err := q.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Fatalf("%s: %v", name, err)
		}
		if err := q.Rebuild(t.Context(), each(at("a", -1, 0)), nil); err == nil || errors.Is(err, dialer.ErrQueueDown) {
			t.Errorf("%s: rebuilt over it: %v", name, err)
		}
		_, command, _ := strings.Cut(err.Error(), "redis-cli UNLINK ")
		for key := range strings.FieldsSeq(command) {
			l.must(q.client.Unlink(t.Context(), strings.Trim(key, "'")).Err())
		}
		if n := q.client.DBSize(t.Context()).Val(); n != 0 {
			t.Errorf("%s: the command leaves %d keys", name, n)
		}
		l.must(q.Rebuild(t.Context(), each(at("a", -1, 0)), nil))
		l.shows("a")
		if _, err := q.Check(t.Context()); err != nil {
			t.Errorf("our own layout: %v", err)
		}
	}
}

func TestARedisThatThrowsKeysAway(t *testing.T) {
	q := openAt(t, storestest.OwnRedis(t).URL())
	for _, c := range []struct {
		limit, policy string
		warns         bool
	}{
		{"0", "allkeys-lru", false}, {"100mb", "noeviction", false}, {"100mb", "allkeys-lru", true}, {"100mb", "volatile-ttl", true},
	} {
		for key, value := range map[string]string{"maxmemory": c.limit, "maxmemory-policy": c.policy} {
			if err := q.client.ConfigSet(t.Context(), key, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
		warning, err := q.Check(t.Context())
		if err != nil || (warning != "") != c.warns || c.warns && !strings.Contains(warning, c.policy) {
			t.Errorf("%+v: %q, %v", c, warning, err)
		}
	}
}

func TestCheckOfARedisThatIsAway(t *testing.T) {
	if _, err := openAt(t, "unix:///tmp/kakeru-no-such.sock").Check(t.Context()); !errors.Is(err, dialer.ErrQueueDown) {
		t.Fatal(err)
	}
}
