package webui

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer/casework"
	"kakeru/webui/auth"
)

// errUploaderGone is why a list is not read to its end when whoever chose it may not have it read any more.
var errUploaderGone = &casework.ListError{
	Code: "signed_out",
	JA:   "ファイルを選んだ人のサインインが終わった(サインアウト、利用停止など)ため、読み込みを中止しました。サインインしている人がもう一度選んでください",
	EN:   "whoever chose the file was signed out or disabled, so it was not read to its end; somebody who is signed in may choose it again",
}

// stillSignedIn is how often it is asked whether whoever has a list read is still signed in.
const stillSignedIn = time.Second

// whileSignedIn is a work that ends with the session of who began it, however and at whichever node that ends: what is read of a list outlives the request,
// and who was disabled or signed out by the administrator leaves nothing behind that others apply. It is asked at the beginning, too: the file came for minutes.
func (s *Server) whileSignedIn(who visitor, work func(context.Context)) func(context.Context) {
	return func(ctx context.Context) {
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		look := func() {
			if _, err := s.keeper.Check(ctx, who.Token); errors.Is(err, auth.ErrSignedOut) {
				stop(errUploaderGone)
			}
		}
		look()
		go func() {
			tick := time.NewTicker(stillSignedIn)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					look()
				case <-ctx.Done():
					return
				}
			}
		}()
		work(ctx)
	}
}

// whyStopped is what was said when the reading of a list was ended, and not what came of that.
func whyStopped(ctx context.Context, err error) error {
	if why := (*casework.ListError)(nil); errors.As(context.Cause(ctx), &why) {
		return why
	}
	return err
}
