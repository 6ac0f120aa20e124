// Package year lives through a made-up year of the centre, to find out what best hour is worth.
//
// # Words
//
// A World is a town whose truth is known: when whom of its people answer. A Plan is a year to be lived through in it: the
// cases that come each month, the opening hours, and who advises on the order. Advice is Off (the rules alone), On (what
// the year's own calls have taught so far) or Oracle (one who knows the truth: the most that this kind of advice could
// bring).
//
// # What is real and what is made up
//
// The rules are the centre's own: dialer.NumberRule, the table of connection results, dialer.NextFor, casework.NextAfter,
// dialer.Hours, and the queue's order. So is what is learnt and how it is used: a besthour.Model made every week of the
// counts as the ledger would give them. Made up are the people (person.go), what they do when rung (outcome.go), and the
// two seats, which are never idle while a case is due.
//
// The traps are put in on purpose: numbers that did not answer are rung again at other hours and answer less; some people
// answer much more than others; households share a number; some numbers are dead; mobiles have voicemail; whoever asked to
// be called at an hour is there. docs/besthour.md has what came of it.
//
// # Files
//
// world.go the towns, person.go a person and the line, house.go a year at the two seats, outcome.go what a call comes to,
// oracle.go the advice that knows, compare.go the same years with and without.
//
// The same plan gives the same year to the last call. Luck depends on the person and the number of the try alone, so years
// of one seed differ only by what the advice did.
package year
