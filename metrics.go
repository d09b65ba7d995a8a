package main

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kvitt/bot"
	"kvitt/flows"
	"kvitt/store"
)

// metrics are what an operator can count. No label names a person, a channel, an amount or an id, and each has few values: what the rooms report is
// from small fixed sets.
type metrics struct {
	registry *prometheus.Registry

	acks      *prometheus.HistogramVec
	handlers  *prometheus.HistogramVec
	calls     *prometheus.HistogramVec
	turned    *prometheus.CounterVec
	socket    *prometheus.CounterVec
	webhooks  *prometheus.CounterVec
	steps     *prometheus.CounterVec
	events    *prometheus.CounterVec
	late      *prometheus.HistogramVec
	due       *prometheus.GaugeVec
	invoices  *prometheus.GaugeVec
	syncs     *prometheus.HistogramVec
	lastSync  *prometheus.GaugeVec
	roundTrip *prometheus.HistogramVec
}

// Buckets, in seconds. Slack waits 3 s for an acknowledgement; a call to it ends in 15 s; what is late by minutes is an alarm.
var (
	ackBuckets   = []float64{.005, .025, .1, .25, .5, 1, 2, 3}
	callBuckets  = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30}
	lateBuckets  = []float64{.1, 1, 5, 15, 30, 60, 300, 1800, 7200}
	storeBuckets = []float64{.0005, .001, .0025, .005, .01, .05, .25, 1, 2.5}
)

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	make := promauto.With(r)
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return make.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return make.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return make.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	gauge("kvitt_build_info", "Always 1; which version runs.", "version", "go").WithLabelValues(version, runtime.Version()).Set(1)
	return &metrics{
		registry: r,
		acks: histogram("kvitt_slack_ack_seconds",
			"From a click's arrival to its acknowledgement, by kind of click and outcome. Slack waits 3 s; late and refused ones are seen by people.", ackBuckets, "kind", "outcome"),
		handlers: histogram("kvitt_slack_handler_seconds",
			"How long a click was worked on after it was acknowledged. Duplicates are dropped, and counted with 0 s.", callBuckets, "kind", "outcome"),
		calls: histogram("kvitt_slack_call_seconds",
			"Calls of Slack's Web API by method and outcome: posts are chat.postMessage. busy is a rate limit, of Slack's or our own; refused, setup, gone and not_invited are Slack's refusals; late is a press that came too late to open a modal.",
			callBuckets, "method", "outcome"),
		turned: counter("kvitt_slack_turned_away_total",
			"Requests and envelopes that were not taken in: unsigned, stale, wrong_signature, too_large, unreadable, foreign.", "reason"),
		socket: counter("kvitt_slack_socket_total",
			"What happened to the Socket Mode connection: ok is a hello, failed could not connect, lost had to be made anew, unwritten is an acknowledgement that did not go out.", "event"),
		webhooks: counter("kvitt_stripe_events_total",
			"Requests to Stripe's webhook by what became of them: taken had an invoice read anew, duplicate was seen before, other type (mode, account, customer) is about nothing of ours; "+
				"unsigned, stale, wrong_signature, too_large and unreadable were turned away; not remembered could not reach the store.", "outcome"),
		steps: counter("kvitt_steps_total",
			"Steps taken for invoices, by the reason that the log has, too. A failed step is tried again.", "step", "reason", "outcome"),
		events: counter("kvitt_invoice_events_total",
			"What was put on the audit trails of invoices: pay requested, pay sent, paid, refused, unknown, submitted, denied and so on. Payments by state are among them.", "service", "event"),
		late: histogram("kvitt_due_late_seconds",
			"How late an invoice was taken up after it was due, by lane. Payments are urgent.", lateBuckets, "lane"),
		due: gauge("kvitt_due_waiting_seconds",
			"How late the longest due invoice is for which no hand is free, by lane. Above a minute there is too much to do, or Slack or a billing service is slow.", "lane"),
		invoices: gauge("kvitt_invoices", "Invoices by billing service and state, as of the last sync.", "service", "state"),
		syncs:    histogram("kvitt_sync_seconds", "How long it took to ask a billing service for its invoices.", callBuckets, "service", "outcome"),
		lastSync: gauge("kvitt_sync_last_success_timestamp_seconds",
			"When a billing service was last asked with success, or at first when the process started. Alert when it is older than twice KVITT_SYNC.", "service"),
		roundTrip: histogram("kvitt_store_seconds",
			"Round trips to the store by operation and outcome. conflict is two writers that met, and harmless; unavailable is not.", storeBuckets, "operation", "outcome"),
	}
}

