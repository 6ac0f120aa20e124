//go:build !production

package main

// demos are the commands that begin with everything made up.
func demos() []command {
	return []command{
		{"demo", "[--always-open] [--fast] [--reset] [--directory ISSUER]", "everything on this machine, with simulated phones and carrier", runDemo},
	}
}

// trials are the commands for trials, tests and comparisons.
func trials() []command {
	return []command{
		{"sample", "--cases N --seed S | --paid", "write a made-up, marked list in the ward's format", runSample},
		{"lab", "phone|carrier|call …", "a simulated desk phone, carrier or caller on its own", runLab},
		{"bench", "click|calls [--ledger=on]|media|queue|ledger|report|audit|besthour [--json]", "the benchmarks", runBench},
		{"install", "run|test|bench-media", "install the packages that running, testing or comparing needs", runInstall},
	}
}
