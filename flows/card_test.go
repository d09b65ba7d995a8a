package flows

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kvitt/billing"
	"kvitt/bot"
	"kvitt/sandbox"
)

var update = flag.Bool("update", false, "write the golden cards anew")

// wire is a Slack that takes everything and keeps what bot really sent: the cards of these tests are what goes over the line.
type wire struct{ sent url.Values }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	must(err)
	w.sent = url.Values{}
	if fields := map[string]json.RawMessage{}; json.Unmarshal(body, &fields) == nil {
		w.sent.Set("view", string(fields["view"]))
	} else if w.sent, err = url.ParseQuery(string(body)); err != nil {
		return nil, err
	}
	answer := `{"ok":true,"ts":"1.2","channel":"C1","view":{"id":"V1"}}`
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// wired runs a test with a bot on such a line. Its pace is kept in bubble time, which costs nothing.
func wired(t *testing.T, test func(t *testing.T, b *bot.Bot, w *wire)) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		test(t, bot.New(bot.Config{Token: "xoxb-test", SigningSecret: "secret", HTTP: &http.Client{Transport: w}}), w)
	})
}

// message is what Slack would get, held against Slack's limits.
func (w *wire) message(t *testing.T, b *bot.Bot, m bot.Message) []byte {
	t.Helper()
	must(b.Update(t.Context(), bot.Ref{Channel: "C1", TS: "1.2"}, m))
	raw := []byte(asJSON(map[string]any{"text": w.sent.Get("text"), "blocks": json.RawMessage(w.sent.Get("blocks"))}))
	for _, err := range sandbox.ValidateMessage(raw) {
		t.Errorf("Slack would refuse it: %v", err)
	}
	return raw
}

func (w *wire) view(t *testing.T, b *bot.Bot, v bot.View) []byte {
	t.Helper()
	must(b.Replace(t.Context(), "V1", v))
	raw := []byte(w.sent.Get("view"))
	for _, err := range sandbox.ValidateView(raw) {
		t.Errorf("Slack would refuse it: %v", err)
	}
	return raw
}

