package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kvitt/settings"
)

func TestMetricsCountWhatAnOperatorNeedsAndNameNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	p := start(t, o.settings(), "serve")
	o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
	o.submit(o.asha, "INV-1")
	o.soon("everything said", 30*time.Second, func() bool { return o.settled("INV-1") })
	o.soon("a sync that sees it paid", 5*time.Second, func() bool { return strings.Contains(o.metrics(p), `kvitt_invoices{service="stripe",state="paid"} 1`) })
	got := o.metrics(p)
	for _, want := range []string{
		`kvitt_slack_ack_seconds_count{kind="submit",outcome="ok"} 1`,
		`kvitt_slack_call_seconds_count{method="chat.postMessage",outcome="ok"} 5`,
		`kvitt_invoice_events_total{event="paid",service="stripe"} 1`,
		`kvitt_steps_total{outcome="ok",reason="payment begun",step="charge"} 1`,
		`kvitt_due_late_seconds_count{lane="urgent"}`, `kvitt_due_waiting_seconds{lane="routine"} 0`,
		`kvitt_sync_last_success_timestamp_seconds{service="stripe"} 1.`, `kvitt_store_seconds_count{operation="write",outcome="ok"}`,
		`kvitt_slack_ready 1`, `kvitt_build_info{`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line says %s", want)
		}
	}
	named := regexp.MustCompile(`(?m) \S+$`).ReplaceAllString(got, "") // Without the values, which have any digits by chance.
	for _, secret := range []string{"INV-1", "Asha", o.asha, o.finance, "1200", "in_1", "cus_"} {
		if strings.Contains(named, secret) {
			t.Errorf("the metrics say %q", secret)
		}
	}
	if amount := regexp.MustCompile(`(?m)^kvitt_.* (1200|120000)$`).FindString(got); amount != "" {
		t.Errorf("the metrics say an amount: %s", amount)
	}
}

func (o *office) metrics(p *process) string {
	o.t.Helper()
	resp, err := http.Get(p.address() + "/metrics")
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		o.t.Fatal(resp.Status, err)
	}
	return string(body)
}

func TestEveryMetricThatTheDocumentsNameExists(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"docs/operating.md", "docs/security.md"} {
		page, err := os.ReadFile(file)
		must(t, err)
		for _, name := range regexp.MustCompile(`kvitt_[a-z_]+`).FindAllString(string(page), -1) {
			if !strings.Contains(string(source), `"`+strings.TrimSuffix(name, "_count")+`"`) {
				t.Errorf("%s names %s, which no metric is called", file, name)
			}
		}
	}
}

func TestOneTraceLeadsFromTheClickToTheConfirmation(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bill("INV-1")
	p := start(t, o.settings(), "serve")
	o.soon("a reminder in every place", 30*time.Second, func() bool { return o.reminded("INV-1") })
	o.submit(o.asha, "INV-1")
	o.soon("everything said", 30*time.Second, func() bool { return o.settled("INV-1") })
	submission := regexp.MustCompile(`"msg":"acknowledged","trace":"([A-Z2-7]+)","kind":"submit"`).FindStringSubmatch(p.said())
	if submission == nil {
		t.Fatal("no line says that the submission was acknowledged")
	}
	var about []string
	for line := range strings.Lines(p.said()) {
		if strings.Contains(line, `"trace":"`+submission[1]+`"`) {
			about = append(about, line)
		}
	}
	for _, want := range []string{`"msg":"acknowledged"`, `"msg":"charge"`, `"msg":"asking Stripe to pay"`, `"post":"confirm/0/` + o.finance, `"post":"confirm/0/` + o.asha} {
		if !strings.Contains(strings.Join(about, ""), want) {
			t.Errorf("no line of this trace says %s:\n%s", want, strings.Join(about, ""))
		}
	}
}

// An alert never fires of a series that is not there, and sees no counter rise that begins at 1.
func TestEverySeriesThatAnAlertIsAboutIsThereBeforeAnythingHappened(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/operating.md")
	must(t, err)
	_, alerts, _ := strings.Cut(string(page), "Worth an alert:")
	alerts, _, _ = strings.Cut(alerts, "\nLogs go to")
	began := time.Now()
	a := newApp(settings.Settings{Billing: []string{"stripe", "ledger"}}, nil, wires{Log: slog.New(slog.DiscardHandler)})
	w := httptest.NewRecorder()
	a.metrics.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	scrape := w.Body.String()
	selectors := regexp.MustCompile(`(kvitt_[a-z_]+)(?:\{(\w+)=(~?)"([^"]+)"\})?`).FindAllStringSubmatch(alerts, -1)
	if len(selectors) < 6 {
		t.Fatalf("only %d alerts were found", len(selectors))
	}
	for _, s := range selectors {
		for word := range strings.SplitSeq(s[4], `\|`) {
			series := regexp.MustCompile(`(?m)^` + s[1] + `(\{.*\})? (\S+)$`)
			if word != "" {
				series = regexp.MustCompile(`(?m)^` + s[1] + `(\{.*` + s[2] + `="` + word + `".*\}) (\S+)$`)
			}
			if found := series.FindStringSubmatch(scrape); found == nil || word != "" && found[2] != "0" {
				t.Errorf("%s is not there from the start, and 0 where it counts: %q", s[0], found)
			}
		}
	}
	for _, service := range []string{"stripe", "ledger"} {
		found := regexp.MustCompile(`kvitt_sync_last_success_timestamp_seconds\{service="` + service + `"\} (\S+)`).FindStringSubmatch(scrape)
		if found == nil {
			t.Fatalf("nothing is said of %s", service)
		}
		if at, err := strconv.ParseFloat(found[1], 64); err != nil || at < float64(began.Unix()) {
			t.Errorf("%s counts as asked at %s, want the start at the earliest", service, found[1])
		}
	}
}
