package main

import (
	"fmt"
	"net"
	"net/netip"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/sip"
	"kakeru/sip/media"
)

// sipConfig makes the agent's own settings.
func sipConfig(s configs.SIP) (sip.Config, error) {
	bind := s.RTP.Bind
	if host, _, err := net.SplitHostPort(s.Listen); bind == "" && err == nil {
		bind = host
	}
	bindIP, err := netip.ParseAddr(bind)
	if err != nil {
		return sip.Config{}, fmt.Errorf("settings: sip.rtp.bind: %q is no IP address", bind)
	}
	advertise := s.RTP.Advertise
	if advertise == "" {
		advertise = firstOf(s.Advertise, bind)
	}
	advertiseIP, err := netip.ParseAddr(advertise)
	if err != nil || advertiseIP.IsUnspecified() {
		return sip.Config{}, fmt.Errorf("settings: sip.rtp.advertise: write the IP address that phones and carrier reach us at")
	}
	c := sip.Config{
		Listen: s.Listen, TCP: s.TCP, AdvertiseHost: s.Advertise, Announcement: s.Announcement, BusyTone: s.BusyTone, Hearing: s.Hearing,
		TLS:   sip.TLS{Listen: s.TLS.Listen, Certificate: s.TLS.Cert, Key: s.TLS.Key, CA: s.TLS.CA},
		Media: media.Config{BindIP: bindIP, AdvertiseIP: advertiseIP, PortMin: uint16(s.RTP.PortMin), PortMax: uint16(s.RTP.PortMax)}, //nolint:gosec // configs checked the range
	}
	for _, network := range s.RTP.Networks {
		c.Media.Networks = append(c.Media.Networks, netip.MustParsePrefix(network)) // configs checked it
	}
	for _, edge := range s.Edges {
		c.Edges = append(c.Edges, netip.MustParsePrefix(edge)) // configs checked it
	}
	for _, t := range s.Trunks {
		c.Trunks = append(c.Trunks, sip.Trunk{
			Name: t.Name, Address: t.Address, Transport: t.Transport, Domain: t.Domain, Prefix: t.Prefix, CallerID: t.CallerID,
			Numbers: t.Numbers,
			Lab:     t.Lab, User: t.User, AuthUser: t.AuthUser, Password: t.Password,
			Register: t.Register, Expires: t.Expires, FromUser: t.From == "user", Watch: t.Watch != "none",
			SRTP: securityOf(t.SRTP), Wideband: t.Wideband,
		})
	}
	for _, d := range s.Desks {
		c.Desks = append(c.Desks, sipDesk(d))
	}
	c.PhoneProfiles = map[string]sip.Profile{}
	for name, p := range s.PhoneProfiles {
		c.PhoneProfiles[name] = sip.Profile{Headers: p.Headers, Talk: p.Talk, DialogEvent: p.DialogEvent}
	}
	return c, nil
}

func sipDesk(d configs.Desk) sip.Desk {
	return sip.Desk{
		ID: dialer.DeskID(d.ID), URI: d.Address, Account: d.User, Password: d.Password, Trunk: d.Trunk, Extension: d.Extension,
		SHA256: d.SHA256, Phone: d.Phone, SRTP: securityOf(d.SRTP),
	}
}

func securityOf(srtp string) media.Security {
	switch srtp {
	case "allowed":
		return media.SRTPAllowed
	case "required":
		return media.SRTPRequired
	}
	return media.SRTPOff
}
