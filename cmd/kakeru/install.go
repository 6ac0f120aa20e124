//go:build !production

package main

import (
	"context"

	"kakeru/cmd/stores"
)

// runInstall installs what running or testing needs; what is there already is left alone.
func runInstall(ctx context.Context, args []string, std streams) error {
	packages := map[string][]string{"run": stores.RunPackages, "test": stores.TestPackages, "bench-media": stores.BenchPackages}
	if len(args) != 1 || packages[args[0]] == nil {
		return errUsage{"say what for"}
	}
	return stores.Install(ctx, packages[args[0]], std.err)
}
