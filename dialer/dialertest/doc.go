// Package dialertest has a fake of each port of dialer, and one conformance suite for each, which the fake and the real
// adapter both pass. So what a test of the engine learns from a fake holds for the house as it runs.
//
// # Words
//
// A fake is an honest implementation in memory: it keeps every promise of its port, and can be told to break in the ways
// the real one breaks (a Fault: slow, hanging, failing, its answer lost). A rig is what a suite needs of an adapter's
// test: the port itself, and the few things the port has no method for. A far end is what a scripted phone does with a
// call.
//
// # Who owns what
//
// The fakes own their memory under one mutex each, never held while they wait. Phone starts a goroutine for each dialled
// leg, which ends with the leg's Gone; nothing else here runs by itself. They take time from the time package, so under
// testing/synctest their time is virtual.
//
// # How it fails
//
// A suite stops the test with what was promised and what came instead. A fake that is used against its port's rules (a
// leg dialled twice, a line never closed) remembers it, and Phone.Broken tells.
package dialertest
