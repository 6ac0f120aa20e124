package postgres

import "context"

// readers are those that read much at the moment, and have a connection for long: reports, sums, lists, searches. Half of the connections are
// never theirs: a click, a result and an entry of the record go on while everybody reads. Whoever has a place here asks for no second one.
type readers chan struct{}

func newReaders(connections int32) readers { return make(readers, max(1, connections/2)) }

// enter waits for a place, within ctx; done gives it back.
func (r readers) enter(ctx context.Context) (done func(), err error) {
	select {
	case r <- struct{}{}:
		return func() { <-r }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
