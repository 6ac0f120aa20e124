package queue

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"kakeru/dialer/fleet"
)

// Redis numbers what is appended to a stream by its clock, and never downwards: after an entry with the highest id of all, which anybody may
// write who has its password, it takes nothing more, and who has followed it there hears nothing of a stream that is begun anew. So
// whoever appends, or reads, throws away a stream that is ahead of the clock of Redis, and a reader whose place is behind the stream's end goes back.

// aheadMost is how far the clock of Redis may be set back before a stream is begun anew for it.
const aheadMost = time.Minute

// The scripts of the wire. They run on one key, without the line's.
var (
	appendScript = redis.NewScript(source("append"))
	newestScript = redis.NewScript(source("newest"))
	inboxScript  = redis.NewScript(source("inbox")) // empties an inbox
)

// append puts a message into a stream that keeps about so many, for so long after the last; without end for 0. What else was in a stream to which
// nothing can be appended is lost: what was published is shown anew by all, and a command is not done.
func (w *Wire) append(ctx context.Context, stream string, kept int, life time.Duration, values []any) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	args := append([]any{kept, life.Milliseconds(), aheadMost.Milliseconds()}, values...)
	anew, err := appendScript.Run(ctx, w.client, []string{stream}, args...).Bool()
	if anew {
		w.log.Warn("a stream of ours in Redis ended in an entry later than its clock, behind which nothing could stand; it is thrown away and begun anew. "+
			"Who has Redis' password beside our nodes?", "stream", stream)
	}
	return w.down(ctx, err, asStreams(stream)...)
}

// newest is the id of what was published last.
func (w *Wire) newest(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	id, err := newestScript.Run(ctx, w.client, []string{w.live()}, aheadMost.Milliseconds()).Text()
	return id, w.down(ctx, err, asStreams(w.live())...)
}

// place is where a reader goes on that has come to last and found nothing of the fleet there: at last, unless the stream ends before it, since it was begun
// anew or Redis is another. Then it goes on at its end: nothing comes twice, and what was missed is told as a gap, upon which everybody shows everything.
func (w *Wire) place(ctx context.Context, last string, e fleet.Ears) (string, error) {
	end, err := w.newest(ctx)
	if err != nil || !before(end, last) {
		return last, err
	}
	e.Gap()
	return end, nil
}

// before compares two ids of entries as Redis does: milliseconds, a hyphen, and a number within them.
func before(a, b string) bool {
	am, an := idOf(a)
	bm, bn := idOf(b)
	return am < bm || am == bm && an < bn
}

func idOf(text string) (ms, n uint64) {
	first, second, _ := strings.Cut(text, "-")
	ms, _ = strconv.ParseUint(first, 10, 64)
	n, _ = strconv.ParseUint(second, 10, 64)
	return ms, n
}
