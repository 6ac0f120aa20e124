package dialer

// takenVerdict is the result of a call that came in here too, and that another took. It is Cancelled, which no other call is that came in: neither missed
// nor, a second time, answered.
var takenVerdict = Verdict{Result: Cancelled, Confidence: High, Rule: "inbound_elsewhere", Why: "この着信は、別のサーバーか別の電話で応答されました"}

// takenElsewhere is what the case waits for of a call that came in here too and that another took: for what it waited, or for what the talk brings, which
// is the other's to write. A case that was opened for this call alone has nothing to wait for.
func (c *call) takenElsewhere() CaseNext {
	if c.view.CaseID != "" && c.view.CaseID != c.caller.arrival.NewCase {
		return CaseNext{}
	}
	return CaseNext{State: CaseClosed, Why: takenVerdict.Why, WhyEN: "the call was answered at another server or telephone"}
}
