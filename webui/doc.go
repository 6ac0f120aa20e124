// Package webui is the face: the HTTP API, the live board over a websocket, and the panel, which is embedded.
//
// # Words
//
// A route is a method and a path pattern. A visitor is who makes a request: a signed-in person, or nobody. A frame is one
// numbered message of /api/live; a viewer is who reads frames. A problem is an answer that is not what was asked for.
//
// # The way of a request
//
// Server's handler checks, in this order: origin (CSRF), session, role (auth.Table, in one place: route), shape (huma,
// from the types in shapes.go); then the handler asks a port and says what it answered. Rules about desks, cases and
// calls are the engine's; rules about entries and lists are casework's. Who may see which part of a desk, a call or an
// attempt stands in view.go, for answers and frames alike.
//
// # The live board
//
// Hub is the engine's Board. One goroutine numbers what it is shown and keeps the last frames; each reader has a buffer
// of its own and is dropped when that is full, so a slow browser holds up neither a call nor another browser. A new
// reader is subscribed first and then given a snapshot, which carries the number it is as new as: no gap, no double. The
// recounter sums the ledger again after what may have changed it, at most twice a second, and always once more after the
// last change.
//
// # How it fails
//
// Every mistake is a Problem (RFC 9457) with a Japanese and an English sentence. A ledger or queue that is away is 503
// for what needs it, and nothing for what does not: hanging up needs neither. Logs name routes, never queries, bodies or
// people.
package webui
