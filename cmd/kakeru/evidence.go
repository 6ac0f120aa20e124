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
	"slices"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/audit/incident"
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
audit.csv      閲覧・操作記録のうち、影響のあった期間と対象者に当たるもの(1行目は列名)
audit-check.txt 閲覧・操作記録全体の検査結果と、最後の記録の控え(アンカー)
people.csv     利用者の番号・氏名・権限
SHA256SUMS     上の各ファイルのSHA-256

案件は参照番号(case_ref)で示し、氏名・電話番号・金額は含みません。参照番号は、閲覧・操作記録の画面で宛名番号から引けます。
`

// Evidence implements webui.Evidence.
func (e evidence) Evidence(ctx context.Context, id int64, at time.Time) ([]byte, error) {
	file, err := e.store.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	now := file.Now()
	reach, err := e.store.Reach(ctx, now)
	if err != nil {
		return nil, err
	}
	entries, err := e.entries(ctx, now)
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
	return packed(at, []packedFile{
		{"README.txt", []byte(evidenceNote)}, {"incident.json", told}, {"audit.csv", entries}, {"audit-check.txt", []byte(checkInWords(check))}, {"people.csv", people},
	})
}

// entries are those of the incident's time and people, oldest first.
func (e evidence) entries(ctx context.Context, i incident.Incident) ([]byte, error) {
	var b bytes.Buffer
	out := newAuditCSV(&b)
	q := audit.Query{From: i.From, Until: i.Until.Add(time.Microsecond), Most: listPage}
	var all []audit.Entry
	for {
		found, err := e.book.Entries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, entry := range found {
			if len(i.Who) == 0 || slices.Contains(i.Who, entry.By) {
				all = append(all, entry)
			}
		}
		if len(found) < listPage {
			break
		}
		q.Below = found[len(found)-1].N
	}
	for _, entry := range slices.Backward(all) {
		out.write(entry)
	}
	err := out.flush()
	return b.Bytes(), err
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
		_ = out.Write([]string{string(u.ID), u.Name, string(u.Role)})
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

type packedFile struct {
	name    string
	content []byte
}

// packed is a ZIP of files, with their digests.
func packed(at time.Time, files []packedFile) ([]byte, error) {
	var sums strings.Builder
	for _, f := range files {
		sum := sha256.Sum256(f.content)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), f.name)
	}
	files = append(files, packedFile{"SHA256SUMS", []byte(sums.String())})
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range files {
		w, err := out.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := out.Close()
	return b.Bytes(), err
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
		row[i] = tame(cell)
	}
	_ = a.out.Write(row)
}

// tame keeps a spreadsheet from taking a cell for a formula: queries and details hold what browsers sent.
func tame(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func (a auditCSV) flush() error {
	a.out.Flush()
	return a.out.Error()
}
