// Package vault keeps the keys of personal data, so that destroying a key destroys all that it sealed: in the database, in its
// write-ahead log and dead rows, and in every backup (HOUSE.md "Personal data").
//
// # Keys
//
// A key is a Day's (all personal data that came into custody on it) or a Matter's (one of the ward's own records, which outlives the
// day). Each is a file of its own in a folder that nobody else may read, that no backup has, and that all nodes share. vault.go seals,
// unseals and makes blind indexes; files.go makes and destroys the files.
//
// A key is made by the first who seals under it. It is destroyed once and for all: a tombstone stays in its place, and is written
// before anything is removed, so that a destruction that lost its power is finished by whoever opens the folder next, and so that
// nobody makes the key of that day again.
//
// # What destroying means
//
// The file is written over, and that is brought to disk before the file is removed. On a disk that writes elsewhere (flash, ZFS, btrfs,
// snapshots of a virtual machine) the old octets may live on until they are reused. Such a folder belongs on a file system that is
// encrypted itself; what is left of a key is then as unreadable as the rest of that disk once it is taken out.
//
// A process that has a key in memory looks once a second whether it is still there, and forgets it when it is not. Go gives no
// promise on when memory is written over.
//
// # Blind indexes
//
// Index makes 16 octets of a word under a day's key: equal words of a kind and a day give equal tokens, and nothing else can be told
// from them. They say which rows have the same word, and how many, as long as the rows are there.
package vault
