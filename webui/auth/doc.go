// Package auth says who is asking and what they may do: sign-in, sessions, roles.
//
// # Words
//
// A person is a member of staff who signed in. A session is their being signed in, held as opaque bytes behind
// dialer.Sessions under a random token that only the browser's cookie has. A route is a method and a path pattern; the
// Table says which roles may use which route, and what is not in the table may be used by nobody.
//
// # Who owns what
//
// Keeper signs people in and out, answers whose a token is, and tells who waits for it that a session is over. Whether
// a person may use a route is asked in one place, webui's registration of routes; whether they may touch a certain desk
// or call is the engine's to say.
//
// # How it fails
//
// An unknown login, a wrong password and a disabled person get the same answer after the same work. Too many wrong
// tries, of one login or from one address, have to wait. A token that is unknown, too old, or too long unused is
// ErrSignedOut. A store that is away does not sign anybody out: what it last said is believed meanwhile, so that a
// hang-up never waits for a database.
package auth
