package returns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// Store knows what has not gone back. The ledger implements it.
type Store interface {
	// TakeForReturn writes down which records, and which numbers that were entered, go with a close: those that went with none that counts. Again
	// it does what is left of it, and changes nothing once the close's own are there. They have gone once the close destroys.
	TakeForReturn(ctx context.Context, c dayclose.Close) error
	// RowsOfReturn is a page of the records that go with a close, in the order in which they happened, after one of them; nil for the first.
	RowsOfReturn(ctx context.Context, c dayclose.Close, after *Row, limit int) ([]Row, error)
	// NumbersOfReturn is a page of the numbers that go with a close, by their IDs, after one of these; empty for the first.
	NumbersOfReturn(ctx context.Context, c dayclose.Close, after string, limit int) ([]casework.EnteredNumber, error)
	// CountNumbersOfReturn is how many numbers go with a close, and how many that were not taken back go with none that counts.
	CountNumbersOfReturn(ctx context.Context, c dayclose.Close) (taken, left int, err error)
	// HandoffsToReturn are those that go with a close, by their IDs: what the ward has answered or was taken back, and with a final
	// close what is open too.
	HandoffsToReturn(ctx context.Context, c dayclose.Close) (ids []string, err error)
	// WholeHandoffs reads hand-offs with what they say of a person.
	WholeHandoffs(ctx context.Context, ids []string) ([]casework.Handoff, error)
	// ReturnHandoff ends one that went back, and destroys what it said of a person. One that is returned already is no error.
	ReturnHandoff(ctx context.Context, id string, by dialer.UserID, at time.Time) error
}

// Recordings are what was recorded of talks, under keys of their own (decision 0014). Only the contract's end takes them.
type Recordings interface {
	// Count is how many recordings there are, and how many keys.
	Count() (recordings, keys int, err error)
	// DestroyAll destroys all keys, and removes what they sealed. Asked again it does what is left.
	DestroyAll() error
}

// Returner writes a close's files, and lets go of what went with them.
type Returner struct {
	Store    Store
	Then     dayclose.Destroyer    // destroys the days' keys, after what is kept by itself
	Sound    Recordings            // nil where the settings have no place for recordings: then there are none
	Handing  HandoverStore         // what a final close hands over
	Rules    func() casework.Rules // as they are set at the moment, for the hand-over
	Folder   dayclose.Folder
	Layout   Layout
	Alphabet Alphabet
	Name     func(dialer.UserID) string
	Now      dialer.Clock
}

var (
	_ dayclose.Returner  = (*Returner)(nil)
	_ dayclose.Destroyer = (*Returner)(nil)
)

// ErrNumbersLeft is told of numbers that were entered and that no file for the ward has: nothing is destroyed while there are any.
var ErrNumbersLeft = errors.New("numbers that were entered stand in no file for the ward, so nothing is destroyed; give the close up where that can be done yet, and " +
	"close again: the next close's file has them. Find out who wrote into the database")

// Return writes the files of a close. The day is closed: nothing is added to what they hold.
func (x *Returner) Return(ctx context.Context, c dayclose.Close) (files []dayclose.File, err error) {
	if err := x.Store.TakeForReturn(ctx, c); err != nil {
		return nil, err
	}
	out := &leaving{folder: x.Folder, layout: x.Layout, alphabet: x.Alphabet, day: c.Day, id: c.ID}
	defer out.discard()
	name := once(x.Name)
	rows := pages(rowsAtOnce, func(after *Row) ([]Row, error) { return x.Store.RowsOfReturn(ctx, c, after, rowsAtOnce) })
	cells := cellsOf(rows, func(r Row) []string { return x.Layout.cells(r, name) })
	if _, err := out.table(kindRecords, x.Layout.headers(), cells, true); err != nil {
		return nil, err
	}
	numbers := pages(numbersAtOnce, func(after *casework.EnteredNumber) ([]casework.EnteredNumber, error) {
		id := ""
		if after != nil {
			id = after.ID
		}
		return x.Store.NumbersOfReturn(ctx, c, id, numbersAtOnce)
	})
	cells = cellsOf(numbers, func(n casework.EnteredNumber) []string { return x.numberCells(n, name) })
	if _, err := out.table(kindNumbers, numberHeaders, cells, false); err != nil {
		return nil, err
	}
	if err := x.handoffs(ctx, c, out, name); err != nil {
		return nil, err
	}
	if c.Final {
		if err := x.handover(ctx, c, out); err != nil {
			return nil, err
		}
	}
	return out.done()
}

// handoffs leaves the file of the hand-offs that go with a close, if there are any, and notes which these are.
func (x *Returner) handoffs(ctx context.Context, c dayclose.Close, out *leaving, name func(dialer.UserID) string) error {
	ids, err := x.Store.HandoffsToReturn(ctx, c)
	if err != nil {
		return err
	}
	var written []string
	whole := func(yield func(casework.Handoff, error) bool) {
		for piece := range slices.Chunk(ids, handoffsAtOnce) {
			read, err := x.Store.WholeHandoffs(ctx, piece)
			if err != nil {
				yield(casework.Handoff{}, err)
				return
			}
			for _, h := range read {
				if !yield(h, nil) {
					return
				}
			}
		}
	}
	cells := cellsOf(whole, func(h casework.Handoff) []string {
		written = append(written, h.ID)
		return handoffCells(h, c.Final, name)
	})
	n, err := out.table(kindHandoffs, handoffHeaders(c.Final), cells, false)
	if err == nil && n > 0 {
		out.holds(written)
	}
	return err
}

