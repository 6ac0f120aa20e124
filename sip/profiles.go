package sip

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Profile is what must be known of a make of desk phone. The makers agree on no way to ask a phone to pick up by itself
// (RFC 5373 came too late), so each is asked in its own. docs/phones.md says where each row was read, and what must be
// allowed on the phone.
type Profile struct {
	// Headers stand in the INVITE of a call that the desk's own operator asked for, each as "Name: value". They ask the phone
	// to pick up by itself; without any the operator lifts the handset. "{us}" stands for our host and port.
	Headers []string
	// Talk: a phone that rings all the same is asked again, by a NOTIFY of the event talk.
	Talk bool
	// DialogEvent: the phone tells of calls that are none of ours when it is subscribed to (RFC 4235).
	DialogEvent bool
}

// defaultProfile is that of a desk for which none is named.
const defaultProfile = "generic"

const (
	callInfo   = "Call-Info: <sip:{us}>;answer-after=0"
	alertInfo  = "Alert-Info: <http://{us}>;info=alert-autoanswer;delay=0"
	answerMode = "Answer-Mode: Auto"
)

// profiles are those that everybody has.
var profiles = map[string]Profile{
	"generic":     {Headers: []string{callInfo, alertInfo, answerMode}},
	"lift":        {},
	"yealink":     {Headers: []string{alertInfo}, Talk: true, DialogEvent: true},
	"panasonic":   {Headers: []string{callInfo, alertInfo}},
	"polycom":     {Headers: []string{"Alert-Info: Auto Answer"}, Talk: true},
	"grandstream": {Headers: []string{callInfo}},
	"snom":        {Headers: []string{callInfo, alertInfo}, Talk: true, DialogEvent: true},
	"cisco":       {Headers: []string{callInfo}},
}

// answerHeaders are the headers that a profile may set: those by which a phone is asked to pick up, and no other.
var answerHeaders = []string{"Alert-Info", "Call-Info", "Answer-Mode", "Priv-Answer-Mode", "P-Auto-Answer"}

// Bounds of a profile: an INVITE must fit into a datagram (RFC 3261 §18.1.1).
const (
	headersMost = 5
	headerLong  = 200
)

var (
	headerText  = regexp.MustCompile(`^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$`)
	profileName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
)

// profile is that of a desk. New has checked that there is one.
func (c Config) profile(d Desk) Profile {
	name := orElse(d.Phone, defaultProfile)
	if p, ok := c.PhoneProfiles[name]; ok {
		return p
	}
	return profiles[name]
}

// profileNames are the profiles there are, in order.
func (c Config) profileNames() []string {
	return slices.Sorted(maps.Keys(mergedProfiles(c.PhoneProfiles)))
}

func mergedProfiles(own map[string]Profile) map[string]Profile {
	all := maps.Clone(profiles)
	maps.Copy(all, own)
	return all
}

// extras are the profile's headers as they stand in a message of ours.
func (p Profile) extras(us string) []extra {
	var all []extra
	for _, h := range p.Headers {
		name, text, _ := strings.Cut(h, ":")
		all = append(all, extra{name, strings.ReplaceAll(strings.TrimSpace(text), "{us}", us)})
	}
	return all
}

// validateProfiles looks at the profiles of the owner's own, and at what the desks name.
func (c Config) validateProfiles(fault func(key, format string, args ...any)) {
	for _, name := range slices.Sorted(maps.Keys(c.PhoneProfiles)) {
		key := "phone_profiles." + name
		if _, taken := profiles[name]; taken {
			fault(key, "is one of those that are there already; give yours another name")
		}
		if !profileName.MatchString(name) {
			fault(key, "a profile's name has small letters, digits, dashes and underscores, and begins with a letter")
		}
		headers := c.PhoneProfiles[name].Headers
		if len(headers) > headersMost {
			fault(key+".headers", "has %d; at most %d fit into an INVITE", len(headers), headersMost)
		}
		for i, h := range headers {
			if err := checkHeader(h); err != nil {
				fault(fmt.Sprintf("%s.headers[%d]", key, i), "%v", err)
			}
		}
	}
	names := c.profileNames()
	for i, d := range c.Desks {
		if d.Phone != "" && !slices.Contains(names, d.Phone) {
			fault(fmt.Sprintf("desks[%d].phone", i), "there is no profile %q; there are %s", d.Phone, strings.Join(names, ", "))
		}
	}
}

// checkHeader lets no more through than one header of a kind that asks a phone to pick up.
func checkHeader(h string) error {
	name, text, ok := strings.Cut(h, ":")
	switch {
	case !ok || !slices.Contains(answerHeaders, name):
		return fmt.Errorf("must be \"Name: value\", where the name is one of %s", strings.Join(answerHeaders, ", "))
	case len(h) > headerLong:
		return fmt.Errorf("is longer than %d characters", headerLong)
	case !headerText.MatchString(strings.TrimPrefix(text, " ")):
		return fmt.Errorf("has no value, or one that is not plain text on one line")
	}
	return nil
}
