package fleet

import "testing"

// FuzzRead: what another node says is read again as it was written, or refused; a node of another version may say anything.
func FuzzRead(f *testing.F) {
	for _, s := range []said{{N: 1, Who: true}, {Reply: &reply{Fault: "x"}}, {Snapshot: &snapshot{}}, {Command: &command{}}, {Change: &change{}}} {
		f.Add(s.write())
	}
	f.Add([]byte(`{"reply":{"refusal":{}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := read(b)
		if err != nil {
			return
		}
		if _, err := read(s.write()); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
		if s.Reply != nil {
			_ = s.Reply.err()
		}
	})
}
