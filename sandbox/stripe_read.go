package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stripeEvent is one Event (docs.stripe.com/api/events/object). Which request caused it, and with which idempotency key, stands in it.
type stripeEvent struct {
	id      string
	kind    string
	created time.Time
	data    object
	cause   stripeCause
}

// stripeEventLife is how far back List Events reaches (docs.stripe.com/api/events).
const stripeEventLife = 30 * 24 * time.Hour

func (s *Stripe) emit(kind string, data object, cause stripeCause) {
	e := &stripeEvent{id: s.newID("evt"), kind: kind, created: s.config.Now(), data: data, cause: cause}
	s.events = append(s.events, e)
	s.deliver(e)
}

func (e *stripeEvent) render() object {
	return object{"id": e.id, "object": "event", "type": e.kind, "created": e.created.Unix(), "api_version": StripeVersion, "livemode": false,
		"pending_webhooks": 0, "data": object{"object": e.data},
		"request": object{"id": stripeText(e.cause.request), "idempotency_key": stripeText(e.cause.key)}}
}

func (s *Stripe) getAccount(*stripeRequest) (object, *stripeError) {
	return object{"id": "acct_1Kvitt", "object": "account", "country": "IE", "default_currency": "eur", "charges_enabled": true,
		"business_profile": object{"name": s.config.Name}, "settings": object{"dashboard": object{"display_name": s.config.Name}}}, nil
}

func (s *Stripe) getInvoice(req *stripeRequest) (object, *stripeError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if inv := s.invoices[req.id]; inv != nil {
		return s.renderInvoice(inv, req.expand), nil
	}
	return nil, stripeMissing("invoice", req.id)
}

func (s *Stripe) getCustomer(req *stripeRequest) (object, *stripeError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.customers[req.id]; c != nil {
		return s.renderCustomer(c), nil
	}
	return nil, stripeMissing("customer", req.id)
}

func (s *Stripe) getMethod(req *stripeRequest) (object, *stripeError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.methods[req.id]; m != nil {
		return s.renderMethod(m), nil
	}
	return nil, stripeMissing("PaymentMethod", req.id)
}

func (s *Stripe) getIntent(req *stripeRequest) (object, *stripeError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[req.id]; in != nil {
		return s.renderIntent(in, req.expand), nil
	}
	return nil, stripeMissing("payment_intent", req.id)
}

func (s *Stripe) getEvent(req *stripeRequest) (object, *stripeError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.id == req.id {
			return e.render(), nil
		}
	}
	return nil, stripeMissing("event", req.id)
}

func (s *Stripe) listInvoices(req *stripeRequest) (object, *stripeError) {
	err := cmp.Or(req.oneOf("status", "draft", "open", "paid", "uncollectible", "void"),
		req.oneOf("collection_method", "charge_automatically", "send_invoice"))
	created, err1 := req.span("created")
	due, err2 := req.span("due_date")
	if err = cmp.Or(err, err1, err2); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []object
	for _, id := range slices.Backward(s.order) {
		inv := s.invoices[id]
		if req.filters("status", inv.Status) && req.filters("customer", inv.Customer) && req.filters("collection_method", inv.Collection) &&
			created.holds(inv.Created) && due.holds(inv.Due) {
			rows = append(rows, s.renderInvoice(inv, stripeBelow(req.expand, "data")))
		}
	}
	return req.page("/v1/invoices", rows)
}

func (s *Stripe) listMethods(req *stripeRequest) (object, *stripeError) {
	if err := req.oneOf("allow_redisplay", "always", "limited", "unspecified"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.customers[req.id] == nil {
		return nil, stripeMissing("customer", req.id)
	}
	var found []*stripeMethod
	for _, m := range s.methods {
		if m.Customer == req.id && req.filters("type", m.Type) && req.filters("allow_redisplay", m.AllowRedisplay) {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b *stripeMethod) int { return b.serial - a.serial })
	var rows []object
	for _, m := range found {
		rows = append(rows, s.renderMethod(m))
	}
	return req.page("/v1/customers/"+req.id+"/payment_methods", rows)
}

func (s *Stripe) listInvoicePayments(req *stripeRequest) (object, *stripeError) {
	if err := req.oneOf("status", "open", "paid", "canceled"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []object
	for _, id := range slices.Backward(s.order) {
		for _, in := range s.invoices[id].payments() {
			row := s.renderInvoicePayment(in, stripeBelow(req.expand, "data"))
			if req.filters("invoice", id) && req.filters("payment[payment_intent]", in.id) && req.filters("status", row["status"].(string)) {
				rows = append(rows, row)
			}
		}
	}
	return req.page("/v1/invoice_payments", rows)
}

func (s *Stripe) listEvents(req *stripeRequest) (object, *stripeError) {
	created, err := req.span("created")
	if err != nil {
		return nil, err
	}
	var kinds []string
	for _, name := range stripeSortedKeys(req.form) {
		if strings.HasPrefix(name, "types[") {
			kinds = append(kinds, req.form[name]...)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	var rows []object
	for _, e := range slices.Backward(s.events) {
		if req.filters("type", e.kind) && (kinds == nil || slices.Contains(kinds, e.kind)) && created.holds(e.created) &&
			now.Sub(e.created) < stripeEventLife {
			rows = append(rows, e.render())
		}
	}
	return req.page("/v1/events", rows)
}

func (s *Stripe) createPortalSession(req *stripeRequest) (object, *stripeError) {
	if err := req.oneOf("flow_data[type]", "payment_method_update", "subscription_cancel", "subscription_update",
		"subscription_update_confirm"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	customer := req.form.Get("customer")
	if s.customers[customer] == nil {
		return nil, stripeInvalid("resource_missing", "customer", "No such customer: '"+customer+"'")
	}
	id := s.newID("bps")
	s.sessions[id] = customer
	return object{"id": id, "object": "billing_portal.session", "customer": customer, "created": s.config.Now().Unix(), "livemode": false,
		"return_url": stripeText(req.form.Get("return_url")), "locale": stripeText(req.form.Get("locale")),
		"url": s.config.Site + "/p/session/test_" + id}, nil
}

// stripeSpan is a filter of moments: one second, or gt, gte, lt and lte.
type stripeSpan struct{ from, to *int64 } // Both inclusive.

func (r *stripeRequest) span(name string) (stripeSpan, *stripeError) {
	var span stripeSpan
	for key := range r.form {
		suffix, ok := strings.CutPrefix(key, name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(r.form.Get(key), 10, 64)
		if err != nil {
			return span, stripeInvalid("parameter_invalid_integer", key, "Invalid integer: "+r.form.Get(key))
		}
		switch suffix {
		case "":
			span.from, span.to = new(n), new(n)
		case "[gte]":
			span.from = new(n)
		case "[gt]":
			span.from = new(n + 1)
		case "[lte]":
			span.to = new(n)
		case "[lt]":
			span.to = new(n - 1)
		default:
			return span, stripeInvalid("parameter_unknown", key, "Received unknown parameter: "+key)
		}
	}
	return span, nil
}

func (s stripeSpan) holds(t time.Time) bool {
	if s.from == nil && s.to == nil {
		return true
	}
	return !t.IsZero() && (s.from == nil || t.Unix() >= *s.from) && (s.to == nil || t.Unix() <= *s.to)
}

func (r *stripeRequest) filters(name, value string) bool {
	return !r.form.Has(name) || r.form.Get(name) == value
}
