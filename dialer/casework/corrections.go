package casework

import "kakeru/dialer"

// How often one result is recorded, far more than anybody corrects one: each revision is kept for ever. A supervisor has as many again, so that nobody uses up
// what others may have to set right.
const (
	mostRevisions           = 50
	mostRevisionsSupervised = 100
)

// ResultMany is the rule by which a result is corrected no more.
const ResultMany dialer.Rule = "result_many"

// MostRevisions is the last revision that whoever records r may write.
func (r Recorded) MostRevisions() int {
	if r.Decides {
		return mostRevisionsSupervised
	}
	return mostRevisions
}

// RefuseRevision is the refusal by ResultMany, to a supervisor or to another.
func RefuseRevision(supervisor bool) *dialer.Refusal {
	if supervisor {
		return &dialer.Refusal{
			Rule: ResultMany,
			JA:   "この結果はこれ以上訂正できません(100回まで)。番号の架電禁止と次の予定は案件の画面で、区への連携は引継ぎの画面で登録してください",
			EN: "this result can be corrected no more (100 times); " +
				"forbid the number and say what comes next on the case's page, and tell the ward by the hand-offs' page",
		}
	}
	return &dialer.Refusal{
		Rule: ResultMany, JA: "この結果はこれ以上訂正できません(50回まで)。スーパーバイザーに訂正を頼んでください",
		EN: "this result can be corrected no more (50 times); ask a supervisor to correct it",
	}
}
