package postgres

import (
	"hash/maphash"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// listedKey names the key of the digests of what lists say among those that the installation's secret makes.
const listedKey = "what lists say"

// stagedColumns are the columns of staged_rows in the order in which intake gives their values.
var stagedColumns = []string{
	"list_id", "line", "case_ref", "custody", "who", "born", "listed", "sealed", "tokens", "language", "note", "note_token",
	"phone_numbers", "phone_ends", "phone_kinds", "phone_refs", "insurance", "term", "due_on", "yen", "parts", "household",
}

// valuesOf are those of stagedColumns.
func valuesOf(r db.StagedRow) []any {
	return []any{
		r.ListID, r.Line, r.CaseRef, r.Custody, r.Who, r.Born, r.Listed, r.Sealed, r.Tokens, r.Language, r.Note, r.NoteToken,
		r.PhoneNumbers, r.PhoneEnds, r.PhoneKinds, r.PhoneRefs, r.Insurance, r.Term, r.DueOn, r.Yen, r.Parts, r.Household,
	}
}

const (
	problemsKept  = 200 // of each sort, in a preview
	progressEvery = 1000
)

// intake hands the rows of a list to COPY one by one, and keeps what the preview says of them. Of rows it holds no more than
// the references of those that were wrong, and the digests of the others.
type intake struct {
	list     casework.StagedList
	refs     dialer.Refs
	custody  custody
	digests  listDigests
	handed   handedRows
	next     func() (casework.Row, error, bool)
	stop     func()
	progress func(rows int)

	row   []any // the row that COPY is to take now
	last  about // whom the row before it was about
	err   error // what ended the reading
	rows  int32 // read
	taken int32 // handed on
	wrong int32 // not taken

	repaired          int32
	problems, repairs []casework.Problem
	spoiled           map[string]bool // the case_refs of rows that were not taken
}

func newIntake(list casework.StagedList, refs dialer.Refs, c custody, rows iter.Seq2[casework.Row, error], progress func(int)) *intake {
	in := &intake{
		list: list, refs: refs, custody: c, digests: refs.Key(listedKey), progress: progress,
		handed:   handedRows{key: refs.Key(stagedRowKey), seed: maphash.MakeSeed()},
		problems: []casework.Problem{}, repairs: []casework.Problem{}, spoiled: map[string]bool{},
	}
	in.next, in.stop = iter.Pull2(rows)
	return in
}

// Next goes on to the next row that is taken (pgx.CopyFromSource).
func (in *intake) Next() bool {
	for {
		r, err, more := in.next()
		if !more || err != nil {
			in.err = err
			in.stop()
			in.progress(int(in.rows))
			return false
		}
		in.rows++
		if in.rows%progressEvery == 0 {
			in.progress(int(in.rows))
		}
		if in.take(r) {
			return true
		}
		if in.err != nil {
			return false
		}
	}
}

// Values returns the row (pgx.CopyFromSource).
func (in *intake) Values() ([]any, error) { return in.row, nil }

// Err returns what ended the reading (pgx.CopyFromSource).
func (in *intake) Err() error { return in.err }

// errOr prefers the reader's error to the one that COPY makes of it.
func (in *intake) errOr(err error) error {
	if in.err != nil {
		return in.err
	}
	return err
}

func (in *intake) take(r casework.Row) bool {
	dueOn, problems := in.check(r)
	fatal := false
	for _, p := range problems {
		fatal = fatal || p.Fatal
		in.problems = keep(in.problems, p)
	}
	for _, p := range r.Repairs {
		in.repairs = keep(in.repairs, p)
	}
	if len(r.Repairs) > 0 {
		in.repaired++
	}
	if fatal {
		in.wrong++
		if r.WardNumber != "" {
			in.spoiled[in.refOf(r)] = true
		}
		return false
	}
	in.taken++
	if in.row, in.err = in.values(r, dueOn); in.err != nil {
		in.stop()
		return false
	}
	return true
}

func keep(ps []casework.Problem, p casework.Problem) []casework.Problem {
	if len(ps) < problemsKept {
		return append(ps, p)
	}
	return ps
}

// check adds to the reader's problems what only the ledger minds.
func (in *intake) check(r casework.Row) (dueOn pgtype.Date, problems []casework.Problem) {
	problems = r.Problems
	if slices.ContainsFunc(problems, func(p casework.Problem) bool { return p.Fatal }) {
		return pgtype.Date{}, problems // it is not taken: what else might be wrong with what could not be read says nothing
	}
	add := func(code, ja, en string) {
		problems = append(slices.Clip(problems), casework.Problem{
			Line: r.Line, Code: code, JA: ja, EN: en, Fatal: true,
		})
	}
	if r.Sample != in.list.Sample {
		add("sample_mixed", "見本の行と実際の行が混ざっています。この行は取り込みません",
			"made-up rows and real ones are mixed; this row is not taken")
	}
	if r.WardNumber == "" {
		add("missing", "宛名番号がありません", "the ward's number for the person is missing")
	}
	if r.Balance.Insurance != casework.Kokuho && r.Balance.Insurance != casework.Kouki {
		add("bad_insurance", "保険の種類が分かりません", "the kind of insurance is unknown")
	}
	if r.Balance.DueOn != "" {
		d, err := time.Parse(time.DateOnly, r.Balance.DueOn)
		if err != nil {
			add("bad_date", "納期限の日付が正しくありません", "the term's due date is no date")
		}
		dueOn = pgtype.Date{Time: d, Valid: err == nil}
	}
	return dueOn, problems
}

func (in *intake) refOf(r casework.Row) string {
	if r.CaseRef != "" {
		return r.CaseRef
	}
	return in.refs.Case(r.WardNumber)
}

// The reasons why rows that could be read are left out all the same.
var (
	repeated = casework.Problem{
		Code: "repeated", Fatal: true,
		JA: "同じ宛名番号・保険・期別の行が前にあります。この行は取り込みません",
		EN: "an earlier row has the same person, insurance and term; this row is not taken",
	}
	caseIncomplete = casework.Problem{
		Code: "case_incomplete", Fatal: true,
		JA: "同じ宛名番号の別の行に誤りがあるため、この行も取り込みません(案件の一部だけは取り込みません)",
		EN: "another row about the same person is wrong, so this one is not taken either: no case is half taken",
	}
	personDiffers = casework.Problem{
		Code: "person_differs", Fatal: true,
		JA: "同じ宛名番号の行で氏名または生年月日が違います。別人のおそれがあるため取り込みません",
		EN: "rows with the same number of the ward's name different people; none of them is taken",
	}
)

// leftOut counts rows that were taken out again, and names their lines.
func (in *intake) leftOut(n int32, lines []int32, why casework.Problem) {
	in.wrong += n
	for _, line := range lines {
		why.Line = int(line)
		in.problems = keep(in.problems, why)
	}
}
