package webui

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// world is every port of webui over plain maps. What a test sets in fail is answered instead.
type world struct {
	mu       sync.Mutex
	users    map[dialer.UserID]dialer.User
	whenDone func() error // of a person's change; nil for nothing
	sessions map[string]session
	desks    []dialer.DeskView
	trunks   []dialer.TrunkView
	traces   map[dialer.CallID][]dialer.TraceMessage
	calls    map[dialer.CallID]dialer.CallView
	cases    map[dialer.CaseID]casework.Case
	attempts []casework.Attempt // newest first
	places   []dialer.Place
	lists    map[string]casework.Preview
	progress report.Progress
	sums     int // how often Progress was asked

	dialled  []dialer.DialRequest
	hungUp   []dialer.CallID
	digits   []string
	presents []present
	told     []dialer.CallID // ResultRecorded
	put      []dialer.Waiting
	removed  []dialer.CaseID
	tries    casework.TriesAt
	hand     byHandWorld
	counts   casework.Counts
	spooled  []casework.Recorded
	asked    []string // of a talk: hold, mute, transfer
	named    map[dialer.CallID]dialer.CaseID
	callers  map[dialer.CallID]callerIn

	recordings map[dialer.CallID]dialer.Recording
	sounds     map[string]string // by reference: the file
	listened   []string
	openSounds int

	fail struct {
		dial, hangup, control, name, sit, present, sessions, commit, attempts, record, queue, stage, apply, progress, recording, listened, sound, counts error

		spools bool // the ledger is away: what is recorded goes to its spool
	}
	// stalled blocks the stores of sessions and people until the context of the asker ends.
	stalled bool
}

type session struct {
	data   []byte
	expiry time.Time
}

type callerIn struct {
	number dialer.Number
	cases  []dialer.CaseID
}

type present struct {
	want dialer.CaseID
	skip bool
}

func newWorld() *world {
	return &world{
		users: map[dialer.UserID]dialer.User{}, sessions: map[string]session{}, calls: map[dialer.CallID]dialer.CallView{},
		cases: map[dialer.CaseID]casework.Case{}, lists: map[string]casework.Preview{},
		named: map[dialer.CallID]dialer.CaseID{}, callers: map[dialer.CallID]callerIn{},
	}
}

// set changes the world while it is in use.
func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) wait(ctx context.Context) error {
	w.mu.Lock()
	stalled, err := w.stalled, w.fail.sessions
	w.mu.Unlock()
	if stalled {
		<-ctx.Done()
		return dialer.ErrLedgerDown
	}
	return err
}

// Users.