// handler is GET /metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// begin has every series that an alert of docs/operating.md is about exist from the start of the process: an alert never fires of a series that is not there,
// nor does it see a counter rise that is first seen at 1. A billing service that never answers counts as asked with success at the start.
func (m *metrics) begin(services []string, now time.Time) {
	for _, service := range services {
		m.lastSync.WithLabelValues(service).Set(float64(now.Unix()))
		m.events.WithLabelValues(service, flows.EventStillUnknown)
	}
	for _, lane := range []store.Lane{store.Urgent, store.Routine} {
		m.due.WithLabelValues(string(lane)).Set(0)
	}
	for _, kind := range []bot.Kind{bot.Press, bot.Submit, bot.Suggest, bot.Command, bot.Home} {
		m.acks.WithLabelValues(string(kind), bot.AckLate)
		m.acks.WithLabelValues(string(kind), bot.AckRefused)
	}
	for _, operation := range store.Operations {
		m.roundTrip.WithLabelValues(operation, store.OutcomeUnavailable)
	}
}

// live adds what is asked for at the moment of scraping.
func (m *metrics) live(slackReady func() bool) {
	promauto.With(m.registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kvitt_slack_ready", Help: "1 while a click would reach this process: hello seen, or HTTP mode, and not stopping."}, func() float64 {
		if slackReady() {
			return 1
		}
		return 0
	})
}

func (m *metrics) seeBot(o bot.Observation) {
	took := o.Took.Seconds()
	switch o.What {
	case "ack":
		m.acks.WithLabelValues(o.Name, o.Outcome).Observe(took)
	case "handler":
		m.handlers.WithLabelValues(o.Name, o.Outcome).Observe(took)
	case "call":
		m.calls.WithLabelValues(o.Name, o.Outcome).Observe(took)
	case "door":
		m.turned.WithLabelValues(o.Outcome).Inc()
	case "socket":
		m.socket.WithLabelValues(o.Outcome).Inc()
	}
}

func (m *metrics) seeFlows(now func() time.Time) func(flows.Observation) {
	return func(o flows.Observation) {
		switch o.What {
		case flows.ObservedStep:
			m.steps.WithLabelValues(o.Name, o.Reason, o.Outcome).Inc()
		case flows.ObservedEvent:
			m.events.WithLabelValues(o.Service, o.Name).Inc()
		case flows.ObservedLease:
			m.late.WithLabelValues(o.Name).Observe(o.Took.Seconds())
		case flows.ObservedDue:
			m.due.WithLabelValues(o.Name).Set(o.Took.Seconds())
		case flows.ObservedInvoices:
			m.invoices.WithLabelValues(o.Service, o.Name).Set(float64(o.Count))
		case flows.ObservedSync:
			m.syncs.WithLabelValues(o.Service, o.Outcome).Observe(o.Took.Seconds())
			if o.Outcome == "ok" {
				m.lastSync.WithLabelValues(o.Service).Set(float64(now().Unix()))
			}
		}
	}
}

func (m *metrics) seeStore(operation, outcome string, took time.Duration) {
	m.roundTrip.WithLabelValues(operation, outcome).Observe(took.Seconds())
}
