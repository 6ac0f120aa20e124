//go:build !production

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// profile has what is spent from now on, and at done what is held, written into a folder for `go tool pprof`; without a folder
// it does nothing.
func profile(folder string) (done func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("--profiles: %w", err)
	}
	cpu, err := root.Create("cpu.pprof")
	if err == nil {
		err = pprof.StartCPUProfile(cpu)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--profiles: %w", err), root.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(cpu.Close(), writeHeap(root), root.Close())
	}, nil
}

func writeHeap(root *os.Root) error {
	f, err := root.Create("heap.pprof")
	if err != nil {
		return err
	}
	runtime.GC() // what is garbage is not held
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