func (w *world) UserByLogin(ctx context.Context, login string) (dialer.User, error) {
	if err := w.wait(ctx); err != nil {
		return dialer.User{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range w.users {
		if strings.EqualFold(u.Login, login) {
			return u, nil
		}
	}
	return dialer.User{}, dialer.ErrNotFound
}

func (w *world) User(ctx context.Context, id dialer.UserID) (dialer.User, error) {
	if err := w.wait(ctx); err != nil {
		return dialer.User{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u, ok := w.users[id]
	if !ok {
		return u, dialer.ErrNotFound
	}
	return u, nil
}

func (w *world) Users(context.Context) ([]dialer.User, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []dialer.User
	for _, u := range w.users {
		all = append(all, u)
	}
	return all, nil
}

func (w *world) PutUser(_ context.Context, u dialer.User) (dialer.UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[u.ID] = u
	return u.ID, nil
}

func (w *world) UserByDirectory(ctx context.Context, who dialer.DirectoryName) (dialer.User, error) {
	if err := w.wait(ctx); err != nil {
		return dialer.User{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range w.users {
		if u.Directory == who && who.Name != "" {
			return u, nil
		}
	}
	return dialer.User{}, dialer.ErrNotFound
}

func (w *world) AddFirstAdmin(_ context.Context, u dialer.User) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, other := range w.users {
		if other.Role == dialer.RoleAdmin && !other.Disabled {
			return dialer.ErrAdminThere
		}
		if strings.EqualFold(other.Login, u.Login) {
			return dialer.ErrLoginTaken
		}
	}
	w.users[u.ID] = u
	return nil
}

// Sessions.

func (w *world) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if err := w.wait(ctx); err != nil {
		return nil, false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.sessions[token]
	return s.data, ok, nil
}

func (w *world) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	if err := w.wait(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.commit != nil {
		return w.fail.commit
	}
	w.sessions[token] = session{b, expiry}
	return nil
}

func (w *world) DeleteCtx(ctx context.Context, token string) error {
	if err := w.wait(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.sessions, token)
	return nil
}

// Calls.

func (w *world) Dial(_ context.Context, r dialer.DialRequest) (dialer.Accepted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dialled = append(w.dialled, r)
	if w.fail.dial != nil {
		return dialer.Accepted{}, w.fail.dial
	}
	for _, d := range w.desks {
		if d.ID == r.Desk {
			return dialer.Accepted{CallID: "call-1", CaseID: r.Case}, nil
		}
	}
	return dialer.Accepted{}, dialer.Refuse(dialer.UnknownDesk)
}

func (w *world) Hangup(_ context.Context, _ dialer.Asker, id dialer.CallID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.hangup != nil {
		return w.fail.hangup
	}
	if _, ok := w.calls[id]; !ok {
		return dialer.ErrNotFound
	}
	w.hungUp = append(w.hungUp, id)
	return nil
}

func (w *world) Digits(_ context.Context, _ dialer.Asker, id dialer.CallID, digits string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.hangup != nil {
		return w.fail.hangup
	}
	if _, ok := w.calls[id]; !ok {
		return dialer.ErrNotFound
	}
	w.digits = append(w.digits, digits)
	return nil
}

func (w *world) control(a dialer.Asker, id dialer.CallID, what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.control != nil {
		return w.fail.control
	}
	if _, ok := w.calls[id]; !ok {
		return dialer.ErrNotFound
	}
	w.asked = append(w.asked, string(a.User)+" "+what)
	return nil
}

func (w *world) AnnouncementHeard(_ context.Context, a dialer.Asker, id dialer.CallID, what dialer.Announcement) error {
	return w.control(a, id, "announcement_heard "+string(what))
}

func (w *world) Hold(_ context.Context, a dialer.Asker, id dialer.CallID, on bool) error {
	return w.control(a, id, fmt.Sprintf("hold %v", on))
}

func (w *world) Mute(_ context.Context, a dialer.Asker, id dialer.CallID, on bool) error {
	return w.control(a, id, fmt.Sprintf("mute %v", on))
}

func (w *world) PauseRecording(_ context.Context, a dialer.Asker, id dialer.CallID, on bool) error {
	return w.control(a, id, fmt.Sprintf("pause recording %v", on))
}

func (w *world) Transfer(_ context.Context, a dialer.Asker, id dialer.CallID, to dialer.DeskID, consult bool) error {
	return w.control(a, id, fmt.Sprintf("transfer %s %v", to, consult))
}

func (w *world) CompleteTransfer(_ context.Context, a dialer.Asker, id dialer.CallID) error {
	return w.control(a, id, "complete")
}

func (w *world) CancelTransfer(_ context.Context, a dialer.Asker, id dialer.CallID) error {
	return w.control(a, id, "cancel")
}

func (w *world) NameCase(_ context.Context, _ dialer.Asker, id dialer.CallID, to dialer.CaseID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.name == nil {
		w.named[id] = to
	}
	return w.fail.name
}

// Caller implements Callers.
func (w *world) Caller(_ context.Context, id dialer.CallID) (dialer.Number, []dialer.CaseID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.callers[id]
	if !ok {
		return "", nil, dialer.ErrNotFound
	}
	return c.number, c.cases, nil
}

func (w *world) Sit(_ context.Context, a dialer.Asker, id dialer.DeskID, takeOver bool) (dialer.DeskView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, d := range w.desks {
		switch {
		case d.ID != id:
		case d.Operator != "" && d.Operator != a.User && !takeOver:
			return dialer.DeskView{}, dialer.Refuse(dialer.DeskBusy)
		default:
			w.desks[i].Operator, w.desks[i].State = a.User, dialer.DeskReady
			return w.desks[i], nil
		}
	}
	return dialer.DeskView{}, dialer.Refuse(dialer.UnknownDesk)
}

func (w *world) Away(_ context.Context, _ dialer.Asker, id dialer.DeskID, reason dialer.AwayReason) (dialer.DeskView, error) {
	return w.change(id, func(d *dialer.DeskView) { d.State, d.Away = dialer.DeskAway, reason })
}

func (w *world) change(id dialer.DeskID, how func(*dialer.DeskView)) (dialer.DeskView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, d := range w.desks {
		if d.ID == id {
			how(&w.desks[i])
			return w.desks[i], nil
		}
	}
	return dialer.DeskView{}, dialer.Refuse(dialer.UnknownDesk)
}

func (w *world) OwnFigures(_ context.Context, who dialer.UserID, from, to time.Time) (report.Own, error) {
	if who != "user-operator" || to.Sub(from) != 24*time.Hour {
		return report.Own{}, nil
	}
	return report.Own{Attempts: 112, Answered: 40}, nil
}

func (w *world) Present(_ context.Context, _ dialer.Asker, id dialer.DeskID, want dialer.CaseID, skip bool) (dialer.CaseID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.presents = append(w.presents, present{want, skip})
	if w.fail.present != nil {
		return "", w.fail.present
	}
	if want == "" {
		want = "case-1"
	}
	for i, d := range w.desks {
		if d.ID == id {
			w.desks[i].CaseID = want
		}
	}
	return want, nil
}

func (w *world) ResultRecorded(_ context.Context, id dialer.CallID, _ dialer.CaseID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, id)
	return nil
}

func (w *world) Desks() []dialer.DeskView {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]dialer.DeskView(nil), w.desks...)
}

func (w *world) Trunks() []dialer.TrunkView {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]dialer.TrunkView(nil), w.trunks...)
}

