package ports

import (
	"net"
	"testing"
)

// TestAPortIsLentOnce: what one test holds, no other gets, be it free or not.
func TestAPortIsLentOnce(t *testing.T) {
	at := Lend(t, 1)
	if lent, err := take(int(at.Port()), 1); err == nil {
		giveBack(lent)
		t.Fatal("a port was lent twice")
	}
	if at.Port()%2 != 0 || at.Port() < lowest || at.Port() > highest {
		t.Errorf("%d is not an even port of ours", at.Port())
	}
}

// TestAPortIsFreeForBoth: a port that is taken for streams alone, or for datagrams alone, is not lent, nor is the row
// that it stands in.
func TestAPortIsFreeForBoth(t *testing.T) {
	streams, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = streams.Close() }()
	datagrams, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = datagrams.Close() }()
	for _, taken := range []int{streams.Addr().(*net.TCPAddr).Port, datagrams.LocalAddr().(*net.UDPAddr).Port} {
		for _, first := range []int{taken, taken - 1} {
			if lent, err := take(first, 2); err == nil {
				giveBack(lent)
				t.Errorf("ports %d and %d were lent, and %d is taken", first, first+1, taken)
			}
		}
	}
}

// TestAPortComesBack: after the test its port can be lent again.
func TestAPortComesBack(t *testing.T) {
	var port int
	t.Run("holds", func(t *testing.T) { port = int(Lend(t, 2).Port()) })
	lent, err := take(port, 2)
	if err != nil {
		t.Fatalf("the port was not given back: %v", err)
	}
	giveBack(lent)
}
