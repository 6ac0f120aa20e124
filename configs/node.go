package configs

import (
	"regexp"
	"time"
)

// nodeID is how a node may be called: its name stands in keys of Redis and in logs.
var nodeID = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

func (n Node) check(p *problems) {
	if n.ID != "" && !nodeID.MatchString(n.ID) {
		p.addf("node.id", "%q is no name for a node; write up to 63 of a-z, 0-9, . and -", n.ID)
	}
	p.between("node.lease", n.Lease, time.Second, time.Minute)
	p.between("node.beat", n.Beat, 100*time.Millisecond, 20*time.Second)
	if 3*n.Beat > n.Lease {
		p.addf("node.beat", "%s is more than a third of node.lease (%s); one beat that is lost must not end it", n.Beat, n.Lease)
	}
}
