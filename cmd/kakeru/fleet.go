package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// newFleet makes this process's place among those that run the centre together; alone it is a fleet of one.
func (a *app) newFleet(o appOptions, metrics prometheus.Registerer) error {
	s := a.settings
	id, err := nodeID(s)
	if err != nil {
		return err
	}
	a.fleet = fleet.New(fleet.Deps{
		ID: id, Label: "http://" + a.listener.Addr().String(), Lease: s.Node.Lease, Beat: s.Node.Beat, Desks: desksOf(s.SIP),
		Nodes: a.ledger, Wire: a.nodes, Phones: a.roaming, Owed: a.ledger, Phone: a.agent, Board: heedful{a.hub, a.keeper}, Now: a.watch.Now, Log: o.log,
	})
	countFleet(a.fleet, id, metrics)
	return nil
}

// countFleet has the node's place in the metrics.
func countFleet(f *fleet.Fleet, id dialer.NodeID, metrics prometheus.Registerer) {
	gauge := func(name, help string, value func() float64) {
		metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name, Help: help, ConstLabels: prometheus.Labels{"node": string(id)},
		}, value))
	}
	gauge("kakeru_node_leased", "1 while this node has its lease and may make calls.", func() float64 {
		if f.Leased() {
			return 1
		}
		return 0
	})
	gauge("kakeru_node_heard", "0 while Redis does not take what this node shows the others.", func() float64 {
		if f.Heard() {
			return 1
		}
		return 0
	})
	gauge("kakeru_node_desks", "Desks that this node has.", func() float64 { return float64(f.Owned()) })
	gauge("kakeru_fleet_nodes", "Nodes whose lease runs, as this one sees them.", func() float64 { return float64(f.Alive()) })
}

// nodeFile keeps, in the state directory, what this node was called at its first start.
const nodeFile = "node"

// nodeID is what this node is called: as the settings say, or as it was called before, or a new name.
func nodeID(s configs.Settings) (dialer.NodeID, error) {
	if s.Node.ID != "" {
		return dialer.NodeID(s.Node.ID), nil
	}
	path := filepath.Join(s.StateDir, nodeFile)
	b, err := os.ReadFile(path) //nolint:gosec // our own state
	if id := strings.TrimSpace(string(b)); err == nil && knownName.MatchString(id) {
		return dialer.NodeID(id), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("state_dir: %w", err)
	}
	if err := os.MkdirAll(s.StateDir, 0o711); err != nil { //nolint:gosec // the stores' user passes through here
		return "", fmt.Errorf("state_dir: %w", err)
	}
	id := newNodeID()
	if err := os.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("state_dir: %w; or name this node with node.id", err)
	}
	return dialer.NodeID(id), nil
}

// knownName is a name that newNodeID may have made.
var knownName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// notInName is what a node's name has none of.
var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// newNodeID is the machine's own name, and something that no other process has.
func newNodeID() string {
	host, _ := os.Hostname()
	host = strings.Trim(notInName.ReplaceAllString(strings.ToLower(host), "-"), "-")
	return firstOf(host[:min(len(host), 40)], "node") + "-" + strings.ToLower(rand.Text()[:6])
}
