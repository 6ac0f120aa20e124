package webui

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// explain says why a case stands where it stands; desk is the name of the one at which it stands.
func (s *Server) explain(c casework.Case, desk string, tries casework.TriesAt) casework.Explained {
	return s.rules().Explain(c, casework.Moment{Now: s.d.Now(), Hours: s.d.Hours(), Desk: desk, Tries: tries, Mine: s.names.of(c.Next.Mine)})
}

// desk is the desk of an id; the zero one for none.
func (s *Server) desk(id dialer.DeskID) dialer.DeskView {
	for _, d := range s.d.Calls.Desks() {
		if d.ID == id {
			return d
		}
	}
	return dialer.DeskView{}
}

// deskName is what a desk is called; empty for none.
func (s *Server) deskName(id dialer.DeskID) string { return s.desk(id).Name }

// elsewhere is the name of the desk at which a case stands, unless it is the viewer's own: they know.
func (s *Server) elsewhere(v viewer, id dialer.CaseID) string {
	for _, d := range s.d.Calls.Desks() {
		if d.CaseID == id && d.Operator != v.user {
			return d.Name
		}
	}
	return ""
}

func (s *Server) explainedBrief(c casework.Case, desk dialer.DeskID, tries casework.TriesAt) CaseBrief {
	b, x := briefOf(c, s.d.Now()), s.explain(c, s.deskName(desk), tries)
	b.Why, b.WhyEN, b.NextNumber, b.Order = x.JA, x.EN, dressNumber(x.Next), s.dressOrder(c.Order)
	if x.Next != nil {
		b.NumberKind = x.Next.Kind
	}
	b.BestHour = s.bestHour(c, x.Next)
	return b
}

func (s *Server) explainedCase(v viewer, c casework.Case, tries casework.TriesAt) Case {
	out, x := s.dressCase(c), s.explain(c, s.elsewhere(v, c.ID), tries)
	out.Stands, out.NextNumber, out.Order = dressReason(x.Reason), dressNumber(x.Next), s.dressOrder(c.Order)
	out.BestHour = s.bestHour(c, x.Next)
	return out
}

func dressReason(r dialer.Reason) Reason { return Reason{JA: r.JA, EN: r.EN} }

func dressNumber(n *casework.NextNumber) *NextNumber {
	if n == nil {
		return nil
	}
	out := &NextNumber{Rank: n.Rank, Kind: n.Kind, From: instant(n.From)}
	if n.Why.JA != "" {
		out.Why = new(dressReason(n.Why))
	}
	return out
}

func (s *Server) dressOrder(o *casework.Order) *Order {
	if o == nil {
		return nil
	}
	return &Order{Act: o.Act, ByName: s.names.of(o.By), At: o.At, Until: instant(o.Until), Reason: o.Reason, From: o.From, To: o.To}
}

func dressHeldBack(c casework.Counts) []HeldBack {
	out := []HeldBack{}
	for _, b := range c.HeldBack() {
		out = append(out, HeldBack{Cause: b.Cause, Count: b.N, Next: instant(b.First), Why: dressReason(b.Why)})
	}
	return out
}

// whyNobody has an operator to whom no case comes told why, instead of only that there is none. What the ledger cannot say now
// is left as it was.
func (s *Server) whyNobody(ctx context.Context, no *dialer.Refusal) *dialer.Refusal {
	if newest, err := s.d.Closes.Closes(ctx, 1); err == nil && len(newest) > 0 && newest[0].Ends() {
		return dialer.Refuse(dialer.ContractEnded) // no list will come
	}
	counts, err := s.d.Line.Counts(ctx)
	if err != nil {
		return no
	}
	why := counts.WhyNobody(s.d.Now(), s.d.Hours())
	return &dialer.Refusal{Rule: no.Rule, JA: why.JA, EN: why.EN}
}
