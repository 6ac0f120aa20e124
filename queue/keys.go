package queue

// All keys of this package. The braces make Redis Cluster keep them in one slot,
// so that a script may use them together.
const (
	prefix      = "{kakeru}:"
	benchPrefix = "{kakeru-bench}:"
)

// keys are the keys of one line, under one prefix.
type keys struct {
	// line is a sorted set of "priority:lane:due:case", all of score 0: the cases that
	// wait, each lane at each priority (a cell) in the order in which it is claimed.
	line string
	// heads is a hash from the cell "priority:lane" to "due:case", the first case in
	// it; cells without a case are not there.
	heads string
	// place is a hash from case to "priority:lane:due": the waiting and the leased
	// cases of the line; and from no case to what built says.
	place string
	// lease is a hash from case to "token since until desk", instants in
	// microseconds since 1970.
	lease string
	// until is a sorted set of leased cases by the microsecond at which they lapse.
	until string
	// rebuilding is a string "token begun" while a rebuild runs.
	rebuilding string
	// changes is a hash, the journal of a running rebuild: "c:CASE" to a place or
	// "-", "t:TOKEN" to "" for leases that ended.
	changes string
	// built is a string: the life of Redis in which the line was built, not there before.
	built string
	// layout is a string, the number of the way in which these keys are written (check.go).
	layout string

	prefix string
}

func newKeys(prefix string) keys {
	return keys{
		line: prefix + "line", heads: prefix + "heads", place: prefix + "place",
		lease: prefix + "lease", until: prefix + "until",
		rebuilding: prefix + "rebuilding", changes: prefix + "changes", built: prefix + "built", layout: prefix + "layout",
		prefix: prefix,
	}
}

// all is what every script gets as KEYS[1] to KEYS[8].
func (k keys) all() []string {
	return []string{k.line, k.heads, k.place, k.lease, k.until, k.rebuilding, k.changes, k.built}
}

// stage is where the rebuild named token gathers the new line: line, place
// and the count of what was sent. They expire should the rebuild die.
func (k keys) stage(token string) []string {
	stage := k.prefix + "stage:" + token + ":"
	return []string{stage + "line", stage + "place", stage + "count"}
}
