package stores

import (
	"log/slog"
	"os"
	"syscall"
	"time"
)

// Limits on how long a server may take. Start is long because PostgreSQL may
// have to replay its write-ahead log after an unclean end.
const (
	startLimit = 60 * time.Second
	stopLimit  = 10 * time.Second
	killLimit  = 5 * time.Second
	pollEvery  = 10 * time.Millisecond
)

// serverID is the user and group that servers run as when root starts them
// ("nobody" and "nogroup" on Debian; PostgreSQL refuses a uid without an entry
// in the password file).
const serverID = 65534

// Options say where and how a store runs.
type Options struct {
	// Dir is the state directory; it is made when it is not there. PostgreSQL and
	// Redis may be given the same one. When root starts the stores, every folder
	// above it must let other users pass through.
	Dir string
	// Fast gives up safety against power loss for speed: PostgreSQL without
	// fsync, Redis without its append-only file. For tests only: Redis then
	// forgets everything when it stops.
	Fast bool
	// Later is by how much PostgreSQL's clock is ahead, for trials of the days to
	// come; whoever uses it has to be as far ahead. It needs the package faketime.
	// Redis has no such thing: its allocator asks for the time before that library
	// is ready, and waits for ever.
	Later time.Duration
	// Network has PostgreSQL listen at an address too, and speak TLS there.
	Network *Network
	// Log gets one line for each start and stop; nil means slog.Default().
	Log *slog.Logger
}

// Network is where PostgreSQL listens besides its socket, and the PEM files that it shows who it is with.
type Network struct {
	Host string
	Port string
	Cert string
	Key  string
}

func (o Options) logger() *slog.Logger {
	if o.Log != nil {
		return o.Log
	}
	return slog.Default()
}

// credential is nil for an ordinary user: the servers then run as that user.
func credential() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: serverID, Gid: serverID}
}
