package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui"
)

// anchorsRead are a file's anchors, and its lines that are none.
type anchorsRead struct {
	all    []audit.Anchor
	unread []string // "FILE, line N"
}

// nodeAnchors are a node's, and that of the newest entry.
func nodeAnchors(path string) (kept, newest anchorsRead, err error) {
	if kept, err = readAnchors(path); err == nil {
		newest, err = readAnchors(newestPath(path))
	}
	return kept, newest, err
}

// readAnchors reads a file of anchors; none when there is no file.
func readAnchors(path string) (read anchorsRead, err error) {
	f, err := os.Open(path) //nolint:gosec // the node's own, or named by who runs the command
	if errors.Is(err, fs.ErrNotExist) {
		return read, nil
	}
	if err != nil {
		return read, err
	}
	defer func() { _ = f.Close() }()
	all, unread, err := audit.ReadAnchors(f)
	if err != nil {
		return read, fmt.Errorf("%s: %w", path, err)
	}
	read.all = all
	for _, line := range unread {
		read.unread = append(read.unread, fmt.Sprintf("%s, line %d", path, line))
	}
	return read, nil
}

// torn reports whether a file ends in the middle of a line.
func torn(f *os.File) bool {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return false
	}
	last := []byte{0}
	_, err = f.ReadAt(last, end-1)
	return err == nil && last[0] != '\n'
}

// anchorsUnread tells of anchors that are not to be had. Without them nobody could tell whether the newest entries were cut off, so that it is not for the log alone.
func (w *auditWatch) anchorsUnread(which string) {
	w.log.Error("anchors of the record cannot be read; it is held against the others", "which", which)
	w.alert(dialer.Alert{
		Kind: webui.AuditDamaged, Subject: "anchors",
		Text: "閲覧・操作記録の控え(アンカー)に読めない部分があります。停電で途切れたか、書き換えられました。読める控えとの照合は続けています。管理者に知らせてください",
		TextEN: "some anchors of the record of who saw what cannot be read: a power cut tore them, or somebody wrote into the file. " +
			"The record is held against the others; tell the administrator (docs/operations.md, \"An anchor that cannot be read\")",
	})
}
