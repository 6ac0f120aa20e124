package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/audit/incident"
	"kakeru/dialer/report/render"
)

// evidence gathers what is kept of an incident. It implements webui.Evidence.
type evidence struct {
	store incident.Store
	book  audit.Book
	watch *auditWatch
	users dialer.Users
}

const evidenceNote = `個人情報の事故の証拠ファイル

incident.json  事故の届出の全改訂、対応の記録、期限、影響範囲の件数
audit.csv      閲覧・操作記録のうち、影響のあった期間と対象者に当たるもの(1行目は列名、古い順)。
               対象者を絞った場合も、利用者の欄が空の記録(拒否されたサインイン、コマンドによる操作)は、
               誰によるものか分からないため、すべて含みます。影響範囲の件数には数えていません。
               一覧の閲覧(listed)の記録は、開いたままの一覧の読み直しを10分間代表するため、期間の始めの10分前から含みます。
               影響範囲の件数には、その10分間のうち一覧の閲覧だけを数えています。
audit-check.txt 閲覧・操作記録全体の検査結果と、最後の記録の控え(アンカー)
people.csv     利用者の番号・氏名・権限
SHA256SUMS     上の各ファイルのSHA-256

案件は参照番号(case_ref)で示し、氏名・電話番号・金額は含みません。参照番号は、閲覧・操作記録の画面で宛名番号から引けます。
`

// Evidence implements webui.Evidence. All that can fail of itself is gathered before the first octet is written; the entries, of which there
// may be as many as the record has, pass through.
func (e evidence) Evidence(ctx context.Context, id int64, at time.Time) (func(context.Context, io.Writer) error, error) {
	file, err := e.store.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	now := file.Now()
	reach, err := e.store.Reach(ctx, now)
	if err != nil {
		return nil, err
	}
	check, err := e.watch.Check(ctx)
	if err != nil {
		return nil, err
	}
	people, err := e.people(ctx)
	if err != nil {
		return nil, err
	}
	told, err := json.MarshalIndent(struct {
		MadeAt    time.Time           `json:"made_at"`
		Revisions []incident.Incident `json:"revisions"`
		Steps     []incident.Step     `json:"steps"`
		Reach     incident.Reach      `json:"reach"`
	}{at, file.Revisions, file.Steps, reach}, "", "  ")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, to io.Writer) error {
		p := newPacking(to, at)
		p.whole("README.txt", []byte(evidenceNote))
		p.whole("incident.json", told)
		p.file("audit.csv", func(to io.Writer) error { return e.entries(ctx, now, to) })
		p.whole("audit-check.txt", []byte(checkInWords(check)))
		p.whole("people.csv", people)
		return p.end()
	}, nil
}

// entries writes those of the incident's time and people, oldest first, and those before it among which a list may have been open still.
func (e evidence) entries(ctx context.Context, i incident.Incident, to io.Writer) error {
	out := newAuditCSV(to)
	for entry, err := range e.book.Within(ctx, i.From.Add(-audit.ListStands), i.Until, i.Who) {
		if err != nil {
			return err
		}
		out.write(entry)
	}
	return out.flush()
}

func (e evidence) people(ctx context.Context) ([]byte, error) {
	users, err := e.users.Users(ctx)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write([]string{"id", "name", "role"}) // Flush says what failed
	for _, u := range users {
		_ = out.Write([]string{string(u.ID), render.Tame(u.Name), string(u.Role)})
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// checkInWords is what a check of the record came to, line by line.
func checkInWords(c audit.Check) string {
	var b strings.Builder
	for _, f := range c.Findings {
		fmt.Fprintln(&b, f)
	}
	fmt.Fprintf(&b, "%d entries, %d anchors, %d findings, checked at %s\n", c.Entries, c.Anchors, len(c.Findings), c.At.Format(time.RFC3339))
	if c.Entries > 0 {
		fmt.Fprintln(&b, c.Newest)
	}
	return b.String()
}

// packing writes a ZIP, file by file, and keeps their digests. After a mistake it does nothing more; end says what it was.
type packing struct {
	out  *zip.Writer
	at   time.Time
	sums strings.Builder
	err  error
}

func newPacking(to io.Writer, at time.Time) *packing { return &packing{out: zip.NewWriter(to), at: at} }

func (p *packing) file(name string, write func(io.Writer) error) {
	if p.err != nil {
		return
	}
	var to io.Writer
	if to, p.err = p.out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.at}); p.err != nil {
		return
	}
	sum := sha256.New()
	p.err = write(io.MultiWriter(to, sum))
	fmt.Fprintf(&p.sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), name)
}

func (p *packing) whole(name string, content []byte) {
	p.file(name, func(to io.Writer) error {
		_, err := to.Write(content)
		return err
	})
}

// end adds the digests. Without it the file is none: what was cut off cannot be taken for the whole.
func (p *packing) end() error {
	p.whole("SHA256SUMS", []byte(p.sums.String()))
	if p.err != nil {
		return p.err
	}
	return p.out.Close()
}

// auditCSV writes entries of the record as CSV.
type auditCSV struct{ out *csv.Writer }

func newAuditCSV(to io.Writer) auditCSV {
	a := auditCSV{csv.NewWriter(to)}
	_ = a.out.Write([]string{"n", "at", "user", "role", "action", "route", "object", "outcome", "detail", "address", "case_refs"}) // flush says what failed
	return a
}

func (a auditCSV) write(e audit.Entry) {
	row := []string{
		strconv.FormatInt(e.N, 10), e.At.In(dialer.Tokyo).Format(time.RFC3339), string(e.By), string(e.Role), string(e.Action), e.Route, e.Object,
		e.Outcome, e.Detail, e.Address, strings.Join(e.Refs, " "),
	}
	for i, cell := range row {
		row[i] = render.Tame(cell) // queries and details hold what browsers sent
	}
	_ = a.out.Write(row)
}

func (a auditCSV) flush() error {
	a.out.Flush()
	return a.out.Error()
}
