package queue

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"kakeru/dialer/fleet"
)

const (
	// liveKept is about how many published messages Redis keeps: some seconds of the busiest centre.
	liveKept = 10_000
	// inboxKept is about how many messages may wait for a node that does not read.
	inboxKept = 1_000
	// inboxLife is after how long the inbox of a node that never comes back is gone.
	inboxLife = 10 * time.Minute
	// listenFor is how long one question to Redis waits for something new.
	listenFor = 500 * time.Millisecond
	// listenAtOnce bounds one answer.
	listenAtOnce = 256
)

// streams is what a wire asks of a client of Redis, of one server or of many.
type streams interface {
	redis.Scripter
	redis.StreamCmdable
	redis.HashCmdable
}

// Wire carries what the nodes of a fleet tell each other, in Redis Streams: one for what is published, trimmed, and an inbox for
// each life of a node, emptied as it is read. Everything in them is sealed.
type Wire struct {
	client streams
	down   func(context.Context, error, ...kept) error // the line's
	prefix string
	seal   *sealer
	log    *slog.Logger
	warned atomic.Bool
}

var _ fleet.Wire = (*Wire)(nil)

// Wire returns the wire beside the line, for nodes that share the secret.
func (q *Queue) Wire(secret []byte, log *slog.Logger) *Wire {
	return &Wire{client: q.client, down: q.down, prefix: q.keys.prefix, seal: newSealer(secret), log: log}
}

// asStreams are keys as the line's down takes them.
func asStreams(keys ...string) (all []kept) {
	for _, k := range keys {
		all = append(all, kept{k, "stream"})
	}
	return all
}

// live is a stream of what is published, for everybody.
func (w *Wire) live() string { return w.prefix + "live" }

// inbox is a stream of what is sent to one life. It expires when nothing has come for long.
func (w *Wire) inbox(of fleet.Life) string { return w.prefix + "inbox:" + sender(of) }

// sender names a life. A node's id holds no space.
func sender(l fleet.Life) string { return string(l.Node) + " " + strconv.FormatInt(l.Epoch, 10) }

// letter is what is sealed.
type letter struct {
	From   fleet.Life    `json:"from"`
	ID     string        `json:"id"`
	Within time.Duration `json:"within,omitempty"`
	Body   []byte        `json:"body"`
}

func (w *Wire) write(stream string, m fleet.Message, within time.Duration) ([]any, error) {
	text, err := json.Marshal(letter{m.From, m.ID, within, m.Body})
	if err != nil {
		return nil, err
	}
	sealed, err := w.seal.seal(sender(m.From), stream, text)
	return []any{"from", sender(m.From), "sealed", sealed}, err
}

// read opens what came; what is not the fleet's is left out, and logged once.
func (w *Wire) read(stream, from, sealed string) (letter, bool) {
	var l letter
	text, err := w.seal.open(from, stream, []byte(sealed))
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil && !w.warned.Swap(true) {
		w.log.Warn("a message in Redis is not this fleet's; do all nodes have the same secret_file?", "from", from, "err", err)
	}
	return l, err == nil
}

// Publish implements fleet.Wire.
func (w *Wire) Publish(ctx context.Context, m fleet.Message) error {
	values, err := w.write(w.live(), m, 0)
	if err != nil {
		return err
	}
	return w.append(ctx, w.live(), liveKept, 0, values)
}

// Send implements fleet.Wire.
func (w *Wire) Send(ctx context.Context, to fleet.Life, m fleet.Message, within time.Duration) error {
	values, err := w.write(w.inbox(to), m, within)
	if err != nil {
		return err
	}
	return w.append(ctx, w.inbox(to), inboxKept, inboxLife, values)
}

// Listen implements fleet.Wire. It ends with an error when Redis does not answer: what was published until it is called again
// may be missed.
func (w *Wire) Listen(ctx context.Context, me fleet.Life, e fleet.Ears) error {
	last, err := w.newest(ctx)
	if err != nil {
		return quiet(ctx, err)
	}
	e.Gap()
	for ctx.Err() == nil {
		// First whatever waits: the inbox may be older than we are.
		if err := w.empty(ctx, me, e); err != nil {
			return quiet(ctx, err)
		}
		for inbox := false; !inbox && ctx.Err() == nil; {
			if last, inbox, err = w.wait(ctx, me, last, e); err != nil {
				return quiet(ctx, err)
			}
		}
	}
	return nil
}

// quiet is nil for what went wrong because nobody listens any more.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // that is what this is for
	}
	return err
}

// wait hands on what is published, and tells whether something has come into the inbox: that was emptied, so whatever is there
// has come since.
func (w *Wire) wait(ctx context.Context, me fleet.Life, last string, e fleet.Ears) (live string, inbox bool, err error) {
	rctx, cancel := context.WithTimeout(ctx, listenFor+answerLimit)
	defer cancel()
	found, err := w.client.XRead(rctx, &redis.XReadArgs{
		Streams: []string{w.live(), w.inbox(me), last, "0-0"}, Count: listenAtOnce, Block: listenFor,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return last, false, w.down(ctx, err, asStreams(w.live(), w.inbox(me))...)
	}
	ours := false // something was published, and the last of it by the fleet
	for _, stream := range found {
		for _, entry := range stream.Messages {
			if stream.Stream != w.live() {
				inbox = true
				continue
			}
			last = entry.ID
			from, _ := entry.Values["from"].(string)
			sealed, _ := entry.Values["sealed"].(string)
			var l letter
			if l, ours = w.read(w.live(), from, sealed); ours && l.From.Node != me.Node {
				e.Heard(fleet.Message{From: l.From, ID: l.ID, Body: l.Body})
			}
		}
	}
	if ours {
		return last, inbox, nil
	}
	last, err = w.place(ctx, last, e)
	return last, inbox, err
}

// empty takes what is in the inbox out of it, and hands on what is not too late: by the clock of Redis, which noted when it came.
// Should the answer be lost, so is what was in it: it is not done, and who asked hears nothing.
func (w *Wire) empty(ctx context.Context, me fleet.Life, e fleet.Ears) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	inbox := w.inbox(me)
	answer, err := inboxScript.Run(ctx, w.client, []string{inbox}).Result()
	if err != nil {
		return w.down(ctx, err, asStreams(inbox)...)
	}
	list, err := texts(answer)
	if err != nil || len(list)%3 != 1 {
		return errAnswer(answer)
	}
	now, err := strconv.ParseInt(list[0], 10, 64)
	if err != nil {
		return errAnswer(answer)
	}
	for i := 1; i < len(list); i += 3 {
		l, ok := w.read(inbox, list[i+1], list[i+2])
		// An id that is no time, or one that is far ahead, is none that Redis gave: when the message came is not known.
		came, err := strconv.ParseInt(list[i], 10, 64)
		if ok && err == nil && came <= now+aheadMost.Milliseconds() && time.Duration(now-came)*time.Millisecond <= l.Within {
			e.Told(fleet.Message{From: l.From, ID: l.ID, Body: l.Body})
		}
	}
	return nil
}
