package returns

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// Store knows what has not gone back. The ledger implements it.
type Store interface {
	// TakeForReturn writes down which records go with a close: those that went with none that counts. Again it changes nothing
	// once the close's own are there.
	TakeForReturn(ctx context.Context, c dayclose.Close) error
	// RowsOfReturn are the records that go with a close, in the order in which they happened.
	RowsOfReturn(ctx context.Context, c dayclose.Close) ([]Row, error)
	// NumbersToReturn and NumbersReturned: casework.NumberStore.
	NumbersToReturn(ctx context.Context, limit int) ([]casework.EnteredNumber, error)
	NumbersReturned(ctx context.Context, ids []string, export string, at time.Time) error
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

// numbersAtOnce is more than a month's (§10(6): 1,200).
const numbersAtOnce = 100_000

// Return writes the files of a close. The day is closed: nothing is added to what they hold.
func (x *Returner) Return(ctx context.Context, c dayclose.Close) (files []dayclose.File, err error) {
	if err := x.Store.TakeForReturn(ctx, c); err != nil {
		return nil, err
	}
	rows, err := x.Store.RowsOfReturn(ctx, c)
	if err != nil {
		return nil, err
	}
	numbers, err := x.Store.NumbersToReturn(ctx, numbersAtOnce)
	if err != nil {
		return nil, err
	}
	handoffs, err := x.wholeHandoffs(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &leaving{folder: x.Folder, day: c.Day, id: c.ID}
	name := once(x.Name)
	body, replaced, err := x.Layout.Records(rows, x.Alphabet, name)
	if err := out.add(kindRecords, len(rows), body, replaced, err); err != nil {
		return nil, err
	}
	if len(numbers) > 0 {
		body, replaced, err := x.numbers(numbers, name)
		if err := out.add(kindNumbers, len(numbers), body, replaced, err); err != nil {
			return nil, err
		}
	}
	if len(handoffs) > 0 {
		body, replaced, err := x.handoffs(handoffs, c.Final, name)
		if err := out.add(kindHandoffs, len(handoffs), body, replaced, err); err != nil {
			return nil, err
		}
		out.holds(handoffs)
	}
	if c.Final {
		if err := x.handover(ctx, c, out); err != nil {
			return nil, err
		}
	}
	return out.done()
}

func (x *Returner) wholeHandoffs(ctx context.Context, c dayclose.Close) ([]casework.Handoff, error) {
	ids, err := x.Store.HandoffsToReturn(ctx, c)
	if err != nil {
		return nil, err
	}
	return x.Store.WholeHandoffs(ctx, ids)
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

func (x *Returner) numbers(numbers []casework.EnteredNumber, name func(dialer.UserID) string) ([]byte, []Replaced, error) {
	rows := make([][]string, len(numbers))
	for i, n := range numbers {
		rows[i] = []string{
			n.WardNumber, string(n.Number), x.Layout.Codes.NumberKind[string(n.Kind)], sourceOf(n.Source), n.DocumentOn, inTokyo(n.At, "2006/01/02 15:04"), name(n.By),
		}
	}
	return x.Layout.plainTable([]string{"宛名番号", "電話番号", "番号種別", "出典", "書類の日付", "入力日時", "入力者"}, rows, x.Alphabet)
}

func sourceOf(key string) string {
	for _, s := range casework.NumberSources {
		if s.Key == key {
			return s.JA
		}
	}
	return key
}

// handoffs writes hand-offs. Those of a final close say where they stand: not all of them are answered.
func (x *Returner) handoffs(handoffs []casework.Handoff, final bool, name func(dialer.UserID) string) ([]byte, []Replaced, error) {
	headers := []string{"宛名番号", "引継ぎの種類", "引継日時", "回答期限", "経過", "管理番号"}
	if final {
		headers = append(headers, "状態")
	}
	rows := make([][]string, len(handoffs))
	for i, h := range handoffs {
		var said []string
		for _, e := range h.Events {
			if e.Text != "" {
				said = append(said, fmt.Sprintf("%s %s %s", inTokyo(e.At, "2006/01/02 15:04"), name(e.By), e.Text))
			}
		}
		rows[i] = []string{h.About.WardNumber, string(h.Kind), inTokyo(h.At, "2006/01/02 15:04"), h.DueOn.String(), strings.Join(said, "\n"), h.ID}
		if final {
			rows[i] = append(rows[i], stateWords[h.State])
		}
	}
	return x.Layout.plainTable(headers, rows, x.Alphabet)
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

// Doomed counts what goes with a close.
func (x *Returner) Doomed(ctx context.Context, c dayclose.Close) (dayclose.Counts, error) {
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

// Destroy notes what went, then destroys. Until a close gets here, nothing that it wrote counts as gone.
func (x *Returner) Destroy(ctx context.Context, c dayclose.Close) error {
	now := x.Now()
	numbers, err := x.Store.NumbersToReturn(ctx, numbersAtOnce)
	if err != nil {
		return err
	}
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		ids[i] = n.ID
	}
	if err := x.Store.NumbersReturned(ctx, ids, c.ID, now); err != nil {
		return err
	}
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
