// Package backup is the envelope of a copy of the ledger: encrypted for a key that the server does not have, whole or refused.
//
// # Words
//
// A backup is one file. It is sealed by age (age-encryption.org/v1) to the recipients of the settings, which are public: whoever takes
// the server, or the disk with the backups, cannot open one. The identity that opens it is a file that is kept elsewhere.
//
// Inside is a stream of pieces: a word that says what this is, the dump cut into pieces of at most 1 MiB, and at the end the manifest: when the
// dump was made, from which schema, how many rows each table had in that very snapshot, how long the dump is and its SHA-256.
//
// # How it fails
//
// age authenticates each 64 KiB and marks the last of them, so that a changed or a truncated file is found. Verify reads a file to
// its end, compares length and digest with the manifest, and only then says what is in it; nothing of a file that does not hold
// reaches a database. Errors are Err… of this package, each with what to do.
//
// What is in the dump is not this room's matter: dialer/postgres makes it and takes it back.
package backup