func (w *world) Trace(id dialer.CallID) []dialer.TraceMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.traces[id]
}

func (w *world) Calls() []dialer.CallView {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []dialer.CallView
	for _, c := range w.calls {
		all = append(all, c)
	}
	return all
}

func (w *world) Call(id dialer.CallID) (dialer.CallView, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.calls[id]
	return c, ok
}

// caseBook is the world's CaseStore: it has a Cases of its own kind.
type caseBook struct{ *world }

func (w caseBook) Case(_ context.Context, id dialer.CaseID) (casework.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.cases[id]
	if !ok {
		return c, dialer.ErrNotFound
	}
	return c, nil
}

func (w caseBook) Cases(_ context.Context, ids []dialer.CaseID) ([]casework.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []casework.Case
	for _, id := range ids {
		if c, ok := w.cases[id]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}

func (w caseBook) Kin(_ context.Context, id dialer.CaseID) ([]casework.Kin, error) {
	return []casework.Kin{{Case: "kin of " + id, SameNumber: true}, {Case: "house of " + id, Household: true}}, nil
}

func (w caseBook) Search(_ context.Context, q string, _ int) ([]casework.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []casework.Case
	for _, c := range w.cases {
		if c.WardNumber == q {
			out = append(out, c)
		}
	}
	return out, nil
}

func (w caseBook) Waiting(context.Context) iter.Seq2[dialer.Waiting, error] {
	return func(func(dialer.Waiting, error) bool) {}
}

func (w caseBook) Place(_ context.Context, id dialer.CaseID) (*dialer.Waiting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.cases[id]
	switch {
	case !ok:
		return nil, dialer.ErrNotFound
	case c.Next.State != dialer.CaseWaiting:
		return nil, nil //nolint:nilnil // the port says so: it does not wait
	}
	priority := c.Priority
	if c.Pinned {
		priority = casework.PinnedPriority
	}
	return &dialer.Waiting{Case: id, Due: c.Next.Due, Priority: priority, Lane: "its lane"}, nil
}

func (w caseBook) Held(context.Context, int) ([]casework.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []casework.Case
	for _, c := range w.cases {
		if c.Next.State == dialer.CaseHeld {
			out = append(out, c)
		}
	}
	return out, nil
}

// waitingRoom is the world's LineStore.
type waitingRoom struct{ *world }

func (w waitingRoom) Order(_ context.Context, id dialer.CaseID, o casework.Order) (dialer.CaseNext, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.cases[id]
	if !ok {
		return dialer.CaseNext{}, dialer.ErrNotFound
	}
	after, no := o.Apply(casework.Stands{Next: c.Next, Pinned: c.Pinned}, dialer.Hours{Week: dialer.WardHours()})
	if no != nil {
		return dialer.CaseNext{}, no
	}
	c.Next, c.Pinned, c.Order = after.Next, after.Pinned, &o
	w.cases[id] = c
	return c.Next, nil
}

func (w waitingRoom) TriesAt(context.Context, []dialer.CaseID) (casework.TriesAt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries, nil
}

func (w waitingRoom) AskedFor(_ context.Context, until time.Time) (list []casework.AskedFor, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.cases {
		if c.Next.Cause == dialer.CauseAsked && !c.Next.Due.After(until) {
			list = append(list, casework.AskedFor{Case: c.ID, At: c.Next.Due, Mine: c.Next.Mine})
		}
	}
	slices.SortFunc(list, func(a, b casework.AskedFor) int { return a.At.Compare(b.At) })
	return list, w.fail.counts
}

func (w waitingRoom) Counts(context.Context) (casework.Counts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts, w.fail.counts
}

// Results.

func (w *world) Attempt(_ context.Context, id dialer.CallID) (casework.Attempt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.attempts != nil {
		return casework.Attempt{}, w.fail.attempts
	}
	for _, a := range w.attempts {
		if a.ID == id {
			return a, nil
		}
	}
	return casework.Attempt{}, dialer.ErrNotFound
}

func (w *world) Attempts(_ context.Context, f casework.AttemptFilter) ([]casework.Attempt, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.attempts != nil {
		return nil, "", w.fail.attempts
	}
	var out []casework.Attempt
	for _, a := range w.attempts {
		if (f.CaseID == "" || a.CaseID == f.CaseID) && (f.Desk == "" || a.Desk == f.Desk) && (f.Operator == "" || a.Operator == f.Operator) && len(out) < f.Limit {
			out = append(out, a)
		}
	}
	return out, "", nil
}

func (w *world) Record(_ context.Context, r casework.Recorded) (casework.Recorded, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.record != nil {
		return casework.Recorded{}, w.fail.record
	}
	if w.fail.spools {
		w.spooled = append(w.spooled, r)
		return r, nil
	}
	for i, a := range w.attempts {
		if a.ID == r.Attempt {
			if a.Entry != nil {
				r.Revision = a.Entry.Revision
			}
			r.Revision++
			c := w.cases[r.Case]
			if first := slices.IndexFunc(w.attempts, func(a casework.Attempt) bool { return a.CaseID == r.Case }); first < i {
				r.Next = c.Next // a later attempt has decided
			}
			w.attempts[i].Entry = &r
			c.Next = r.Next
			w.cases[r.Case] = c
			return r, nil
		}
	}
	return casework.Recorded{}, dialer.ErrNotFound
}

// line is the world's Queue.
type line struct {
	dialer.Queue // what the panel never asks
	*world
}

func (w line) List(_ context.Context, _ []dialer.Served, limit int) ([]dialer.Place, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.places[:min(limit, len(w.places))], w.fail.queue
}

func (w line) Remove(_ context.Context, id dialer.CaseID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removed = append(w.removed, id)
	return w.fail.queue
}

func (w line) Put(_ context.Context, ws ...dialer.Waiting) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put = append(w.put, ws...)
	return w.fail.queue
}

