package japan

import (
	"sync"
	"testing"
	"time"
)

// The lists that the Cabinet Office published for these years.
func TestHolidaysAsPublished(t *testing.T) {
	for year, want := range map[int][]string{
		2025: {"1/1 元日", "1/13 成人の日", "2/11 建国記念の日", "2/23 天皇誕生日", "2/24 振替休日", "3/20 春分の日", "4/29 昭和の日", "5/3 憲法記念日",
			"5/4 みどりの日", "5/5 こどもの日", "5/6 振替休日", "7/21 海の日", "8/11 山の日", "9/15 敬老の日", "9/23 秋分の日", "10/13 スポーツの日", "11/3 文化の日",
			"11/23 勤労感謝の日", "11/24 振替休日"},
		2026: {"1/1 元日", "1/12 成人の日", "2/11 建国記念の日", "2/23 天皇誕生日", "3/20 春分の日", "4/29 昭和の日", "5/3 憲法記念日", "5/4 みどりの日",
			"5/5 こどもの日", "5/6 振替休日", "7/20 海の日", "8/11 山の日", "9/21 敬老の日", "9/22 国民の休日", "9/23 秋分の日", "10/12 スポーツの日", "11/3 文化の日",
			"11/23 勤労感謝の日"},
		2027: {"1/1 元日", "1/11 成人の日", "2/11 建国記念の日", "2/23 天皇誕生日", "3/21 春分の日", "3/22 振替休日", "4/29 昭和の日", "5/3 憲法記念日",
			"5/4 みどりの日", "5/5 こどもの日", "7/19 海の日", "8/11 山の日", "9/20 敬老の日", "9/23 秋分の日", "10/11 スポーツの日", "11/3 文化の日", "11/23 勤労感謝の日"},
	} {
		got := Holidays(year)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || date(year, got[i].Month, got[i].Day).Format("1/2 ")+got[i].Name != want[i] {
				t.Errorf("%d: got %v, want %v", year, got, want)
				break
			}
		}
	}
}

func TestClosed(t *testing.T) {
	for day, want := range map[string]string{
		"2026-11-23": "勤労感謝の日", "2026-11-24": "", "2026-12-28": "", "2026-12-29": "年末年始", "2026-12-31": "年末年始",
		"2027-01-01": "元日", "2027-01-03": "年末年始", "2027-01-04": "", "2032-09-21": "国民の休日", "2026-11-22": "", "2021-11-23": "",
	} {
		d, _ := time.Parse(time.DateOnly, day)
		if got := Closed(d.Date()); got != want {
			t.Errorf("%s: got %q, want %q", day, got, want)
		}
	}
}

func TestHolidaysAreAskedForByManyAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if name, _ := IsHoliday(2030+i%4, time.November, 3); name != "文化の日" {
				t.Errorf("got %q", name)
			}
		})
	}
	wg.Wait()
}

// By the law no holiday on a Sunday goes without its substitute, and there are 16 holidays a year beside the moved ones.
func TestEveryYearKeepsTheLaw(t *testing.T) {
	for year := FirstYear; year <= 2099; year++ {
		named := 0
		for _, h := range Holidays(year) {
			d := date(year, h.Month, h.Day)
			if h.Name != "振替休日" && h.Name != "国民の休日" {
				named++
			} else if d.Weekday() == time.Sunday {
				t.Errorf("%s: %s on a Sunday", d, h.Name)
			}
			if _, ok := IsHoliday(d.AddDate(0, 0, 1).Date()); d.Weekday() == time.Sunday && !ok {
				t.Errorf("%s: no substitute", d.Format(time.DateOnly))
			}
		}
		if named != 16 {
			t.Errorf("%d: %d holidays of the law", year, named)
		}
	}
}
