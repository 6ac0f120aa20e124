// Package stores runs a private PostgreSQL and a private Redis as child
// processes, for `kakeru demo` and for tests. `kakeru serve` does not use it:
// there both stores belong to the house and are reached by URL.
//
// # Words
//
//   - State directory: the one folder (KAKERU_STATE) in which both stores keep
//     their data. It holds postgres/, redis/, run/ (the sockets), one log and
//     one lock file for each store.
//   - Occupant: a process whose working directory is a store's data folder.
//     Both servers change into their data folder, so this is how a survivor of
//     an unclean end is told from a process that merely got its number.
//
// # Who owns what
//
// The process that started a store owns it: it holds an exclusive lock on the
// lock file for as long as it lives, so a second start in the same state
// directory is refused instead of two servers sharing data. The servers listen
// on a unix socket only, in a folder that only their own user may enter, and
// stand in a process group of their own, so that Ctrl-C at a terminal reaches
// Kakeru alone, which ends them last.
//
// Started by root, the servers run as uid and gid 65534, since PostgreSQL
// refuses to run as root; the data folders are given to that user.
//
// # How it fails
//
//   - A server's program is not installed: *MissingError, which carries the
//     command that installs it.
//   - The owner is killed: the kernel ends the servers with it (PostgreSQL by
//     its fast shutdown). The next start waits for stragglers, ends them if it
//     must, clears stale lock files and finds the data again.
//   - A server is killed: Exited is closed; the next start recovers from the
//     write-ahead log or the append-only file.
//   - A server does not end when asked: Stop escalates to SIGKILL; it takes 20 s
//     at the very most.
package stores
