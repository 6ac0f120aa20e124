package sip

import (
	"fmt"
	"strings"
	"testing"
)

// info writes a dialog-info document: each dialog as "id state" or "id state call-id".
func info(version int, state string, dialogs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="%d" state="%s" entity="sip:201@k">`, version, state)
	for _, d := range dialogs {
		f := append(strings.Fields(d), "")
		fmt.Fprintf(&b, `<dialog id="%s" call-id="%s" direction="initiator"><state event="x">%s</state>`, f[0], f[2], f[1])
		b.WriteString(`<remote><identity display="N">sip:x@k</identity></remote></dialog>`)
	}
	return b.String() + "</dialog-info>"
}

func TestDialogInfoIsRead(t *testing.T) {
	got, err := readDialogInfo([]byte(info(7, "partial", "a confirmed c1", "b Terminated")))
	if err != nil || got.version != 7 || got.full || len(got.dialogs) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if a, b := got.dialogs[0], got.dialogs[1]; a != (phoneDialog{"a", "c1", "confirmed"}) || b != (phoneDialog{"b", "", "terminated"}) || !a.busy() || b.busy() {
		t.Errorf("%+v", got.dialogs)
	}
}

// What a phone may not have us read.
func TestDialogInfoIsRefused(t *testing.T) {
	many := make([]string, dialogsMost+1)
	for i := range many {
		many[i] = fmt.Sprintf("d%d early", i)
	}
	for name, text := range map[string]string{
		"nothing":               "",
		"no XML":                "SIP/2.0 200 OK",
		"another document":      `<presence version="1" state="full"/>`,
		"no version":            `<dialog-info state="full"/>`,
		"a negative version":    `<dialog-info version="-1" state="full"/>`,
		"a huge version":        `<dialog-info version="99999999999999999999" state="full"/>`,
		"no state":              `<dialog-info version="1"/>`,
		"a dialog without id":   `<dialog-info version="1" state="full"><dialog><state>early</state></dialog></dialog-info>`,
		"cut off":               `<dialog-info version="1" state="full"><dialog id="a">`,
		"two documents":         info(1, "full") + info(2, "full"),
		"entities of its own":   `<!DOCTYPE d [<!ENTITY a "confirmed">]><dialog-info version="1" state="full"><dialog id="a"><state>&a;</state></dialog></dialog-info>`,
		"an entity of no one's": `<dialog-info version="1" state="full"><dialog id="a"><state>&a;</state></dialog></dialog-info>`,
		"another file's text":   `<!DOCTYPE d SYSTEM "file:///etc/passwd"><dialog-info version="1" state="full"/>`,
		"too deep":              `<dialog-info version="1" state="full">` + strings.Repeat("<x>", dialogInfoDeep) + strings.Repeat("</x>", dialogInfoDeep) + "</dialog-info>",
		"too many dialogs":      info(1, "full", many...),
		"too many parts":        `<dialog-info version="1" state="full">` + strings.Repeat("<x/>", dialogInfoParts) + "</dialog-info>",
		"too long":              info(1, "full") + strings.Repeat(" ", dialogInfoLong),
	} {
		if got, err := readDialogInfo([]byte(text)); err == nil {
			t.Errorf("%s was read as %+v", name, got)
		}
	}
}

// Documents as they come, in order and out of it, and whether somebody uses the phone then.
func TestPhoneDialogsFollowTheirVersions(t *testing.T) {
	ours := func(id string) bool { return id == "ours" }
	for _, c := range []struct {
		name   string
		docs   []string
		busy   bool
		missed bool // what the last one says
	}{
		{"nothing yet", nil, false, false},
		{"idle", []string{info(0, "full")}, false, false},
		{"talking", []string{info(0, "full", "a confirmed x")}, true, false},
		{"the handset lifted, nothing dialled", []string{info(0, "full", "a trying")}, true, false},
		{"ringing", []string{info(0, "full", "a early x")}, true, false},
		{"hung up", []string{info(0, "full", "a confirmed x"), info(1, "partial", "a terminated x")}, false, false},
		{"our call alone", []string{info(0, "full", "a confirmed ours")}, false, false},
		{"our call and another", []string{info(0, "full", "a confirmed ours", "b confirmed x")}, true, false},
		{"our call, later told of without its Call-ID", []string{info(0, "full", "a early ours"), info(1, "partial", "a confirmed")}, false, false},
		{"the whole state forgets what is not in it", []string{info(0, "full", "a confirmed x"), info(1, "full")}, false, false},
		{"one that was overtaken", []string{info(5, "full", "a confirmed x"), info(4, "full")}, true, false},
		{"the same again", []string{info(5, "full"), info(5, "partial", "a confirmed x")}, false, false},
		{"one is missing", []string{info(1, "full", "a confirmed x"), info(3, "partial", "b terminated y")}, true, true},
		{"asked for once", []string{info(1, "full"), info(3, "partial"), info(5, "partial")}, false, false},
		{"asked for again after the whole", []string{info(1, "full"), info(3, "partial"), info(4, "full"), info(6, "partial")}, false, true},
		{"it begins with a part", []string{info(3, "partial", "a confirmed x")}, true, true},
	} {
		var p phoneDialogs
		missed := false
		for _, text := range c.docs {
			d, err := readDialogInfo([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			missed = p.take(d)
		}
		if got := p.besides(ours); got != c.busy || missed != c.missed {
			t.Errorf("%s: busy %v, missed %v", c.name, got, missed)
		}
	}
}

func FuzzDialogInfo(f *testing.F) {
	for _, text := range []string{"", info(1, "full", "a confirmed x"), info(2, "partial", "a terminated"), `<!DOCTYPE d [<!ENTITY a "b">]><a>&a;</a>`, "<dialog-info"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		var p phoneDialogs
		for _, text := range []string{one, two} {
			d, err := readDialogInfo([]byte(text))
			if err != nil {
				continue
			}
			if len(text) > dialogInfoLong || len(d.dialogs) > dialogsMost {
				t.Fatalf("%d bytes and %d dialogs were taken", len(text), len(d.dialogs))
			}
			p.take(d)
			if len(p.all) > dialogsMost || d.version > p.version {
				t.Fatalf("%d dialogs are kept, of version %d after %d", len(p.all), p.version, d.version)
			}
			for _, one := range p.all {
				if !one.busy() || one.id == "" {
					t.Fatalf("kept: %+v", one)
				}
			}
		}
	})
}
