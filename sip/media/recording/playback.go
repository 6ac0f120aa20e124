package recording

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrAltered is told of a file that is not what was recorded: chunks were changed, moved, or taken out.
var ErrAltered = errors.New("the recording was altered, or is none; it is not played")

// Playback reads a recording as a WAV file. Every chunk was found genuine before it is there at all.
type Playback struct {
	// Whole is false of a recording that breaks off, since the disk was full or the process died.
	Whole bool

	frames int64
	file   io.ReadSeekCloser
	chunks *chunks
	ready  []byte // what is to be read next
}

// Size is how many octets there are to read.
func (p *Playback) Size() int64 { return wavHeaderSize + p.frames*channels }

// Lasts is how long it takes to listen to.
func (p *Playback) Lasts() time.Duration { return time.Duration(p.frames) * time.Second / rate }

// Close gives the file back.
func (p *Playback) Close() error { return p.file.Close() }

// Read implements io.Reader.
func (p *Playback) Read(b []byte) (int, error) {
	for len(p.ready) == 0 {
		var err error
		if p.ready, err = p.chunks.next(); err != nil {
			return 0, err // io.EOF too, where the recording ends or breaks off
		}
	}
	n := copy(b, p.ready)
	p.ready = p.ready[n:]
	return n, nil
}

// openFile reads all of a file to see that it is genuine and how long it is, and is then at its beginning again.
func openFile(f io.ReadSeekCloser, want reference, key tink.AEAD) (*Playback, error) {
	p := &Playback{file: f}
	c, err := chunksOf(f, want, key)
	for err == nil {
		var frames []byte
		frames, err = c.next()
		p.frames += int64(len(frames) / channels)
	}
	if errors.Is(err, ErrAltered) && sealedByAnother(f, want, key) {
		return nil, ErrKeyAway
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	p.Whole = c.ended
	if p.chunks, err = chunksOf(f, want, key); err != nil {
		return nil, err
	}
	p.ready = wavHeader(p.frames)
	return p, nil
}

// chunks reads a file's chunks in order.
type chunks struct {
	sealer *sealer
	from   *bufio.Reader
	ended  bool // the last one was read
	sealed [sealedLimit]byte
}

func chunksOf(f io.ReadSeeker, want reference, key tink.AEAD) (*chunks, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	from := bufio.NewReaderSize(f, 8*sealedLimit)
	ref, err := readHeader(from)
	if err != nil {
		return nil, err
	}
	if ref != want { // one recording in the place of another
		return nil, ErrAltered
	}
	return &chunks{sealer: newSealer(key, ref), from: from}, nil
}

// next is the next chunk's sound; io.EOF behind the last, or where the file breaks off. What a crash leaves at the end is part
// of a chunk, or zeros that were never filled.
func (c *chunks) next() ([]byte, error) {
	if c.ended {
		if _, err := c.from.ReadByte(); !errors.Is(err, io.EOF) {
			return nil, ErrAltered // nothing comes behind the end
		}
		return nil, io.EOF
	}
	sealed, last, err := c.read()
	if err != nil {
		return nil, err
	}
	frames, err := c.sealer.open(sealed, last)
	c.ended = last && err == nil
	return frames, err
}

// read is the next chunk as it stands in the file.
func (c *chunks) read() (sealed []byte, last bool, err error) {
	var word [wordSize]byte
	if _, err := io.ReadFull(c.from, word[:]); err != nil {
		return nil, false, broken(err)
	}
	w := binary.BigEndian.Uint32(word[:])
	size := w &^ lastChunk
	if w == 0 {
		return nil, false, c.onlyZeros()
	}
	if size > sealedLimit {
		return nil, false, ErrAltered
	}
	if _, err := io.ReadFull(c.from, c.sealed[:size]); err != nil {
		return nil, false, broken(err)
	}
	return c.sealed[:size], w&lastChunk != 0, nil
}

// sealedByAnother reports whether each chunk of a file that does not open bears the number of one and the same other key: then it is the key
// that is wrong. An octet that was altered looks otherwise.
func sealedByAnother(f io.ReadSeeker, want reference, key tink.AEAD) bool {
	ours, err := key.Encrypt(nil, nil)
	if err != nil {
		return false
	}
	c, err := chunksOf(f, want, key)
	var number []byte
	for err == nil {
		var sealed []byte
		if sealed, _, err = c.read(); err != nil {
			break
		}
		if len(sealed) < keyNumberSize || number != nil && !bytes.HasPrefix(sealed, number) {
			return false
		}
		number = bytes.Clone(sealed[:keyNumberSize])
	}
	return errors.Is(err, io.EOF) && number != nil && !bytes.HasPrefix(ours, number)
}

// broken turns the end of a file in the middle of a chunk into an end.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// onlyZeros is io.EOF when that is all there is.
func (c *chunks) onlyZeros() error {
	for {
		switch b, err := c.from.ReadByte(); {
		case err != nil:
			return err
		case b != 0:
			return ErrAltered
		}
	}
}
