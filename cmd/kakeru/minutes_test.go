package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/report"
	"kakeru/dialer/report/render"
)

// The minutes on paper say what was said, who signed and who has yet to, and once both have, the digest of what they signed.
func TestMinutesOnPaper(t *testing.T) {
	content, err := json.Marshal(report.Minutes{
		Month: "2026-11", On: "2026-12-03", Place: "区役所 会議室", Present: "区 収納課 係長\n受託者 業務責任者", Agenda: "1. 架電件数 実績5,432件",
		Decided: strings.Repeat("土曜の席を増やす。", 400), ToDo: []report.Task{{What: "席割りを直す", Who: "受託者", By: "12月10日"}, {What: "説明する"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	k := report.KeptMinutes{
		Revision: 2, SHA256: hex.EncodeToString(sum[:]), Content: content,
		Signed: []report.Signature{{Side: report.SideWard, By: "w", At: time.Date(2026, 12, 4, 1, 5, 0, 0, time.UTC)}},
	}
	m := minutes{reports: reports{head: configs.Report{Ward: "江東区", Contractor: "株式会社○○"}}}
	named := func(id dialer.UserID) string {
		return map[dialer.UserID]string{"w": "区の係長", "s": "業務責任者"}[id]
	}
	text := paperOf(t, m, k, named)
	for _, want := range []string{
		"定例報告会議事録(2026年11月分)", "2026年12月3日", "場所", "区収納課係長", "実績5,432件", "・席割りを直す/担当受託者/期限12月10日", "・説明する", "次回なし", "区(甲)江東区",
		"区の係長", "2026-12-0410:05署名", "受託者(乙)株式会社○○", "第2版署名待ち",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the paper", want)
		}
	}
	if strings.Contains(text, k.SHA256) || strings.Count(text, "席を増やす") < 390 {
		t.Error("it is called final before both have signed, or its end is missing")
	}
	k.Signed = append(k.Signed, report.Signature{Side: report.SideContractor, By: "s", At: time.Date(2026, 12, 4, 2, 0, 0, 0, time.UTC)})
	if text := paperOf(t, m, k, named); !strings.Contains(text, k.SHA256) || strings.Contains(text, "署名待ち") || !strings.Contains(text, "業務責任者") {
		t.Error("both have signed, and the paper does not say so")
	}
	k.Content = content[1:]
	if _, err := m.letter(k, named); err == nil {
		t.Error("minutes that were tampered with are printed")
	}
}

// paperOf is what a reader finds on the printed minutes, without blanks.
func paperOf(t *testing.T, m minutes, k report.KeptMinutes, named func(dialer.UserID) string) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: apt-get install poppler-utils")
	}
	letter, err := m.letter(k, named)
	if err != nil {
		t.Fatal(err)
	}
	font, err := render.FindFont()
	if err != nil {
		t.Skip(err)
	}
	var paper bytes.Buffer
	if err := render.WriteLetter(&paper, letter, font); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("KAKERU_RENDER_KEEP"); dir != "" {
		if err := os.WriteFile(dir+"/minutes.pdf", paper.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, "-", "-")
	cmd.Stdin = &paper
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}
