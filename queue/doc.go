// Package queue is the waiting line in Redis: which case comes next, and which
// desk holds it. It implements dialer.Queue.
//
// # Words
//
//   - Place: when a case is due, and its priority among those that are due. A
//     case keeps its place while it is claimed, so that it can go back there.
//   - Lane: who may take a case, a text that means nothing here. A desk takes from
//     some lanes, each with a rank. A cell is one lane at one priority.
//   - Lease: a desk's hold on a case, until an instant of the Redis server's
//     clock. Our own clock is never asked, so nodes need not agree on the time.
//   - Lapse: a lease that was not renewed in time. Every script first puts
//     lapsed cases back into the line, so nobody ever sees one.
//   - Rebuild: the line made anew from the ledger, since Redis may lose
//     everything at any moment and holds no truth.
//
// # How it works
//
// Every operation is one Lua script, and so happens as a whole or not at all
// (lua/, each with its contract at its head; keys.go has all the keys). Waiting
// cases stand in one sorted set by (priority, lane, due, case), and the first case
// of each cell beside it in a hash. So the first case for a desk is found by one
// look-up for all its lanes at each priority, until one is due, and the list on the
// panel is a merge of cells, however many cases become due at once in the morning.
//
// A rebuild fills keys of its own, and one script puts them in the place of the
// line. What other desks change meanwhile is noted in a journal and done again to
// the new line in that same script, so that nothing that happens during a rebuild
// is lost. A rebuild that Redis forgot half of (emptied, restarted) is noticed by
// its count and given up.
//
// # How it fails
//
// Redis gone, emptied, loading or not answering is dialer.ErrQueueDown, after one
// second at the most. Nothing is tried twice: a claim whose answer was lost may
// have happened, and its lease lapses by itself. After a loss the line is empty
// and Built is false until someone rebuilds it. So it is when one key was
// lost, which the others show, and when somebody wrote over one: what has another type
// than ours is thrown away as soon as a script stumbles over it (discard.go). A stream of the wire to which nothing more can be
// appended is begun anew by whoever appends, and followed there by whoever reads (stream.go).
package queue
