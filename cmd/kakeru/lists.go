package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/term"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
	"kakeru/dialer/postgres"
)

// lists takes the ward's list in, for the panel and the command alike: bytes are decoded, read row by row, staged and
// compared; applied, the cases go into the line.
type lists struct {
	store interface {
		casework.ListStore
		casework.SourceStore
	}
	line dialer.Queue
	refs dialer.Refs
	// labOnly is true when every trunk is a lab: only then may a made-up list be taken in.
	labOnly bool
	// missed is told when the queue did not take what was applied; nil where nobody can rebuild the line.
	missed func(error)
}

// Stage reads a file to its end and says what it would do; nothing else sees its rows yet.
func (l lists) Stage(ctx context.Context, list casework.StagedList, file io.Reader, progress func(rows int)) (casework.Preview, error) {
	text, _, err := japan.Decode(file)
	if err != nil {
		return casework.Preview{}, err
	}
	m, err := l.mapping(ctx, list.Source)
	if err != nil {
		return casework.Preview{}, err
	}
	m.Found = func(source string) { list.Source = source } // with the first row
	sample, rows, stop := casework.PeekSample(casework.ReadList(text, m, japan.Notation{}, l.refs))
	defer stop()
	if sample && !l.labOnly {
		return casework.Preview{}, errSampleOnTrunk
	}
	list.Sample = sample
	return l.store.Stage(ctx, list, rows, progress)
}

// mapping is how lists are read here: those of one source only, when one is named.
func (l lists) mapping(ctx context.Context, source string) (casework.Mapping, error) {
	m := casework.DefaultMapping()
	var err error
	m.Source = source
	if m.Sources, err = l.store.ListSources(ctx); err != nil {
		return m, err
	}
	if source != "" && !slices.ContainsFunc(m.Sources, func(s casework.ListSource) bool { return s.Name == source }) {
		return m, errNoSource
	}
	return m, nil
}

var errNoSource = &casework.ListError{
	Code: "no_source", JA: "その名前の取込元は登録されていません。名簿の画面で列の対応を保存してください", EN: "there is no source of that name; save what its columns mean on the panel's screen for lists",
}

var errSampleOnTrunk = &casework.ListError{
	Code: "sample", JA: "見本の一覧です。模擬回線以外の環境には取り込めません", EN: "this is a made-up list; it is only taken in where every trunk is a lab",
}

// Preview returns what Stage found.
func (l lists) Preview(ctx context.Context, list string) (casework.Preview, error) {
	return l.store.Preview(ctx, list)
}

// FoundCases lists what Stage found to be different, or to go together.
func (l lists) FoundCases(ctx context.Context, list string, kind casework.FindingKind, from, limit int) ([]casework.FoundCase, error) {
	return l.store.FoundCases(ctx, list, kind, from, limit)
}

// Apply makes a staged list's cases real and puts them into the line. Where the queue does not take them the engine is
// told, and rebuilds the line from the ledger; a command that has no engine says so.
func (l lists) Apply(ctx context.Context, list string, by dialer.UserID, progress func(cases int)) (casework.Applied, error) {
	done, err := l.store.Apply(ctx, list, by, progress)
	if err != nil || l.line == nil {
		return done, err
	}
	return done, lineMissed("the list", l.line.Put(ctx, done.Waiting...), l.missed)
}

// lineMissed is what becomes of a list that was taken in when the queue did not take its cases: the engine is told, or whoever gave
// the command.
func lineMissed(what string, err error, tell func(error)) error {
	switch {
	case err == nil:
		return nil
	case tell != nil:
		tell(err)
		return nil
	}
	return fmt.Errorf("%s was taken in, but the queue did not take its cases (%w); the server finds them at its next start", what, err)
}

// Discard forgets a staged list.
func (l lists) Discard(ctx context.Context, list string) error { return l.store.Discard(ctx, list) }

func labOnly(trunks []configs.Trunk) bool {
	for _, t := range trunks {
		if !t.Lab {
			return false
		}
	}
	return true
}

// importFlags are the flags of `kakeru import`.
type importFlags struct {
	paid               string
	path               string
	source             string
	preview, skipWrong bool
}

