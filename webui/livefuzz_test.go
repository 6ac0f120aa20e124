package webui

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// FuzzWebsocketFrames: whatever bytes come by the board's socket, it is closed or goes on, and the server answers others.
func FuzzWebsocketFrames(f *testing.F) {
	for _, b := range [][]byte{
		{0x81, 0x81, 0, 0, 0, 0, 'x'}, {0x88, 0x80, 0, 0, 0, 0}, {0x89, 0xff}, {0xff, 0xff, 0xff, 0xff}, {0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0x01, 0x80, 0, 0, 0, 0, 0x80, 0x80, 0, 0, 0, 0}, {0x81, 0x01, 'x'}, {}, {0x8a, 0x80, 0, 0, 0, 0},
	} {
		f.Add(b)
	}
	h := openFor(f)
	c := h.as("operator")
	f.Fuzz(func(t *testing.T, frames []byte) {
		conn, status := c.connect(websocket.Dialer{}, "", nil)
		if conn == nil {
			if status == http.StatusTooManyRequests { // those before are not gone yet
				return
			}
			t.Fatalf("not connected: %d", status)
		}
		defer conn.Close()
		_, _ = conn.NetConn().Write(frames)
		if tcp, ok := conn.NetConn().(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		_ = conn.SetReadDeadline(time.Now().Add(patienceOfTests))
		for {
			_, _, err := conn.ReadMessage()
			if ne := net.Error(nil); err != nil {
				if errors.As(err, &ne) && ne.Timeout() {
					t.Fatal("the server neither closes nor notices that nobody is there")
				}
				return
			}
		}
	})
}
