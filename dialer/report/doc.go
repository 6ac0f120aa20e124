// Package report turns the ledger's rows into the figures the ward asked for: a day's, a month's, the way to the target.
//
// Every figure is a sum over the ledger, made when it is asked for (Source); there is no counter that could drift from
// the rows. Days are days of Asia/Tokyo, and an attempt belongs to the day its INVITE left. What counts as 件 differs
// between municipalities, so all three counts stand side by side and a setting says which is held against the target.
package report
