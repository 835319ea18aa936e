package ui

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

func showSessions(v *page.Visit) (page.Screen, string) {
	list, err := v.Auth.Sessions(v.R.Context(), v.By)
	if err != nil {
		return broken(v, sessionsPath, err), ""
	}
	t := &page.Table{Caption: v.T("account.sessions"), Columns: []page.Column{
		{Text: v.T("sessions.device")}, {Text: v.T("sessions.place")}, {Text: v.T("sessions.since")}, {Text: v.T("sessions.seen")},
	}}
	for i := range list {
		s := &list[len(list)-1-i] // the newest first
		row := page.Row{Cells: []page.Cell{{Text: deviceOf(v, s.Device)}, {Text: placeOf(v, s.Network)}, v.Moment(s.CreatedAt), v.Moment(s.SeenAt)}}
		if s.Current {
			row.Cells[0].Soft = v.T("sessions.current")
		} else {
			row.Forms = []page.Form{{
				Do: "end", Hidden: []page.Hidden{{Name: "session", Value: s.ID.String()}}, Quiet: true, Button: v.T("link.sign-out"),
				Label: v.T("sessions.end", "{device}", row.Cells[0].Text),
			}}
		}
		t.Rows = append(t.Rows, row)
	}
	seen := page.Screen{Lead: []string{v.T("sessions.lead")}, Sections: []page.Section{{Table: t}}}
	if len(list) > 1 {
		seen.Sections[0].Forms = []page.Form{{Do: "end-others", Button: v.T("sessions.end-others"), Danger: true}}
	}
	switch v.About() {
	case "ended":
		seen.Notice = v.T("sessions.ended")
	case "others-ended":
		seen.Notice = v.T("sessions.others-ended")
	}
	return ofAccount(v, sessionsPath, seen), ""
}

// deviceOf says the browser and the system that the core names.
func deviceOf(v *page.Visit, device string) string {
	if device == "Unknown device" {
		return v.T("sessions.unknown")
	}
	if browser, system, ok := strings.Cut(device, " on "); ok {
		return v.T("sessions.on", "{browser}", browser, "{system}", system)
	}
	return device
}

// placeOf says a masked network: a single address without its mask.
func placeOf(v *page.Visit, network string) string {
	if network == "" {
		return v.T("sessions.no-place")
	}
	return strings.TrimSuffix(network, "/32")
}

func endSessions(v *page.Visit) (string, error) {
	if v.Value("do") == "end-others" {
		return v.To(sessionsPath, "about", "others-ended"), v.Auth.EndOtherSessions(v.R.Context(), v.By)
	}
	id, err := uuid.Parse(v.Value("session"))
	if err != nil {
		return v.To(sessionsPath), nil
	}
	if err = v.Auth.EndSession(v.R.Context(), v.By, id); errors.Is(err, tollkeeper.ErrNotFound) {
		err = nil // it has ended meanwhile
	}
	return v.To(sessionsPath, "about", "ended"), err
}
