package dialer

import "errors"

// NodeID names one of the processes that run a centre's calls.
type NodeID string

// ErrFenced means that this process's lease has run out, or another has taken its place. It makes no call until it has a lease again.
var ErrFenced = errors.New("this server's lease has run out, or another has taken its place")

// ErrElsewhere means that the desk is another node's.
var ErrElsewhere = errors.New("the desk belongs to another server")

// errFenced is what an operator is told.
var errFenced = &Refusal{
	Rule: LedgerDown, JA: "このサーバーは記録台帳の担当権を確認できないため発信できません。数秒で戻らなければ管理者に連絡してください",
	EN: "this server cannot confirm that it still holds its place at the ledger, so nothing is dialled; if that lasts, tell the administrator",
}

// leased reports whether this process may begin calls now.
func (e *Engine) leased() bool { return e.d.Leased == nil || e.d.Leased() }
