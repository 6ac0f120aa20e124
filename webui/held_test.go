package webui

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"

	"kakeru/dialer/casework/dayclose"
)

// TestWhatIsNotSentIsClosed: a recording, and a file of the ward's, that was opened and does not leave, since the record cannot be written, is closed.
func TestWhatIsNotSentIsClosed(t *testing.T) {
	h := open(t)
	withRecording(h)
	c := h.as("supervisor")
	h.book.fails(true)
	if a := c.do(http.MethodGet, "/api/attempts/a1/recording", nil); a.status < 500 {
		t.Fatalf("played though it is not written down: %d", a.status)
	}
	h.set(func() {
		if len(h.listened) != 1 || h.openSounds != 0 {
			t.Errorf("opened for %v, and %d left open", h.listened, h.openSounds)
		}
	})
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), visitorKey{}, visitor{remark: &remark{}})
	if _, err := h.server.handOut(ctx, "x", dayclose.File{}, file, nil); err != nil {
		t.Fatal(err)
	}
	letGo(ctx)
	if err := file.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a file of the ward's is still open: %v", err)
	}
}
