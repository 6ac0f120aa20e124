package casework_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/japan"
)

// bombTakes is how long a bomb may keep a reader busy, on a machine under load, with the race detector.
const bombTakes = 60 * time.Second

// bombHolds is how much more memory may be held while one is read, in bytes.
const bombHolds = 128 << 20

// TestListBombs: files that are made to take the machine's time and memory, and are no list: long lines, quotes that are never
// closed, nothing but commas. Each is read to its end, or refused, within bounds.
func TestListBombs(t *testing.T) {
	full.Only(t)
	mega := strings.Repeat("a", 1<<20-8)
	for name, bomb := range map[string]*endless{
		"one line without an end":      {row: "a", left: 64 << 20},
		"long lines, each a quote":     {row: `"` + mega + "\n", left: 24},
		"short lines, each a quote":    {row: "\"a,\"\"b\n", left: 1 << 19},
		"lines of quotes alone":        {row: strings.Repeat(`"`, 61) + "\n", left: 1 << 18},
		"commas alone":                 {row: strings.Repeat(",", 1<<16) + "\n", left: 64},
		"a quote and half, many times": {row: "\"a\"\"\n\"", left: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			var before, during runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began, rows := time.Now(), 0
			for _, err := range casework.ReadList(io.MultiReader(strings.NewReader(head+good), bomb), casework.DefaultMapping(), japan.Notation{}, refs) {
				if err != nil {
					break
				}
				if rows++; rows%100_000 == 0 {
					runtime.ReadMemStats(&during)
					if held := int64(during.HeapInuse) - int64(before.HeapInuse); held > bombHolds {
						runtime.GC()
						if runtime.ReadMemStats(&during); int64(during.HeapInuse)-int64(before.HeapInuse) > bombHolds {
							t.Fatalf("%d MiB are held after %d rows", held>>20, rows)
						}
					}
				}
				if time.Since(began) > bombTakes {
					t.Fatalf("after %s only %d rows are read", bombTakes, rows)
				}
			}
			if took := time.Since(began); rows < 1 || took > bombTakes {
				t.Errorf("%d rows in %s", rows, took)
			}
		})
	}
}

// workbook is an .xlsx whose only sheet unpacks to so many bytes.
func workbook(t testing.TB, unpacked int64) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	sheet, err := z.Create("xl/worksheets/sheet1.xml")
	if err == nil {
		_, err = io.Copy(sheet, io.LimitReader(zeros{}, unpacked))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestWorkbookBomb: a list is text. A workbook, small as it is, or hundreds of times that when it is unpacked, is never unpacked: it is no list,
// and said to be none.
func TestWorkbookBomb(t *testing.T) {
	bomb := workbook(t, 64<<20)
	if len(bomb) > 4<<20 {
		t.Fatalf("the bomb itself has %d bytes", len(bomb))
	}
	began := time.Now()
	text, _, err := japan.Decode(bytes.NewReader(bomb))
	rows := 0
	if err == nil {
		for _, err = range casework.ReadList(text, casework.DefaultMapping(), japan.Notation{}, refs) {
			if err != nil {
				break
			}
			rows++
		}
	}
	if err == nil || rows > 0 || time.Since(began) > bombTakes {
		t.Errorf("%d rows, %v, in %s", rows, err, time.Since(began))
	}
}

// FuzzReadPaid: whatever a paid list holds, its rows come in the order of their lines, each with its problems in words.
func FuzzReadPaid(f *testing.F) {
	const header = "宛名番号,保険区分,期別,収納日,収納額\n"
	for _, s := range []string{
		header + "0000000012,国保,令和8年度 第1期,2026/12/01,1000\n", header + "\"", header + "1,国保,x,R8.2.30,▲９９\n", "", "\xff\xfe", header + strings.Repeat(",", 50),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for row, err := range casework.ReadPaid(strings.NewReader(text), casework.PaidMapping(), japan.Notation{}, refs) {
			if err != nil {
				return
			}
			if row.Line <= last {
				t.Fatalf("line %d after %d", row.Line, last)
			}
			last = row.Line
			for _, p := range append(row.Problems, row.Repairs...) {
				if p.JA == "" || p.EN == "" || p.Code == "" {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}
