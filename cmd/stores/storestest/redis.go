package storestest

import (
	"context"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"kakeru/cmd/stores"
)

// free are the numbers of the shared Redis's databases that no test holds. Number 0
// is never lent: it is where a client ends up that forgot to choose.
var free = numbers(1023)

func numbers(upTo int) chan int {
	all := make(chan int, upTo)
	for n := range upTo {
		all <- n + 1
	}
	return all
}

// Redis is the URL of an empty database of the shared server. Publish and
// subscribe know no databases: a message reaches every test's subscribers on
// that channel. A test that wants FLUSHALL, or to kill the server, takes
// OwnRedis.
func Redis(t testing.TB) (url string) {
	t.Helper()
	r := server(t, &shared.redis, stores.StartRedis)
	n := <-free
	url = fmt.Sprintf("%s?db=%d", r.URL(), n)
	empty(t, url)
	t.Cleanup(func() { free <- n })
	return url
}

// OwnRedis starts a Redis for this test alone, to be killed, paused or emptied.
// It is stopped with the test.
func OwnRedis(t testing.TB) *stores.Redis {
	t.Helper()
	dir := newScratch(t)
	t.Cleanup(dir.remove)
	r := launch(t, dir.path, stores.StartRedis)
	t.Cleanup(r.Stop)
	return r
}

// RestartRedis starts r, which the test has killed or stopped, once more on the same
// data. A Redis for tests keeps no data, so it comes back empty.
func RestartRedis(t testing.TB, r *stores.Redis) *stores.Redis {
	t.Helper()
	r.Stop() // frees its folder if it was killed
	again := launch(t, r.StateDir(), stores.StartRedis)
	t.Cleanup(again.Stop)
	return again
}

func empty(t testing.TB, url string) {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	if err := client.FlushDB(context.Background()).Err(); err != nil {
		t.Fatalf("empty the test's database: %v", err)
	}
}
