package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/dialer/settings"
)

// settingsFlags are the flags of `kakeru settings`.
type settingsFlags struct {
	key, reason string
}

// historyShown is how many changes `kakeru settings history` prints.
const historyShown = 100

// runSettings shows what was changed in the panel over the settings file, and gives a setting back to the file: for when the two have
// come to contradict each other and no server starts.
func runSettings(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 {
		return errUsage{"say list, history or reset"}
	}
	var o settingsFlags
	load, rest, err := configured("settings "+args[0], args[1:], std, func(f *flag.FlagSet) {
		switch args[0] {
		case "history":
			f.StringVar(&o.key, "key", "", "only of this `setting`, as list prints it")
		case "reset":
			f.StringVar(&o.reason, "reason", "", "why, for the record; no personal data")
		}
	})
	if err != nil {
		return err
	}
	do, known := map[string]func(context.Context, *postgres.Ledger, *settings.Keeper, settingsFlags, streams) error{
		"list": listSettings, "history": settingsHistory, "reset": resetSetting,
	}[args[0]]
	switch {
	case !known:
		return errUsage{"say list, history or reset"}
	case args[0] == "reset" && (len(rest) != 1 || o.reason == ""):
		return errUsage{"settings reset --reason TEXT KEY: `kakeru settings list` has the keys"}
	case args[0] == "reset":
		o.key = rest[0]
	case len(rest) > 0:
		return errUsage{"arguments not understood"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	return withKeeper(ctx, s, func(l *postgres.Ledger, k *settings.Keeper) error { return do(ctx, l, k, o, std) })
}

// withKeeper opens the record of changes, whether or not what it says goes together with the settings file.
func withKeeper(ctx context.Context, s configs.Settings, do func(*postgres.Ledger, *settings.Keeper) error) error {
	return withFile(ctx, s, func(l *postgres.Ledger, holds *live) error {
		d := newKeeper(l, holds, time.Now)
		d.Judge, d.Take = func(settings.Values) error { return nil }, func(settings.Values) {}
		k := settings.NewKeeper(d)
		if err := k.Load(ctx); err != nil {
			return err
		}
		return do(l, k)
	})
}

func listSettings(ctx context.Context, _ *postgres.Ledger, k *settings.Keeper, _ settingsFlags, std streams) error {
	items, err := k.Items(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "KEY\tHOLDS\tSETTINGS FILE\tCHANGE")
	for _, i := range items {
		if i.FromFile {
			_, _ = fmt.Fprintf(w, "%s\t%s\t(holds)\t-\n", i.Key, i.Said.EN)
			continue
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t#%d %s\n", i.Key, i.Said.EN, i.FileSaid.EN, i.Newest.ID, i.Newest.At.In(dialer.Tokyo).Format("2006-01-02 15:04"))
	}
	return w.Flush()
}

func settingsHistory(ctx context.Context, _ *postgres.Ledger, k *settings.Keeper, o settingsFlags, std streams) error {
	lines, err := k.Lines(ctx, settings.Query{Key: o.key, Most: historyShown})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CHANGE\tAT\tBY\tKEY\tBEFORE\tAFTER\tWHY")
	for _, l := range lines {
		why := l.Reason
		if l.Reverts != 0 {
			why = fmt.Sprintf("undoes #%d: %s", l.Reverts, why)
		}
		at, by := l.At.In(dialer.Tokyo).Format("2006-01-02 15:04"), firstOf(string(l.By), "command line")
		_, _ = fmt.Fprintf(w, "#%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, at, by, l.Key, l.BeforeSaid.EN, l.AfterSaid.EN, why)
	}
	return w.Flush()
}

func resetSetting(ctx context.Context, l *postgres.Ledger, k *settings.Keeper, o settingsFlags, std streams) error {
	item, known := k.Item(o.key)
	if !known {
		return errUsage{"there is no setting " + o.key + "; `kakeru settings list` has them"}
	}
	if item.FromFile {
		return fmt.Errorf("%s is the settings file's already", o.key)
	}
	changes, err := k.Change(ctx, settings.Request{Wants: []settings.Want{{Key: o.key, Follows: item.Newest.ID}}, Reason: o.reason})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(std.out, "%s is the settings file's again: %s (change #%d)\n", o.key, item.FileSaid.EN, changes[0].ID)
	return noteCommand(ctx, l, "settings reset", audit.Event{Action: audit.Changed, Object: o.key, Detail: "as the settings file says"})
}

// checkSettings says what was changed in the panel, and whether it goes together with the file.
func checkSettings(ctx context.Context, s configs.Settings) []finding {
	var changed []settings.Item
	err := withKeeper(ctx, s, func(_ *postgres.Ledger, k *settings.Keeper) error {
		items, err := k.Items(ctx)
		for _, i := range items {
			if !i.FromFile {
				changed = append(changed, i)
			}
		}
		return err
	})
	if err != nil {
		return nil // the stores' own line says so
	}
	if err := withLedger(ctx, s, func(*postgres.Ledger) error { return nil }); err != nil {
		return []finding{{major, "settings", oneLine(err), "`kakeru settings list` shows both; `kakeru settings reset --reason … KEY` gives one back to the file"}}
	}
	if len(changed) == 0 {
		return []finding{{fine, "settings", "nothing was changed in the panel: the settings file holds", ""}}
	}
	return []finding{{fine, "settings", fmt.Sprintf("%d were changed in the panel and hold over the settings file (`kakeru settings list`)", len(changed)), ""}}
}
