package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// pathOf reads the Path of a REGISTER (RFC 3327): the proxies between us and the phone, the nearest to us first. A phone
// that does not say it knows the extension is refused, as §5.3 recommends: so it learns that somebody on the way has put
// himself into its calls.
func pathOf(req *sip.Request) (path []string, fault *answer) {
	for _, text := range values(req, "Path") {
		path = append(path, splitList(text)...)
	}
	if len(path) == 0 {
		return nil, nil
	}
	if !hasTag(optionTags(req, "Supported"), "path") {
		return nil, &answer{status: sip.StatusBadExtension, extras: []extra{{"Unsupported", "path"}}}
	}
	for _, hop := range path {
		if _, _, err := fixedAddress(inBrackets(hop)); err != nil {
			return nil, &answer{status: sip.StatusBadRequest, reason: "Bad Request: Path holds what is no SIP URI"}
		}
	}
	return path, nil
}

// unknownExtensions refuses a request that requires what we do not know (RFC 3261 §8.2.2.3); nil when it does not.
func unknownExtensions(req *sip.Request, known ...string) *answer {
	wants := slices.DeleteFunc(optionTags(req, "Require"), func(tag string) bool { return hasTag(known, tag) })
	if len(wants) == 0 {
		return nil
	}
	return &answer{status: sip.StatusBadExtension, extras: []extra{{"Unsupported", strings.Join(wants, ", ")}}}
}

// optionTags are the extensions that a header names (§20.32, §20.37).
func optionTags(m headed, name string) (tags []string) {
	for _, text := range values(m, name) {
		tags = append(tags, splitList(text)...)
	}
	return tags
}

// hasTag looks for an extension; tokens are told apart without case (§7.3.1).
func hasTag(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

// splitList splits a header's comma-separated values (§7.3.1): a comma within quotes or brackets is none.
func splitList(text string) (all []string) {
	var quoted, escaped, bracketed bool
	from := 0
	take := func(to int) {
		if v := strings.TrimSpace(text[from:to]); v != "" {
			all = append(all, v)
		}
		from = to + 1
	}
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '<' || c == '>':
			bracketed = c == '<'
		case c == ',' && !bracketed:
			take(i)
		}
	}
	take(len(text))
	return all
}

// alongRoutes is how a request to target travels a route set: its Request-URI and its Route headers (§12.2.1.1). A strict
// router wants itself in the Request-URI and the target last.
func alongRoutes(target string, routes []string) (uri string, left []string) {
	if len(routes) == 0 || isLoose(routes[0]) {
		return target, routes
	}
	return inBrackets(routes[0]), append(slices.Clone(routes[1:]), "<"+target+">")
}