// golden compares with testdata/cards/<name>.<lang>.json.
func golden(t *testing.T, name string, lang Lang, raw []byte) {
	t.Helper()
	var tree any
	must(json.Unmarshal(raw, &tree))
	var pretty bytes.Buffer
	enc := json.NewEncoder(&pretty)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	must(enc.Encode(tree))
	path := filepath.Join("testdata", "cards", name+"."+string(lang)+".json")
	if *update {
		must(os.WriteFile(path, pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the tests with -update", err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("%s; if that is right, run the tests with -update\n%s", path, diff)
	}
	if strings.Contains(pretty.String(), "<no value>") {
		t.Errorf("%s: a word of the template is missing", path)
	}
}

// scene is one card: a record, the message of it, and when it is looked at.
type scene struct {
	rec  Record
	post Post
	now  time.Time
}

func changedInvoice(change func(*billing.Invoice)) Record {
	inv := anInvoice()
	change(&inv)
	return seen(inv)
}

// scenes are every card that there is. The reader is Asha, or the finance channel.
func scenes() map[string]scene {
	card, tuesday := reminderFor(asha, -7), at(time.UTC, 2026, 3, 3, 9, 0)
	in := func(r Record) scene { return scene{r, card, tuesday} }
	all := map[string]scene{
		"open":               in(openRecord()),
		"open-undescribed":   in(changedInvoice(func(i *billing.Invoice) { i.Description = "" })),
		"open-unnumbered":    in(changedInvoice(func(i *billing.Invoice) { i.Number, i.Supplier = "", "" })),
		"open-link":          in(changedInvoice(func(i *billing.Invoice) { i.Link = "https://portal.example/in_1042" })),
		"open-partly-paid":   in(changedInvoice(func(i *billing.Invoice) { i.AmountDue = usd(45050) })),
		"open-no-due-date":   in(changedInvoice(func(i *billing.Invoice) { i.Due = billing.Date{} })),
		"open-autopay":       in(changedInvoice(func(i *billing.Invoice) { i.AutoCollect, i.PayFailed = true, true })),
		"open-today":         {openRecord(), reminderFor(asha, 0), at(time.UTC, 2026, 3, 10, 9, 0)},
		"open-overdue":       {openRecord(), reminderFor(asha, 1), at(time.UTC, 2026, 3, 11, 9, 0)},
		"open-long-overdue":  {openRecord(), reminderFor(asha, 10), at(time.UTC, 2026, 3, 20, 9, 0)},
		"draft":              in(changedInvoice(func(i *billing.Invoice) { i.Status = billing.Draft })),
		"uncollectible":      in(changedInvoice(func(i *billing.Invoice) { i.Status = billing.Uncollectible })),
		"paying":             in(sentRecord()),
		"unknown":            in(unknownRecord()),
		"submitted":          in(submittedRecord()),
		"asked":              in(askedRecord()),
		"paid":               in(paidRecord()),
		"paid-at-first":      in(changedInvoice(func(i *billing.Invoice) { i.Status = billing.Paid })),
		"recorded":           {recordedRecord(), card, monday.Add(day - 1)},
		"recorded-long-ago":  {recordedRecord(), card, monday.Add(day)},
		"undoing":            in(undoingRecord()),
		"undone":             in(undoneRecord()),
		"elsewhere":          in(elsewhereRecord()),
		"void":               in(goneRecord()),
		"channel":            {openRecord(), reminderFor(finance, -7), tuesday},
		"channel-paid":       {paidRecord(), reminderFor(finance, -7), tuesday},
		"thread":             {openRecord(), threadFor(1), at(time.UTC, 2026, 3, 11, 9, 0)},
		"thread-partly-paid": {changedInvoice(func(i *billing.Invoice) { i.AmountDue = usd(45050) }), threadFor(1), at(time.UTC, 2026, 3, 11, 9, 0)},
		"thread-paid":        {paidRecord(), threadFor(1), tuesday},
		"no-admin-any-more":  {openRecord(), reminderFor(kim, -7), tuesday},
		"confirm":            {paidRecord(), confirmFor(finance), tuesday},
		"confirm-recorded":   {recordedRecord(), confirmFor(finance), tuesday},
		"confirm-elsewhere":  {elsewhereRecord(), confirmFor(finance), tuesday},
		"confirm-undone":     {undoneRecord(), confirmFor(finance), tuesday},
		"confirm-returned":   {returnedRecord(), confirmFor(finance), tuesday},
		"key-dead":           {deadRecord(), card, monday.Add(2 * day)},
		"superseded":         supersededScene(),
		"elsewhere-unknown":  in(changedRecord(openRecord(), func(i *billing.Invoice) { i.Status = billing.Paid })),
		"paid-no-method":     in(methodless(paidRecord())),
	}
	for _, n := range notices() {
		r := openRecord()
		r.Notices = []Notice{n}
		name := "notice-" + string(n.Kind)
		if n.Decline != "" {
			name += "-" + strings.ReplaceAll(string(n.Decline), " ", "-")
		}
		all[name] = scene{r, Post{Key: "notice/n", Kind: PostNotice, Place: n.To}, tuesday}
		if n.Kind == NoticeAct {
			asked, paid := askedRecord(), paidRecord()
			paid.Notices = asked.Notices
			all[name], all[name+"-paid"] = scene{asked, all[name].post, tuesday}, scene{paid, all[name].post, tuesday}
		}
	}
	maps.Copy(all, approvalScenes())
	maps.Copy(all, handOverScenes())
	maps.Copy(all, missingScenes())
	return all
}

func threadFor(offset int) Post {
	p := reminderFor(finance, offset)
	p.Kind, p.Thread = PostThread, "1.000001"
	return p
}

func confirmFor(place string) Post {
	return Post{Key: "confirm/0/" + place, Kind: PostConfirm, Place: place}
}

func changedRecord(r Record, change func(*billing.Invoice)) Record {
	inv := r.Invoice
	change(&inv)
	r.see(inv, monday.Add(time.Hour), monday.Add(time.Hour))
	return r
}

// returnedRecord is a payment that the bank took back.
func returnedRecord() Record {
	return changedRecord(paidRecord(), func(i *billing.Invoice) { i.Status = billing.Open })
}

// deadRecord is a payment of which nobody knows, too old to be repeated.
func deadRecord() Record {
	r := unknownRecord()
	must(r.alarm(r.Attempt.Key, monday.Add(alarmAfter)))
	return r
}

func methodless(r Record) Record {
	r.Payments[0].Method, r.Payments[0].Reference = "", ""
	return r
}

func supersededScene() scene {
	r := openRecord()
	posted(&r, monday, reminderFor(asha, -7))
	posted(&r, monday, reminderFor(asha, -1))
	return scene{r, r.Posts[0], monday}
}

// notices are one of every kind, and of every reason for a refusal.
func notices() []Notice {
	all := []Notice{
		{Kind: NoticeEnded, To: asha, Amount: usd(120000)}, {Kind: NoticeUnchecked, To: asha, Amount: usd(120000)}, {Kind: NoticeChanged, To: asha, Amount: usd(120000)},
		{Kind: NoticeElsewhere, To: asha, Amount: usd(120000)}, {Kind: NoticeUnderway, To: asha, Amount: usd(120000)}, {Kind: NoticeDoubt, To: asha, Amount: usd(120000)}, {Kind: NoticeStill, To: asha, Amount: usd(120000)},
		{Kind: NoticeAsk, To: asha, By: kim}, {Kind: NoticeAct, To: asha, Method: visa.Short, Amount: usd(120000)}, {Kind: NoticeUndone, To: finance, By: bo, Reason: "Wrong invoice", Amount: usd(120000)},
		{Kind: NoticeDeclined, To: asha, By: bo, Reason: "Wrong cost centre", Amount: usd(120000)}, {Kind: NoticeExpired, To: asha, Amount: usd(120000)},
		{Kind: NoticeOvertaken, To: asha, Amount: usd(120000)}, {Kind: NoticeApprover, To: asha, By: bo, Amount: usd(120000)}, {Kind: NoticeUnapproved, To: asha, Amount: usd(120000)},
	}
	for _, d := range declines {
		all = append(all, Notice{Kind: NoticeRefused, To: asha, Method: visa.Short, Decline: d, Amount: usd(120000)})
	}
	return all
}

var declines = []billing.Decline{billing.Generic, billing.InsufficientFunds, billing.CardExpired, billing.WrongDetails, billing.LimitReached,
	billing.MethodUnusable, billing.AuthenticationOff, billing.TryLater}

func TestHowEveryCardLooks(t *testing.T) {
	wired(t, func(t *testing.T, b *bot.Bot, w *wire) {
		for name, s := range scenes() {
			for _, lang := range []Lang{English, Norwegian} {
				s.post.Lang = lang
				golden(t, name, lang, w.message(t, b, render(s.now, s.rec, s.post, anAudience(), aPolicy())))
			}
		}
	})
}

func TestALateReminderCountsTheDaysFromWhenItIsSent(t *testing.T) {
	r, p := openRecord(), reminderFor(finance, -7)
	p.Lang = English
	r.claim([]Post{p}, "", at(time.UTC, 2026, 3, 3, 9, 0))
	r.post(p.Key).Unsure = false // Nobody had invited Kvitt to the channel; now somebody has.
	now := at(time.UTC, 2026, 3, 8, 12, 0)
	r.claim([]Post{p}, "", now)
	if m := render(now, r, *r.post(p.Key), anAudience(), aPolicy()); !strings.Contains(m.Text, "in 2 days") {
		t.Errorf("two days are left, and it says %q", m.Text)
	}
}

func TestTheTextAloneSaysEverything(t *testing.T) {
	for name, s := range scenes() {
		s.post.Lang = English
		if s.post.Kind != PostReminder || s.rec.Invoice.Number == "" || name == "no-admin-any-more" {
			continue
		}
		text := render(s.now, s.rec, s.post, anAudience(), aPolicy()).Text
		facts := []string{titleOf(speak(English), s.rec.Invoice) + ".", "USD"}
		if s.rec.State != Paid && s.rec.State != Gone && !s.rec.Invoice.Due.IsZero() {
			facts = append(facts, "due 10 March 2026 (")
		}
		for _, fact := range facts {
			if !strings.Contains(text, fact) {
				t.Errorf("%s: %q does not say %q", name, text, fact)
			}
		}
		if strings.Contains(text, "  ") || strings.Contains(text, "..") {
			t.Errorf("%s: %q reads badly", name, text)
		}
	}
}

// buttons are the actions that a message offers.
func buttons(m bot.Message) (actions []string) {
	for _, part := range strings.Split(asJSON(m.Blocks), `"action_id":"`)[1:] {
		action, _, _ := strings.Cut(part, `"`)
		actions = append(actions, action)
	}
	return actions
}

func TestOnlyBillingAdminsAndChannelsHavePayButtons(t *testing.T) {
	a := anAudience()
	nobody := Audience{People: a.People}
	for name, s := range scenes() {
		got := strings.Join(buttons(render(s.now, s.rec, s.post, a, aPolicy())), " ")
		_, reads := a.reader(s.post.Place)
		pays := (s.rec.payable() || s.rec.takeable(s.now)) && reads && (s.post.Kind == PostReminder && name != "superseded" || s.post.Kind == PostNotice && s.rec.Notices[0].Kind == NoticeAsk)
		if strings.Contains(got, ActPay) != pays {
			t.Errorf("%s: %q", name, got)
		}
		if name == "superseded" && got != "" {
			t.Errorf("%s still has controls: %q", name, got)
		}
		if got := buttons(render(s.now, s.rec, s.post, nobody, aPolicy())); len(got) > 0 {
			t.Errorf("%s: whoever is no billing admin has %q", name, got)
		}
	}
}
