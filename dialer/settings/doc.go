// Package settings is what an administrator may change while the centre works, and the record of every change. It imports dialer and
// the standard library only: the ledger keeps the record (Store), cmd/kakeru says which settings there are and what they do.
//
// # Words
//
// A setting has a key and a value (JSON). The file's value is that of the settings file, which stands where nobody has changed anything.
// A change says who made which value of which, when and why; it is never written over. What holds is the last change of each key,
// over the file. To undo is to make another change that brings the former value back. A family is a setting for each of many things, a
// day of the calendar for instance: its key ends in a dot, and what follows names the thing.
//
// # Where what stands
//
//	setting.go  what may be set: its check, its words, the file's value
//	number.go   settings that are a number, or on or off
//	change.go   the record, what the store must do, and why a change is refused
//	keeper.go   what holds now: read, changed, undone, followed on every node
//	item.go     a setting as people are shown it, and what a change would do before it is made
//
// # Who owns what
//
// The keeper owns the values that hold on this node; its mutex is held over the store, for administrators are few, and never by anybody
// who only asks what holds: that is kept by whoever takes the values (Deps.Take).
//
// # How it fails
//
// A change is checked alone, then with all others as a start would check them, then written, then taken: what the check refuses is
// never written. Two administrators at once: the one who comes second is told what the first has changed, and nothing is written.
// Other nodes hear of a change at once by the wire between them, and look for themselves every few seconds where that fails. While the
// store is away what held goes on holding, and nothing can be changed.
package settings
