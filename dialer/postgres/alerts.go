package postgres

import (
	"context"
	"strconv"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/postgres/internal/db"
)

var (
	_ alarm.Store         = (*Ledger)(nil)
	_ alarm.PresenceStore = (*Ledger)(nil)
)

// How many alerts are current: those that ask for somebody, and the last ones.
const (
	openAlerts = 200
	lastAlerts = 20
)

// RaiseAlert implements alarm.Store.
func (l *Ledger) RaiseAlert(ctx context.Context, a dialer.Alert, at time.Time) error {
	condition := alarm.Condition(a)
	return l.inTx(ctx, "keep an alert", func(ctx context.Context, q *db.Queries) error {
		if err := q.LockCondition(ctx, condition); err != nil { // another node raises the same
			return err
		}
		return q.RaiseAlert(ctx, db.RaiseAlertParams{
			At: at, Kind: a.Kind, Condition: condition, Stands: alarm.Stands(a.Kind), Desk: string(a.Desk), CallID: string(a.CallID), Subject: a.Subject,
			Since: opt(a.Since), TextJa: a.Text, TextEn: a.TextEN,
		})
	})
}

// EndAlerts implements alarm.Store.
func (l *Ledger) EndAlerts(ctx context.Context, a dialer.Alert, at time.Time) error {
	return l.query(ctx, "end an alert", func(ctx context.Context, q *db.Queries) error {
		return q.EndAlerts(ctx, db.EndAlertsParams{At: at, TextJa: a.Text, TextEn: a.TextEN, Conditions: alarm.Ended(a)})
	})
}

// AcknowledgeAlert implements alarm.Store.
func (l *Ledger) AcknowledgeAlert(ctx context.Context, id int64, by dialer.UserID, at time.Time, note string) error {
	if _, err := l.Alert(ctx, id); err != nil {
		return err
	}
	return l.inTx(ctx, "acknowledge an alert", func(ctx context.Context, q *db.Queries) error {
		n, err := q.AcknowledgeAlert(ctx, db.AcknowledgeAlertParams{At: at, ByUser: string(by), Note: note, ID: id})
		if err != nil || n == 0 {
			return err
		}
		return q.MarkRow(ctx, markedAcks, idOfAck(id), l.markOfAck(db.AlertAck{Alert: id, At: at, ByUser: string(by), Note: note}))
	})
}

func idOfAck(alert int64) string { return strconv.FormatInt(alert, 10) }

func (l *Ledger) markOfAck(r db.AlertAck) []byte {
	return l.markUnder(markedAcks, r.Alert, r.At.UnixMicro(), r.ByUser, r.Note)
}

func (l *Ledger) acksToMark(ctx context.Context, q *db.Queries) (marks, error) {
	found := marks{}
	rows, err := q.Acknowledgements(ctx)
	for _, r := range rows {
		found[idOfAck(r.Alert)] = [][]byte{l.markOfAck(r)}
	}
	return found, err
}

// CurrentAlerts implements alarm.Store.
func (l *Ledger) CurrentAlerts(ctx context.Context) (out []alarm.Kept, err error) {
	err = l.query(ctx, "read what somebody must see", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.CurrentAlerts(ctx, openAlerts, lastAlerts)
		out = make([]alarm.Kept, len(rows))
		for i, r := range rows {
			out[i] = l.keptAlert(db.AlertsRow(r))
		}
		return err
	})
	return out, err
}

// Alerts implements alarm.Store.
func (l *Ledger) Alerts(ctx context.Context, f alarm.Filter) ([]alarm.Kept, error) {
	if f.To.IsZero() {
		f.To = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return l.alerts(ctx, db.AlertsParams{
		FromAt: f.From, ToAt: f.To, Kind: f.Kind, State: string(f.State), Before: f.Before, Max: int32(min(max(f.Limit, 1), 1000)),
	})
}

// Alert implements alarm.Store.
func (l *Ledger) Alert(ctx context.Context, id int64) (alarm.Kept, error) {
	found, err := l.alerts(ctx, db.AlertsParams{ToAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), ID: id, Max: 1})
	switch {
	case err != nil:
		return alarm.Kept{}, err
	case len(found) == 0 || id <= 0:
		return alarm.Kept{}, dialer.ErrNotFound
	}
	return found[0], nil
}

func (l *Ledger) alerts(ctx context.Context, p db.AlertsParams) (out []alarm.Kept, err error) {
	err = l.query(ctx, "list alerts", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Alerts(ctx, p)
		out = make([]alarm.Kept, len(rows))
		for i, r := range rows {
			out[i] = l.keptAlert(r)
		}
		return err
	})
	return out, err
}

// keptAlert is an alert as it stands. Who acknowledged it counts where that bears our mark: nobody is kept from seeing an alert by a row.
func (l *Ledger) keptAlert(r db.AlertsRow) alarm.Kept {
	k := alarm.Kept{
		ID: r.ID, At: r.At, EndedAt: timeOf(r.EndedAt), End: dialer.Reason{JA: r.EndJa, EN: r.EndEn},
		Alert: dialer.Alert{
			Kind: r.Kind, Desk: dialer.DeskID(r.Desk), CallID: dialer.CallID(r.CallID), Subject: r.Subject, Since: timeOf(r.Since),
			Text: r.TextJa, TextEN: r.TextEn,
		},
	}
	if at := timeOf(r.SeenAt); !at.IsZero() && among(r.Marks, l.markOfAck(db.AlertAck{Alert: r.ID, At: at, ByUser: r.SeenBy, Note: r.Note})) {
		k.SeenAt, k.SeenBy, k.Note = at, dialer.UserID(r.SeenBy), r.Note
	}
	return k
}

// Here implements alarm.PresenceStore.
func (l *Ledger) Here(ctx context.Context, p alarm.Presence) error {
	return l.query(ctx, "note that a supervisor is there", func(ctx context.Context, q *db.Queries) error {
		return q.SupervisorHere(ctx, string(p.User), p.At, p.Break)
	})
}

// Presences implements alarm.PresenceStore.
func (l *Ledger) Presences(ctx context.Context) (out []alarm.Presence, err error) {
	err = l.query(ctx, "read which supervisors are there", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.SupervisorsHere(ctx)
		out = make([]alarm.Presence, len(rows))
		for i, r := range rows {
			out[i] = alarm.Presence{User: dialer.UserID(r.UserID), At: r.At, Break: r.OnBreak}
		}
		return err
	})
	return out, err
}