// runImport takes a list in from the command line, and says what it did. A list with wrong rows is only taken in when
// told to leave those out, so that nothing is half imported unseen.
func runImport(ctx context.Context, args []string, std streams) error {
	var o importFlags
	load, rest, err := configured("import", args, std, func(f *flag.FlagSet) {
		f.StringVar(&o.path, "list", "", "the ward's list, a CSV `file` in CP932 or UTF-8")
		f.StringVar(&o.paid, "paid", "", "a paid list (消込リスト) instead, a CSV `file` in CP932 or UTF-8")
		f.StringVar(&o.source, "source", "", "read it as lists of this saved source, and in no other way; recognised by its columns when left out")
		f.BoolVar(&o.preview, "preview", false, "only show what it would do")
		f.BoolVar(&o.skipWrong, "skip-wrong", false, "take it in without its wrong rows")
	})
	if err != nil {
		return err
	}
	if (o.path == "") == (o.paid == "") || len(rest) > 0 || o.paid != "" && o.source != "" {
		return errUsage{"give either --list, with or without --source, or --paid, and no other arguments"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	file, err := os.Open(cmp.Or(o.path, o.paid)) //nolint:gosec // the operator's own file
	if err != nil {
		return fmt.Errorf("the list cannot be read: %w", err)
	}
	defer func() { _ = file.Close() }()
	key, err := secret(s)
	if err != nil {
		return err
	}
	line, err := openQueue(s.Redis, nil)
	if err != nil {
		return err
	}
	defer func() { _ = line.Close() }()
	return withRightClock(ctx, s, func(l *postgres.Ledger, _ *live) error {
		if err := noteCommand(ctx, l, "import", audit.Event{Action: audit.ListTaken}); err != nil {
			return err
		}
		if o.paid != "" {
			in := payments{PaidStore: l, line: line, refs: dialer.NewRefs(key), labOnly: labOnly(s.SIP.Trunks)}
			return in.fromCommand(ctx, file, o, std)
		}
		in := lists{store: l, line: line, refs: dialer.NewRefs(key), labOnly: labOnly(s.SIP.Trunks)}
		return in.fromCommand(ctx, file, o, std)
	})
}

func (l lists) fromCommand(ctx context.Context, file *os.File, o importFlags, std streams) error {
	now := time.Now()
	show, over := counting(std)
	p, err := l.Stage(ctx, casework.StagedList{ID: dialer.NewID(now), FileName: filepath.Base(file.Name()), At: now, Source: o.source}, file, show)
	over()
	if err != nil {
		return err
	}
	printPreview(std.out, p)
	if o.leaves(p.Wrong) {
		return o.left(p.Wrong, l.Discard(ctx, p.List))
	}
	done, err := l.Apply(ctx, p.List, "", func(int) {})
	if err == nil {
		fmt.Fprintf(std.out, "taken in: %d new, %d changed, %d as they were\n", done.New, done.Changed, done.Same)
	}
	return err
}

// leaves reports whether a list that was looked at is not to be taken in; left says why, once it was discarded.
func (o importFlags) leaves(wrong int) bool { return o.preview || wrong > 0 && !o.skipWrong }

func (o importFlags) left(wrong int, discarded error) error {
	if o.preview || discarded != nil {
		return discarded
	}
	return fmt.Errorf("%d rows are wrong, so nothing was taken in; mend them, or give --skip-wrong to leave them out", wrong)
}

// counting shows a person at a terminal how far a list has come; a log gets nothing of it.
func counting(std streams) (show func(rows int), over func()) {
	file, ok := std.err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) { //nolint:gosec // a file's number is small
		return func(int) {}, func() {}
	}
	return func(rows int) { fmt.Fprintf(std.err, "\r%d rows", rows) }, func() { fmt.Fprintln(std.err) }
}

func printPreview(w io.Writer, p casework.Preview) {
	if p.Source != "" {
		fmt.Fprintf(w, "read as a list of %s\n", p.Source)
	}
	fmt.Fprintf(w, "rows %d, cases %d: %d new, %d changed, %d as they were; %d earlier cases are not in this list\n",
		p.Rows, p.Cases, p.New, p.Changed, p.Same, p.Missing)
	for _, f := range p.Findings {
		fmt.Fprintf(w, "  %s: %d cases\n", findingWords[f.Kind], f.Cases)
	}
	printRows(w, p.Wrong, p.Repaired, p.Problems, p.Repairs)
}

var findingWords = map[casework.FindingKind]string{
	casework.BalanceChanged: "another balance", casework.PhonesChanged: "other numbers", casework.NameChanged: "another name",
	casework.AddressChanged: "another address", casework.RestChanged: "another language or note", casework.ChangeUnknown: "changed since a list of long ago",
	casework.CameBack: "back on the list", casework.GonePaid: "gone, and paid", casework.GonePromised: "gone, with an open promise",
	casework.GoneOwing: "gone, and nobody knows why", casework.GoneBefore: "gone since an earlier list",
	casework.SameNumber: "share a number", casework.SameHousehold: "perhaps one household", casework.SamePerson: "have a row twice",
}

// printRows names the rows that are not taken, and those that were mended.
func printRows(w io.Writer, wrong, repaired int, problems, repairs []casework.Problem) {
	fmt.Fprintf(w, "rows that are not taken: %d; rows repaired: %d\n", wrong, repaired)
	for _, x := range problems {
		fmt.Fprintf(w, "  line %d, %s: %s\n", x.Line, x.Column, x.EN)
	}
	for _, x := range repairs {
		fmt.Fprintf(w, "  line %d, %s (repaired): %s\n", x.Line, x.Column, x.EN)
	}
}
