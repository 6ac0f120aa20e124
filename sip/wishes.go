package sip

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// contactsMost is how many Contacts a REGISTER may have, which is more than are kept: each is compared with all that is bound, while nothing else
// can be asked of the registrar.
const contactsMost = 2 * bindingsKept

// wish is one Contact of a REGISTER.
type wish struct {
	uri  string
	host string
	port int
	life time.Duration // 0 removes
}

// binding is what a wish makes, as far as the REGISTER says it.
func (w wish) binding(path []string, req *sip.Request) *binding {
	at := sourceOf(req)
	elsewhere := w.host != at.Addr().String() || !at.flow && orElse(w.port, defaultPort) != int(at.Port())
	return &binding{
		uri: w.uri, path: path, at: at, behind: elsewhere && len(path) == 0, // the proxies know where it is
		callID: req.CallID().Value(), cseq: req.CSeq().SeqNo,
	}
}

// wishes reads the Contacts; star is "*" with Expires 0, which removes them all.
func (r *registrar) wishes(req *sip.Request) (all []wish, star bool, fault *answer) {
	general := defaultExpires
	if text := value(req, "Expires"); text != "" {
		general = seconds(text)
	}
	contacts := req.GetHeaders("Contact")
	if len(contacts) > contactsMost {
		return nil, false, &answer{status: sip.StatusBadRequest, reason: "Bad Request: too many Contacts"}
	}
	for _, h := range contacts {
		c, ok := h.(*sip.ContactHeader)
		if !ok {
			continue
		}
		if c.Address.Wildcard {
			star = true
			continue
		}
		uri := c.Address.String()
		if len(uri) > routesMost {
			return nil, false, &answer{status: sip.StatusBadRequest, reason: "Bad Request: a Contact is too long"}
		}
		if !isSIP(c.Address) || !canBeWritten(uri) || repeats(uri) {
			return nil, false, &answer{status: sip.StatusBadRequest, reason: "Bad Request: a Contact is no SIP URI"}
		}
		life := general
		if text, ok := c.Params.Get("expires"); ok {
			life = seconds(text)
		}
		if life > 0 && life < r.agent.cfg.MinExpires {
			least := strconv.Itoa(int(r.agent.cfg.MinExpires.Seconds() + 0.999))
			return nil, false, &answer{status: sip.StatusIntervalToBrief, extras: []extra{{"Min-Expires", least}}}
		}
		all = append(all, wish{uri, bare(c.Address.Host), c.Address.Port, min(life, defaultExpires)})
	}
	if star && (len(all) > 0 || general != 0) {
		return nil, false, &answer{status: sip.StatusBadRequest, reason: "Bad Request: * goes alone, with Expires 0"}
	}
	return all, star, nil
}

// canBeWritten reports whether a URI that came can be written between brackets and read again: the library takes some that
// cannot.
func canBeWritten(uri string) bool {
	var again sip.Uri
	return !strings.ContainsAny(uri, "<>\" \t\r\n") && sip.ParseUri(uri, &again) == nil && again.Host != ""
}

// seconds reads an expiry; what is malformed counts as an hour (§10.2.1.1).
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return defaultExpires
	}
	return time.Duration(n) * time.Second
}
