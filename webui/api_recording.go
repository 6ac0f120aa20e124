package webui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// Recordings knows which attempts were recorded, and who has listened. The ledger implements it.
type Recordings interface {
	// Recording returns how an attempt was recorded; dialer.ErrNotFound when it was not.
	Recording(ctx context.Context, id dialer.CallID) (dialer.Recording, error)
	// Listened writes down, for ever, that somebody listens.
	Listened(ctx context.Context, id dialer.CallID, by dialer.UserID, at time.Time) error
}

// Sounds keeps the recordings themselves.
type Sounds interface {
	// Kept reports whether a recording can still be listened to, as far as that is seen without reading it.
	Kept(ref string) bool
	// Sound opens a call's recording as a WAV file: ErrSoundGone, or ErrSoundAltered, also for another call's, when it cannot be played.
	Sound(id dialer.CallID, ref string) (Playable, error)
}

// Playable is a recording that was found genuine.
type Playable interface {
	io.ReadCloser
	Size() int64 // in octets
	// Ended reports whether it has its own end; one that breaks off was cut, or its writing was.
	Ended() bool
}

// What Sounds says of recordings that cannot be played.
var (
	ErrSoundGone    = errors.New("the recording, or the key of its day, is not kept any more")
	ErrSoundAltered = errors.New("the recording was altered")
)

// Recording is how an attempt was recorded, for those who may listen.
type Recording struct {
	_           struct{}              `nullable:"true"`
	From        time.Time             `json:"from"`
	Until       *time.Time            `json:"until" doc:"null when its end is not known: it goes on, or a crash cut it off"`
	Pauses      []dialer.Pause        `json:"pauses"`
	LostSeconds float64               `json:"lost_seconds" doc:"of sound, in whose place there is silence"`
	Fault       dialer.RecordingFault `json:"fault,omitempty" doc:"why it ended before its time"`
	Kept        bool                  `json:"kept" doc:"false when it is not kept any more, or cannot be played before the call's end"`
	Silent      bool                  `json:"silent" doc:"nobody can say whether it is kept: its disk does not answer"`
}

const recordingPath = "/api/attempts/{id}/recording"

// listenWait is how long it may take to send a recording: of an hour it is 58 MB.
const listenWait = 30 * time.Minute

var (
	errNotRecorded = errNotFound.with("この通話は録音されていません", "this call was not recorded")
	errStillOn     = newProblem(http.StatusConflict, string(dialer.DeskBusy),
		"通話中の録音は聞けません。終話してから再生してください", "the call is still up; listen when it is over")
	errSoundGone = newProblem(http.StatusGone, ruleNotFound,
		"録音は保存期間を過ぎたため、消去されています", "the recording is not kept any more")
	errSoundAltered = newProblem(http.StatusInternalServerError, "",
		"録音ファイルが書き換えられているため、再生しません。管理者に連絡してください",
		"the recording's file was altered, so it is not played; tell the administrator")
	errListenUnwritten = newProblem(http.StatusServiceUnavailable, string(dialer.LedgerDown),
		"聴取の記録を書けないため、再生しません。しばらくしてからお試しください",
		"who listens could not be written down, so nothing is played; try again shortly")
)

func (s *Server) recordingRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: recordingPath, OperationID: "listen", Summary: "The recording of a call, as a WAV file",
		Description: "That it was listened to, by whom and when, is written down before the first octet is sent.",
		Responses: map[string]*huma.Response{"200": {
			Description: "G.711 μ-law in two channels: the operator, the customer",
			Content:     map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}},
	}, s.listen)
	pause := func(path, id, summary string, on bool) {
		route(s, huma.Operation{
			Method: http.MethodPost, Path: "/api/calls/{id}/recording/" + path, OperationID: id, Summary: summary, DefaultStatus: http.StatusAccepted,
		}, func(ctx context.Context, in *callInput) (*struct{}, error) {
			return nil, s.d.Calls.PauseRecording(ctx, from(ctx).Asker(), in.ID, on)
		})
	}
	pause("pause", "pause-recording", "Record nothing for a while", true)
	pause("resume", "resume-recording", "Record again", false)
}

// listen plays a recording to who may hear it, once that is written down.
func (s *Server) listen(ctx context.Context, in *attemptInput) (*huma.StreamResponse, error) {
	if _, live := s.d.Calls.Call(in.ID); live {
		return nil, errStillOn
	}
	r, err := s.d.Recordings.Recording(ctx, in.ID)
	if isGone(err) {
		return nil, errNotRecorded
	}
	if err != nil {
		return nil, err
	}
	sound, err := inTime(ctx, s.disk, s.disk.read, func() (Playable, error) { return s.d.Sounds.Sound(in.ID, r.Ref) }, func(p Playable) { _ = p.Close() }) // it was only read
	// The ledger knows of one that was written to its end: what breaks off now was cut afterwards, and the end of a talk may be what it is about.
	if err == nil && !r.Until.IsZero() && r.Fault == "" && !sound.Ended() {
		_ = sound.Close() // it was only read
		err = ErrSoundAltered
	}
	switch {
	case errors.Is(err, errDiskStill):
		s.log.Error("a recording was not played: its disk, or that of its key, does not answer", "call", in.ID, "owes", len(s.disk.asked))
		return nil, errDiskStill
	case errors.Is(err, ErrSoundGone):
		return nil, errSoundGone
	case errors.Is(err, ErrSoundAltered):
		s.log.Error("a recording was altered", "call", in.ID)
		return nil, errSoundAltered
	case err != nil:
		return nil, err
	}
	who := from(ctx).User.ID
	if err := s.d.Recordings.Listened(ctx, in.ID, who, s.d.Now()); err != nil {
		_ = sound.Close() // it was only read
		s.log.Error("who listens could not be written down; nothing is played", "call", in.ID, "user", who, "err", err)
		return nil, errListenUnwritten
	}
	s.log.Info("recording listened to", "call", in.ID, "user", who)
	willSend(ctx, sound)
	return &huma.StreamResponse{Body: func(to huma.Context) { s.play(in.ID, sound, to) }}, nil
}

func (s *Server) play(id dialer.CallID, sound Playable, to huma.Context) {
	defer func() { _ = sound.Close() }() // it was only read
	_, w := humago.Unwrap(to)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(listenWait)) // else the server's own
	to.SetHeader("Content-Type", "audio/wav")
	to.SetHeader("Content-Length", strconv.FormatInt(sound.Size(), 10))
	to.SetHeader("Cache-Control", "no-store")
	if _, err := io.Copy(to.BodyWriter(), sound); err != nil {
		s.log.Warn("a recording was not played to its end", "call", id, "err", err)
	}
}

// recordingFor is how an attempt was recorded, for a viewer who may listen; nil for others, and when it was not.
func (s *Server) recordingFor(ctx context.Context, v viewer, id dialer.CallID) (*Recording, error) {
	row, _ := auth.Lookup(http.MethodGet + " " + recordingPath)
	if !row.Allows(v.role) {
		return nil, nil //nolint:nilnil // nothing is to be said
	}
	r, err := s.d.Recordings.Recording(ctx, id)
	if isGone(err) {
		return nil, nil //nolint:nilnil // it was not recorded
	}
	if err != nil {
		return nil, err
	}
	out := &Recording{From: r.From, Until: instant(r.Until), Pauses: orEmpty(r.Pauses), LostSeconds: r.Lost.Seconds(), Fault: r.Fault}
	if _, live := s.d.Calls.Call(id); live {
		return out, nil
	}
	out.Kept, out.Silent, err = s.kept(ctx, r.Ref) // what is known of the call is told all the same
	return out, err
}
