//go:build production

package main

// demos and trials are not in a binary for production (ASVS 15.2.3).
func demos() []command { return nil }

func trials() []command { return nil }
