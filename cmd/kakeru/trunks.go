package main

import (
	"kakeru/dialer"
)

// trunkBoard shows the panel how the trunks stand, and tells the supervisor when one goes and comes back. show is called
// by one goroutine at a time.
type trunkBoard struct {
	board dialer.Board
	now   dialer.Clock
	down  map[string]bool
}

func newTrunkBoard(b dialer.Board, now dialer.Clock) *trunkBoard {
	return &trunkBoard{board: b, now: now, down: map[string]bool{}}
}

func (b *trunkBoard) show(v dialer.TrunkView) {
	b.board.Show(dialer.Change{Type: dialer.ChangeTrunk, At: b.now(), Trunk: &v})
	was := b.down[v.Name]
	switch {
	case v.State == dialer.TrunkDown && !was:
		b.down[v.Name] = true
		b.alert(dialer.Alert{
			Kind: "trunk_down", Subject: v.Name, Text: "回線「" + v.Name + "」が使えません。予備の回線があればそちらから発信します。" + v.LastError.Text,
			TextEN: "trunk " + v.Name + " cannot be used; calls leave by the next one, if there is one: " + v.LastError.TextEN,
		})
	case v.State == dialer.TrunkUp && was:
		b.down[v.Name] = false
		b.alert(dialer.Alert{Kind: "trunk_back", Subject: v.Name, Text: "回線「" + v.Name + "」が復旧しました", TextEN: "trunk " + v.Name + " is back"})
	}
}

func (b *trunkBoard) alert(a dialer.Alert) {
	b.board.Show(dialer.Change{Type: dialer.ChangeAlert, At: b.now(), Alert: &a})
}
