package webui

import (
	"context"
	"net/http"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// jobShown is the least time between two frames about one list's progress.
const jobShown = 300 * time.Millisecond

// jobs are the lists being staged or applied now. They outlive the request that began them and end with the server.
type jobs struct {
	mu      sync.Mutex
	ctx     context.Context //nolint:containedctx // the server's life, not a request's
	running sync.WaitGroup
	lists   map[string]job         // failed ones stay until discarded
	reading map[dialer.UserID]bool // whose upload's body is being read: each has a place already
	closed  bool

	applying chan struct{} // one list at a time is applied
}

// job is one list, as far as it has come.
type job struct {
	casework.Preview
	by   dialer.UserID // who chose it, or has it applied
	paid bool          // a paid list: its reading holds nothing that a close takes away
	stop context.CancelCauseFunc
}

func newJobs() *jobs {
	return &jobs{ctx: context.Background(), lists: map[string]job{}, reading: map[dialer.UserID]bool{}, applying: make(chan struct{}, 1)}
}

// inTurn does one at a time of what is applied, and in the meantime holds nothing of the store's: each of those would wait there for the one before, with a connection.
func (j *jobs) inTurn(ctx context.Context, do func()) {
	select {
	case j.applying <- struct{}{}:
		defer func() { <-j.applying }()
		do()
	case <-ctx.Done():
		do() // which finds that, too, and says so
	}
}

// open ties the jobs to the server's life.
func (j *jobs) open(ctx context.Context) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ctx = ctx
}

// close waits for the jobs; their context has ended.
func (j *jobs) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.running.Wait()
}

// begin runs a job on a list, unless one runs on it already or the server is closing.
func (j *jobs) begin(on job, work func(context.Context)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if now, known := j.lists[on.List]; j.closed || (known && now.State != listFailed) {
		return
	}
	j.makeRoom()
	ctx, stop := context.WithCancelCause(j.ctx)
	on.stop = stop
	j.lists[on.List] = on
	j.running.Go(func() {
		defer stop(nil)
		work(ctx)
	})
}

// mostJobs is how many lists are staged or applied at once: each that is staged is in memory whole, up to maxList. The last place is the supervisors':
// what the house needs today comes in, whatever the others do.
const mostJobs = 4

// take takes a place for an upload of somebody's that is to be read, or says why there is none. One person has one at a time, from the first byte until
// the list is staged. leave gives it back, once the list has begun or was refused.
func (j *jobs) take(who dialer.User) *Problem {
	j.mu.Lock()
	defer j.mu.Unlock()
	reading, applying, own := len(j.reading), 0, j.reading[who.ID]
	for _, at := range j.lists {
		switch at.State {
		case listStaging:
			reading++
			own = own || at.by == who.ID
		case listApplying:
			applying++
		}
	}
	if own {
		return errOneEach
	}
	most := mostJobs - 1
	if who.Role == dialer.RoleSupervisor {
		// What is applied goes one after the other and is in memory nowhere: a supervisor's list waits for none of it, however many somebody has applied. Of
		// what is read, the others never have the last place.
		most, applying = mostJobs, 0
	}
	if reading+applying >= most {
		return errFull
	}
	j.reading[who.ID] = true
	return nil
}

func (j *jobs) leave(who dialer.UserID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.reading, who)
}

// stopStaging ends the reading of lists, for a reason. What is being applied goes on.
func (j *jobs) stopStaging(why error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, at := range j.lists {
		if at.State == listStaging && !at.paid {
			at.stop(why)
		}
	}
}

// The answers meanwhile.
var (
	errFull = newProblem(http.StatusServiceUnavailable, string(dialer.CaseBusy),
		"ほかの名簿を処理中です。終わってからもう一度選んでください", "other lists are being worked on; choose the file again once they are done")
	errOneEach = errFull.with(
		"先に選んだファイルを受け取っているか、読み込んでいる途中です。終わってから(送信が途切れたときは2分ほど待って)もう一度選んでください",
		"a file that you chose before is still coming or being read; choose this one once it is done, or after two minutes if its sending broke off")
)

// failedKept bounds the lists that failed and that nobody has discarded.
const failedKept = 100

// makeRoom forgets failed lists when there are many. Called with mu held.
func (j *jobs) makeRoom() {
	if len(j.lists) < failedKept {
		return
	}
	for id, at := range j.lists {
		if at.State == listFailed {
			delete(j.lists, id)
		}
	}
}

// of returns how far a list has come, when a job runs on it or failed.
func (j *jobs) of(list string) (casework.Preview, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at, ok := j.lists[list]
	return at.Preview, ok
}

func (j *jobs) set(p casework.Preview) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := j.lists[p.List]
	at.Preview = p
	j.lists[p.List] = at
}

// end forgets a list: the store knows all about it now.
func (j *jobs) end(list string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.lists, list)
}
