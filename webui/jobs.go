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
	lists   map[string]casework.Preview // as far as they have come; failed ones stay until discarded
	reading int                         // uploads whose body is being read: each has a place already
	closed  bool
}

func newJobs() *jobs {
	return &jobs{ctx: context.Background(), lists: map[string]casework.Preview{}}
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
func (j *jobs) begin(p casework.Preview, work func(context.Context)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if now, known := j.lists[p.List]; j.closed || (known && now.State != listFailed) {
		return
	}
	j.makeRoom()
	j.lists[p.List] = p
	ctx := j.ctx
	j.running.Go(func() { work(ctx) })
}

// mostJobs is how many lists are staged or applied at once: each that is staged is in memory whole, up to maxList.
const mostJobs = 4

// take takes one of the places for an upload that is to be read; false when none is free. leave gives it back, once the list has
// begun or was refused.
func (j *jobs) take() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := j.reading
	for _, p := range j.lists {
		if p.State != listFailed {
			at++
		}
	}
	if at >= mostJobs {
		return false
	}
	j.reading++
	return true
}

func (j *jobs) leave() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reading--
}

// errFull is the answer meanwhile.
var errFull = newProblem(http.StatusServiceUnavailable, string(dialer.CaseBusy),
	"ほかの名簿を処理中です。終わってからもう一度選んでください", "other lists are being worked on; choose the file again once they are done")

// failedKept bounds the lists that failed and that nobody has discarded.
const failedKept = 100

// makeRoom forgets failed lists when there are many. Called with mu held.
func (j *jobs) makeRoom() {
	if len(j.lists) < failedKept {
		return
	}
	for id, p := range j.lists {
		if p.State == listFailed {
			delete(j.lists, id)
		}
	}
}

// of returns how far a list has come, when a job runs on it or failed.
func (j *jobs) of(list string) (casework.Preview, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, ok := j.lists[list]
	return p, ok
}

func (j *jobs) set(p casework.Preview) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lists[p.List] = p
}

// end forgets a list: the store knows all about it now.
func (j *jobs) end(list string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.lists, list)
}
