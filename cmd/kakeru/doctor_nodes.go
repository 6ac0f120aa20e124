package main

import (
	"context"
	"fmt"
	"time"

	"kakeru/configs"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres"
)

// checkNodes lists the servers that run the centre together, as the ledger knows them.
func checkNodes(ctx context.Context, s configs.Settings) (all []finding) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	standing, err := postgres.Standing(ctx, s.Database.URL)
	if err != nil {
		return nil // that it does not answer, or is not migrated, was said above
	}
	desks := map[string]int{}
	for _, o := range standing.Desks {
		desks[string(o.Node)]++
	}
	for _, n := range standing.Nodes {
		if n.State != fleet.Left {
			all = append(all, ofNode(n, desks[string(n.Node)]))
		}
	}
	return all
}

func ofNode(n fleet.Node, desks int) finding {
	name := "node " + string(n.Node)
	if n.Alive {
		return finding{fine, name, fmt.Sprintf("is %s at %s, with %d desks; its lease runs for %s", n.State, n.Label, desks, n.Left.Round(100*time.Millisecond)), ""}
	}
	return finding{
		minor, name, fmt.Sprintf("has not shown itself for %s", (-n.Left).Round(time.Second)),
		"start it again; until then another node, or its own next start, answers for what it left",
	}
}