// once asks for each person's name once: a day has hundreds of rows and a handful of people.
func once(name func(dialer.UserID) string) func(dialer.UserID) string {
	known := map[dialer.UserID]string{}
	return func(id dialer.UserID) string {
		n, ok := known[id]
		if !ok {
			n = name(id)
			known[id] = n
		}
		return n
	}
}

var numberHeaders = []string{"宛名番号", "電話番号", "番号種別", "出典", "書類の日付", "入力日時", "入力者"}

func (x *Returner) numberCells(n casework.EnteredNumber, name func(dialer.UserID) string) []string {
	return []string{
		n.WardNumber, string(n.Number), x.Layout.Codes.NumberKind[string(n.Kind)], sourceOf(n.Source), n.DocumentOn, inTokyo(n.At, "2006/01/02 15:04"), name(n.By),
	}
}

func sourceOf(key string) string {
	for _, s := range casework.NumberSources {
		if s.Key == key {
			return s.JA
		}
	}
	return key
}

// handoffHeaders are those of the hand-offs. Of a final close they say where each stands: not all of them are answered.
func handoffHeaders(final bool) []string {
	headers := []string{"宛名番号", "引継ぎの種類", "引継日時", "回答期限", "経過", "管理番号"}
	if final {
		headers = append(headers, "状態")
	}
	return headers
}

func handoffCells(h casework.Handoff, final bool, name func(dialer.UserID) string) []string {
	var said []string
	for _, e := range h.Events {
		if e.Text != "" {
			said = append(said, fmt.Sprintf("%s %s %s", inTokyo(e.At, "2006/01/02 15:04"), name(e.By), e.Text))
		}
	}
	cells := []string{h.About.WardNumber, string(h.Kind), inTokyo(h.At, "2006/01/02 15:04"), h.DueOn.String(), strings.Join(said, "\n"), h.ID}
	if final {
		cells = append(cells, stateWords[h.State])
	}
	return cells
}

// stateWords are where a hand-off stands, as the ward's board calls it.
var stateWords = map[casework.HandoffState]string{
	casework.HandoffOpen: "未確認", casework.HandoffAcknowledged: "確認済", casework.HandoffAnswered: "回答済", casework.HandoffWithdrawn: "取消",
	casework.HandoffReturned: "返却済",
}

// returned are the hand-offs in a close's files. By these alone keys are destroyed: what a row says of a hand-off meanwhile is no proof that the ward has it.
func returned(c dayclose.Close) (ids []string) {
	for _, f := range c.Files {
		ids = append(ids, strings.Fields(f.IDs)...)
	}
	return ids
}

// goesBack are the hand-offs that a close has taken, or, before it has, would take.
func (x *Returner) goesBack(ctx context.Context, c dayclose.Close) ([]string, error) {
	if len(c.Files) > 0 {
		return returned(c), nil
	}
	return x.Store.HandoffsToReturn(ctx, c)
}

// allFiled is ErrNumbersLeft while a number that was not taken back is in no file of this close or of one before.
func (x *Returner) allFiled(ctx context.Context, c dayclose.Close) error {
	filed := 0
	for _, f := range c.Files {
		if f.Kind == kindNumbers {
			filed += f.Rows
		}
	}
	taken, left, err := x.Store.CountNumbersOfReturn(ctx, c)
	if err == nil && (taken != filed || left > 0) {
		err = fmt.Errorf("%w (%d in the file, %d that should be, %d others)", ErrNumbersLeft, filed, taken, left)
	}
	return err
}

// Doomed counts what goes with a close. Of one whose files are written it is asked before there is no way back: ErrNumbersLeft while that must not be.
func (x *Returner) Doomed(ctx context.Context, c dayclose.Close) (dayclose.Counts, error) {
	if len(c.Files) > 0 {
		if err := x.allFiled(ctx, c); err != nil {
			return nil, err
		}
	}
	counts, err := x.Then.Doomed(ctx, c)
	if err != nil {
		return nil, err
	}
	handoffs, err := x.goesBack(ctx, c)
	if n := len(handoffs); n > 0 {
		counts["handoffs"] = int64(n)
	}
	if err != nil || !c.Final || x.Sound == nil {
		return counts, err
	}
	recordings, keys, err := x.Sound.Count()
	counts["recordings"], counts["recording_keys"] = int64(recordings), int64(keys)
	return counts, err
}

// Destroy notes which hand-offs went, then destroys. Until a close gets here, nothing that it wrote counts as gone. Whether all numbers are in a file was asked by Doomed, and
// since then the day is shut: what has come meanwhile is nobody's, and must not keep a close standing that cannot be given up any more.
func (x *Returner) Destroy(ctx context.Context, c dayclose.Close) error {
	now := x.Now()
	for _, id := range returned(c) {
		if err := x.Store.ReturnHandoff(ctx, id, c.By, now); err != nil {
			return err
		}
	}
	if c.Final && x.Sound != nil {
		if err := x.Sound.DestroyAll(); err != nil {
			return err
		}
	}
	return x.Then.Destroy(ctx, c)
}
