package sip

import (
	"errors"
	"fmt"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// gate is the last gate: whoever asks, no number leaves that may never be dialled (DOMAIN "Never"). It stands twice, in
// Prepare and right before the INVITE's bytes leave.
type gate struct {
	number     dialer.Number
	sample     bool
	supervisor bool
	trunk      Trunk
}

// refusal is why the order may not leave by the trunk, nil if it may.
func (g gate) refusal() *dialer.Refusal {
	if rule, why := g.number.ForbiddenFor(g.supervisor); rule != "" {
		return &dialer.Refusal{
			Rule: dialer.ForbiddenNumber, JA: why,
			EN: "the number may not be dialled (" + rule + "); correct it in the case",
		}
	}
	if (g.sample || g.number.MadeUp()) && !g.trunk.Lab {
		return &dialer.Refusal{
			Rule: dialer.ForbiddenNumber,
			JA:   "見本の番号は実際の回線からは発信できません。試験回線を設定してください",
			EN:   "a made-up number may leave only by a trunk that is labelled lab",
		}
	}
	return nil
}

// user is the one user part that may be sent.
func (g gate) user() string { return g.trunk.Prefix + string(g.number) }

// errGate hides what it stopped: that may be somebody's number.
var errGate = errors.New("stopped by the last gate")

// passes checks the finished request.
func (g gate) passes(req *sip.Request) error {
	if no := g.refusal(); no != nil {
		return fmt.Errorf("%w: %s", errGate, no.EN)
	}
	to, from, asserted := uriIn(value(req, "To")), uriIn(value(req, "From")), uriIn(value(req, "P-Asserted-Identity"))
	switch {
	case req.Recipient.User != g.user() || to.User != g.user():
		return fmt.Errorf("%w: what would be sent is not exactly the trunk's prefix and the number", errGate)
	case from.User != g.trunk.from() || asserted.User != g.trunk.CallerID && !g.trunk.FromUser:
		return fmt.Errorf("%w: the ward's number would not be presented", errGate)
	case len(req.GetHeaders("Privacy")) > 0 || neverPrefix.MatchString(g.trunk.Prefix):
		return fmt.Errorf("%w: the ward's number would be withheld", errGate)
	}
	return nil
}

// uriIn parses the URI of a name-addr; the zero URI if it cannot be parsed.
func uriIn(nameAddr string) sip.Uri {
	var uri sip.Uri
	if err := sip.ParseUri(inBrackets(nameAddr), &uri); err != nil {
		return sip.Uri{}
	}
	return uri
}

// routes are the trunks that may carry the order, in their order. A number that exists prefers real trunks, a made-up one
// those to a lab; the two never stand in for each other when one fails.
func (c Config) routes(order dialer.CallOrder) ([]gate, *dialer.Refusal) {
	made := gate{number: order.Number, sample: order.Sample, supervisor: order.Supervisor}
	if rule, _ := order.Number.ForbiddenFor(order.Supervisor); rule != "" {
		return nil, made.refusal()
	}
	wantLab := order.Sample || order.Number.MadeUp()
	for _, lab := range []bool{wantLab, !wantLab} {
		var all []gate
		for _, t := range c.Trunks {
			if g := (gate{order.Number, order.Sample, order.Supervisor, t}); t.Lab == lab && g.refusal() == nil {
				all = append(all, g)
			}
		}
		if len(all) > 0 {
			return all, nil
		}
	}
	if wantLab && len(c.Trunks) > 0 {
		return nil, made.refusal()
	}
	return nil, dialer.Refuse(dialer.NoRoute)
}
