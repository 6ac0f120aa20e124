package sip

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestStrangersLeaveRoomForPhones: however many connections strangers hold, somebody we know finds a place.
func TestStrangersLeaveRoomForPhones(t *testing.T) {
	r := newRig(t, withTCP)
	others := office{Agent: r.Agent}
	var held []*stream
	for i := range streamsStrangers {
		held = append(held, others.come(fmt.Sprintf("198.51.100.%d", i/streamsOfOne)))
	}
	stranger, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}).Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	_ = stranger.SetDeadline(time.Now().Add(patience))
	if got := untilClosed(t, stranger); got != "" {
		t.Errorf("a stranger too many was served: %q", got)
	}
	phone := byHand(t, r.Agent) // from the address of the trunk and of the desk's phone
	write(t, phone, tcpText("OPTIONS", ""))
	if _, err := bufio.NewReader(phone).ReadString('\n'); err != nil {
		t.Errorf("a phone found no place: %v", err)
	}
	for _, s := range held {
		s.close(errNoFlow)
	}
}

func TestAHouseholdIsOneSubscriber(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::9": "2001:db8:1:2::", "fe80::1%eth0": "fe80::",
	} {
		if got := subscriber(netip.MustParseAddr(address)); got != netip.MustParseAddr(want) {
			t.Errorf("%s is counted for %s, want %s", address, got, want)
		}
	}
}