// Progress implements Figures.
func (w *world) Progress(_ context.Context, month string) (report.Progress, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sums++
	p := w.progress
	p.Month = month
	return p, w.fail.progress
}

// shelf is the world's Lists.
type shelf struct{ *world }

func (w shelf) Stage(_ context.Context, list casework.StagedList, file io.Reader, progress func(int)) (casework.Preview, error) {
	b, err := io.ReadAll(file)
	if err != nil {
		return casework.Preview{}, err
	}
	rows := strings.Count(string(b), "\n")
	for i := range rows {
		progress(i + 1)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.stage != nil {
		return casework.Preview{}, w.fail.stage
	}
	p := casework.Preview{List: list.ID, FileName: list.FileName, State: listStaged, Rows: rows}
	w.lists[list.ID] = p
	return p, nil
}

func (w shelf) Preview(_ context.Context, list string) (casework.Preview, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.lists[list]
	if !ok {
		return p, dialer.ErrNotFound
	}
	return p, nil
}

func (w shelf) Apply(_ context.Context, list string, _ dialer.UserID, progress func(int)) (casework.Applied, error) {
	progress(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.apply != nil {
		return casework.Applied{}, w.fail.apply
	}
	p := w.lists[list]
	p.State = listApplied
	w.lists[list] = p
	return casework.Applied{New: p.Rows}, nil
}

func (w shelf) FoundCases(_ context.Context, list string, kind casework.FindingKind, from, limit int) (found []casework.FoundCase, err error) {
	for n := from; n < min(from+limit, 150) && list != ""; n++ {
		found = append(found, casework.FoundCase{Line: n + 2, Changes: []casework.FindingKind{kind}})
	}
	return found, nil
}

func (w shelf) Discard(_ context.Context, list string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.lists, list)
	return nil
}
