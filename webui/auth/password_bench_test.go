package auth

import "testing"

// BenchmarkPassword is what checking one password costs, with the parameters that the server uses, and with the next ones on either side.
func BenchmarkPassword(b *testing.B) {
	for name, cost := range map[string]Cost{
		"the default, 64 MiB, 3 passes": {}, "32 MiB, 3 passes": {MemoryKiB: 32 * 1024, Passes: 3}, "128 MiB, 3 passes": {MemoryKiB: 128 * 1024, Passes: 3},
		"64 MiB, 1 pass": {MemoryKiB: 64 * 1024, Passes: 1}, "19 MiB, 2 passes": {MemoryKiB: 19 * 1024, Passes: 2}, // the least that OWASP names
	} {
		b.Run(name, func(b *testing.B) {
			hash, err := HashPassword("a long pass phrase of nobody", cost)
			if err != nil {
				b.Fatal(err)
			}
			c, err := newChecker(cost)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := c.matches(b.Context(), "a long pass phrase of nobody", hash, ""); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
