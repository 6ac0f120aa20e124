package webui

import (
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// BestHour is what the centre's history says of the hour at which a waiting case is called: null when the hour is like any
// other to the number's kind, or nothing is known, or best hour is switched off.
type BestHour struct {
	Good  bool    `json:"good" doc:"people answer more in this hour than usual, or less"`
	Rate  float64 `json:"rate" doc:"estimated share of tries that a person answers"`
	Low   float64 `json:"low" doc:"between this"`
	High  float64 `json:"high" doc:"and this lies the true share, with a chance of 95 in 100"`
	Usual float64 `json:"usual" doc:"the share over all hours, for this kind of number"`
	Tries int     `json:"tries" doc:"that the estimate is made from"`
	Says  Reason  `json:"says"`
}

// bestHour is what is known of the hour at which a waiting case may be called: now, if it is due.
func (s *Server) bestHour(c casework.Case, next *casework.NextNumber) *BestHour {
	if s.rules().Advice == nil || c.Next.State != dialer.CaseWaiting || next == nil {
		return nil
	}
	at := s.d.Now()
	for _, later := range []time.Time{c.Next.Due, next.From} {
		if later.After(at) {
			at = later
		}
	}
	n, ok := s.rules().Advice.Note(next.Kind, at)
	if !ok {
		return nil
	}
	return &BestHour{Good: n.Good, Rate: n.Rate, Low: n.Low, High: n.High, Usual: n.Usual, Tries: n.Tries, Says: Reason{JA: n.JA, EN: n.EN}}
}
