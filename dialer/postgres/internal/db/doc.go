// Package db is the ledger's queries as typed functions. All but this file is written by sqlc from ../../queries and
// ../../migrations (go generate in dialer/postgres); a change is made there.
package db
