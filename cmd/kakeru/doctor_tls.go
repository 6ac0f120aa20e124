package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"time"

	"kakeru/configs"
)

// renewWithin is how long before its end a certificate should have been renewed.
const renewWithin = 30 * 24 * time.Hour

// checkCertificate looks at what phones are shown over TLS: whether it can be used, how long it lasts, and whether it is for
// the name that they know us by.
func checkCertificate(s configs.SIP) []finding {
	if s.TLS.Cert == "" {
		return nil
	}
	const about = "SIP certificate"
	pair, err := tls.LoadX509KeyPair(s.TLS.Cert, s.TLS.Key)
	if err != nil {
		return []finding{{major, about, "cannot be used: " + oneLine(err), "correct sip.tls.cert and sip.tls.key: the key must be that certificate's"}}
	}
	found := []finding{lasts(about, pair.Leaf)}
	if name := publicName(s); name != "" && pair.Leaf.VerifyHostname(name) != nil {
		found = append(found, finding{
			minor, about, "is not for " + name, "phones that check it will turn away: have it made for sip.advertise, or correct that",
		})
	}
	return found
}

// checkPanelCertificate looks at what browsers are shown.
func checkPanelCertificate(s configs.HTTP) []finding {
	if !s.TLS.On() {
		return nil
	}
	const about = "panel certificate"
	pair, err := tls.LoadX509KeyPair(s.TLS.Cert, s.TLS.Key)
	if err != nil {
		return []finding{{major, about, "cannot be used: " + oneLine(err), "correct http.tls.cert and http.tls.key: the key must be that certificate's"}}
	}
	return []finding{lasts(about, pair.Leaf)}
}

// lasts tells how long a certificate is good for.
func lasts(about string, cert *x509.Certificate) finding {
	until := cert.NotAfter.Format(time.DateOnly)
	switch left := time.Until(cert.NotAfter); {
	case left <= 0:
		return finding{major, about, "has expired on " + until, "renew it; the server takes up the new files by itself"}
	case time.Now().Before(cert.NotBefore):
		return finding{major, about, "is not valid before " + cert.NotBefore.Format(time.DateOnly), "look at this machine's clock"}
	case left < renewWithin:
		return finding{minor, about, fmt.Sprintf("expires on %s, in %d days", until, int(left.Hours()/24)), "renew it; the server takes up the new files by itself"}
	default:
		return finding{fine, about, "is valid until " + until, ""}
	}
}

// checkCallbacks looks whether the other ends can connect to us as they are connected to: a hang-up of theirs may come by a
// connection of their own.
func checkCallbacks(s configs.SIP) []finding {
	const todo = ", unless it sends everything by the connection that we open"
	var found []finding
	for _, t := range s.Trunks {
		switch {
		case t.Transport == "tls" && s.TLS.Listen == "":
			found = append(found, finding{minor, "trunk " + t.Name, "cannot connect to us by TLS", "set sip.tls.listen" + todo})
		case t.Transport == "tcp" && !s.TCP:
			found = append(found, finding{minor, "trunk " + t.Name, "cannot connect to us by TCP", "leave sip.tcp out" + todo})
		}
	}
	return found
}

// publicName is the name or address that phones have as their server.
func publicName(s configs.SIP) string {
	if s.Advertise != "" {
		return s.Advertise
	}
	host, _, _ := net.SplitHostPort(s.TLS.Listen)
	return host
}
