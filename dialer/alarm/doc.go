// Package alarm is about what somebody must see: alerts, kept for ever, acknowledged once for all.
//
// # Words
//
// An alert (dialer.Alert) is raised by whichever room finds it out. What it is about is its condition: "the trunk line1 is down", "this
// talk lasts too long". A condition has one row while it stands, however often and by how many nodes it is raised: no floods. Some
// conditions end by themselves and say so (a kind ending in "_back"); the others are over once somebody acknowledged them.
//
// A supervisor acknowledges an alert once, for everybody. Raised, acknowledged and ended are three rows that are never changed
// (dialer/postgres); Kept is what they come to.
//
// Watch finds out what only time shows: that the day falls behind its plan, that a talk lasts too long, that no supervisor is there in
// opening hours (仕様書 7(6)), that what stood is over although nobody said so.
//
// # How it fails
//
// Without the ledger nothing can be kept: webui shows an alert all the same, keeps it in memory, and writes it down when the ledger is back.
package alarm
