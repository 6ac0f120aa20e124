package webui

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

const (
	// languageDaysShown is how far ahead the language days are shown, in days.
	languageDaysShown = 31
	// unmetMonths is how far back unmet demand is shown.
	unmetMonths = 12
)

// LanguageWaiting is how many cases wait in a language, and when they can be called.
type LanguageWaiting struct {
	Language string  `json:"language" doc:"BCP 47"`
	Name     Reason  `json:"name"`
	Cases    int     `json:"cases"`
	Due      int     `json:"due" doc:"of them now"`
	Unspoken int     `json:"unspoken" doc:"of them for a day on which somebody speaks it"`
	Today    bool    `json:"today" doc:"some desk speaks it today"`
	Next     *string `json:"next" doc:"YYYY-MM-DD, the next day on which some desk does, from today on; null: none is set"`
	Anyone   bool    `json:"anyone" doc:"no desk speaks it on any day, so its cases come to every desk"`
}

// LanguageDay is who speaks what on a day.
type LanguageDay struct {
	Day   string         `json:"day" doc:"YYYY-MM-DD"`
	Desks []LanguageDesk `json:"desks"`
}

// LanguageDesk is what is spoken at a desk besides Japanese.
type LanguageDesk struct {
	Desk      dialer.DeskID `json:"desk"`
	Name      string        `json:"name"`
	Languages []string      `json:"languages"`
}

// LanguagePerson is what somebody who calls speaks besides Japanese.
type LanguagePerson struct {
	ID        dialer.UserID `json:"id"`
	Name      string        `json:"name"`
	Languages []string      `json:"languages"`
}

// UnmetLanguage is a month's demand for a language that was not met.
type UnmetLanguage struct {
	Month    string `json:"month" doc:"YYYY-MM"`
	Language string `json:"language" doc:"empty where a talk did not show which"`
	Name     Reason `json:"name"`
	Talks    int    `json:"talks" doc:"that ended because it was wanted"`
	Cases    int    `json:"cases" doc:"whose turn came on a day on which nobody spoke it"`
}

type languagesOutput struct {
	Body struct {
		Waiting []LanguageWaiting `json:"waiting"`
		Days    []LanguageDay     `json:"days" doc:"the days to come on which a desk speaks something"`
		People  []LanguagePerson  `json:"people" doc:"who calls; an administrator says what they speak"`
		Unmet   []UnmetLanguage   `json:"unmet" doc:"newest month first"`
	}
}

func (s *Server) languageRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/languages", OperationID: "languages", Summary: "Which languages are needed, who speaks them when, and what could not be met",
	}, s.languages)
}

func (s *Server) languages(ctx context.Context, _ *struct{}) (*languagesOutput, error) {
	now := s.d.Now()
	waiting, err := s.d.Languages.WaitingByLanguage(ctx, now)
	if err != nil {
		return nil, err
	}
	month, _ := monthSpan(now)
	unmet, err := s.d.Languages.UnmetLanguages(ctx, month.AddDate(0, 1-unmetMonths, 0))
	if err != nil {
		return nil, err
	}
	people, err := s.d.Users.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := &languagesOutput{}
	out.Body.Waiting, out.Body.Unmet, out.Body.People = []LanguageWaiting{}, []UnmetLanguage{}, []LanguagePerson{}
	seats := s.rules().Seats
	for _, w := range waiting {
		l := LanguageWaiting{
			Language: w.Language, Name: dressReason(dialer.LanguageName(w.Language)), Cases: w.N, Due: w.Due, Unspoken: w.Unspoken,
			Today: seats.Spoken(w.Language, dialer.DateOf(now)), Anyone: !seats.Ever(w.Language),
		}
		if at, ok := seats.Next(w.Language, now, s.d.Hours()); ok {
			l.Next = new(dialer.DateOf(at).String())
		}
		out.Body.Waiting = append(out.Body.Waiting, l)
	}
	for _, u := range unmet {
		out.Body.Unmet = append(out.Body.Unmet, UnmetLanguage{
			Month: u.Month, Language: u.Language, Name: unmetName(u.Language), Talks: u.Talks, Cases: u.Cases,
		})
	}
	for _, u := range people {
		if !u.Disabled && (u.Role == dialer.RoleOperator || u.Role == dialer.RoleSupervisor) {
			out.Body.People = append(out.Body.People, LanguagePerson{ID: u.ID, Name: u.Name, Languages: orEmpty(u.Languages)})
		}
	}
	out.Body.Days = s.languageDays(dialer.DateOf(now))
	return out, nil
}

func unmetName(language string) Reason {
	if language == "" {
		return Reason{JA: "言語不明", EN: "unknown language"}
	}
	return dressReason(dialer.LanguageName(language))
}

// languageDays are the open days to come on which some desk speaks something besides Japanese.
func (s *Server) languageDays(from dialer.Date) []LanguageDay {
	days := []LanguageDay{}
	for d, n := from, 0; n < languageDaysShown; d, n = d.Next(), n+1 {
		if opens := s.d.Hours().NextOpen(d.At(0)); dialer.DateOf(opens) != d {
			continue
		}
		day := LanguageDay{Day: d.String()}
		for _, desk := range s.d.Calls.Desks() {
			if spoken := s.rules().Seats.On(d, desk.ID); len(spoken) > 0 {
				day.Desks = append(day.Desks, LanguageDesk{Desk: desk.ID, Name: desk.Name, Languages: spoken})
			}
		}
		if len(day.Desks) > 0 {
			days = append(days, day)
		}
	}
	return days
}

// knownLanguages checks what an administrator says that somebody speaks.
func knownLanguages(languages []string) *Problem {
	for i, l := range languages {
		if !slices.Contains(dialer.KnownLanguages(), l) || slices.Contains(languages[:i], l) {
			return invalid("languages", "unknown", "言語を一覧から、1つずつ選んでください", "choose languages from the list, each once")
		}
	}
	return nil
}
