package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kvitt/billing"
	"kvitt/sandbox"
)

// at DATE TIME: lets time pass until then (UTC).
func (s *stage) at(words []string) error {
	when, err := time.Parse("2006-01-02 15:04", strings.Join(words, " "))
	if err != nil {
		return err
	}
	if s.begun {
		if err := s.alive(); err != nil {
			return err
		}
	}
	s.begun = true
	if !when.After(time.Now()) {
		return fmt.Errorf("it is %s already", time.Now().UTC())
	}
	time.Sleep(time.Until(when))
	return nil
}

// wait DURATION.
func (s *stage) wait(words []string) error {
	d, err := time.ParseDuration(words[0])
	if err != nil {
		return err
	}
	if err := s.alive(); err != nil {
		return err
	}
	time.Sleep(d)
	return nil
}

// set NAME VALUE: a setting, before the bot starts.
func (s *stage) set(words []string) error {
	if s.life != nil {
		return errors.New("the bot runs already")
	}
	s.env[words[0]] = words[1]
	return nil
}

// invoice NUMBER AMOUNT CURRENCY [due DATE] [for DESCRIPTION] [from SUPPLIER]: Stripe has a new one.
func (s *stage) invoice(words []string) error {
	m, err := billing.ParseAmount(words[1], words[2])
	if err != nil {
		return err
	}
	in := sandbox.StripeInvoice{Number: words[0], Customer: s.customer, Currency: strings.ToLower(m.Currency), Total: m.Minor}
	for i := 3; i+1 < len(words); i += 2 {
		switch words[i] {
		case "due":
			day, err := time.Parse(time.DateOnly, words[i+1])
			if err != nil {
				return err
			}
			in.Due = day.Add(12 * time.Hour)
		case "for":
			in.Description, in.Lines = words[i+1], []string{words[i+1]}
		case "from":
			in.Biller = words[i+1]
		}
	}
	s.invoices[words[0]] = s.stripe.AddInvoice(in)
	return nil
}

// import FILE: into the ledger.
func (s *stage) importFile(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	_, err := newLedger(s.life.app.backend, nil, s.life.app.clock.now).Import(s.t.Context(), words[0], strings.NewReader(s.files[words[0]]))
	return err
}

// elsewhere NUMBER: it is paid outside Kvitt.
func (s *stage) elsewhere(words []string) error {
	s.stripe.SettleElsewhere(s.invoices[words[0]])
	return nil
}

// amount NUMBER MINOR: its total becomes another one, in minor units.
func (s *stage) amount(words []string) error {
	minor, err := strconv.ParseInt(words[1], 10, 64)
	s.stripe.ChangeAmount(s.invoices[words[0]], minor)
	return err
}

// void NUMBER.
func (s *stage) void(words []string) error { s.stripe.Void(s.invoices[words[0]]); return nil }

// press WHO "BUTTON" [NUMBER] [in finance]: on the newest message that has it, or on the open modal.
func (s *stage) press(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	defer time.Sleep(breath)
	who, label := s.people[words[0]], words[1]
	if modals := s.slack.Modals(who); len(modals) > 0 && len(words) == 2 {
		top := modals[len(modals)-1]
		e, ok := top.Find(label)
		if !ok {
			return fmt.Errorf("the modal has no %q", label)
		}
		return s.slack.Press(s.t.Context(), who, e.Spot)
	}
	channel := s.slack.DM(who)
	if len(words) > 3 && words[2] == "in" || len(words) > 4 && words[3] == "in" {
		channel = s.finance
	}
	for _, m := range slices.Backward(s.slack.Messages(channel)) {
		e, ok := m.Find(label)
		if ok && (len(words) < 3 || words[2] == "in" || strings.Contains(m.Text, words[2])) {
			return s.slack.Press(s.t.Context(), who, e.Spot)
		}
	}
	return fmt.Errorf("there is no %q to press", label)
}

// later WHO "CHOICE" NUMBER [in finance]: chooses in the menu "Remind me later" of the newest message about an invoice.
func (s *stage) later(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	defer time.Sleep(breath)
	channel := s.slack.DM(s.people[words[0]])
	if len(words) > 3 {
		channel = s.finance
	}
	for _, m := range slices.Backward(s.slack.Messages(channel)) {
		for _, e := range m.Elements() {
			if e.Action != "later" || !strings.Contains(m.Text, words[2]) {
				continue
			}
			for _, o := range e.Options {
				if o.Text == words[1] {
					return s.slack.Press(s.t.Context(), s.people[words[0]], e.Spot, sandbox.Choose(o.Value))
				}
			}
		}
	}
	return fmt.Errorf("there is no %q to choose", words[1])
}

// choose WHO METHOD: in the open modal.
func (s *stage) choose(words []string) error {
	return s.fill(words[0], "method", cmp.Or(s.methods[words[1]], words[1]))
}

// write WHO BLOCK "TEXT": in the open modal.
func (s *stage) write(words []string) error { return s.fill(words[0], words[1], words[2]) }

func (s *stage) fill(name, block, value string) error {
	who := s.people[name]
	modals := s.slack.Modals(who)
	if len(modals) == 0 {
		return errors.New("there is no modal")
	}
	for _, e := range modals[len(modals)-1].Elements() {
		if e.Block != block {
			continue
		}
		for _, o := range e.Options {
			if o.Value == value || strings.EqualFold(o.Text, value) {
				value = o.Value
			}
		}
		return s.slack.Input(s.t.Context(), who, e.Spot, value)
	}
	return fmt.Errorf("the modal has no %q", block)
}

// submit WHO.
func (s *stage) submit(words []string) error {
	defer time.Sleep(breath)
	return s.submitNow(words[0])
}

func (s *stage) submitNow(name string) error {
	modals := s.slack.Modals(s.people[name])
	if len(modals) == 0 {
		return errors.New("there is no modal")
	}
	return s.slack.Submit(s.t.Context(), s.people[name], modals[len(modals)-1].ID)
}

// pay WHO[,WHO…] NUMBER [with METHOD]: Pay now, choose, submit; several people do each step at the same moment.
func (s *stage) pay(words []string) error {
	names := strings.Split(words[0], ",")
	method := "visa"
	if len(words) > 3 {
		method = words[3]
	}
	for _, name := range names {
		label := map[bool]string{true: "Betal nå", false: "Pay now"}[name == "bo"]
		if err := s.press([]string{name, label, words[1]}); err != nil {
			return err
		}
		if err := s.choose([]string{name, method}); err != nil {
			return err
		}
	}
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { errs[i] = s.submitNow(name) })
	}
	wg.Wait()
	time.Sleep(breath)
	return errors.Join(errs...)
}

// home WHO: opens App Home.
func (s *stage) home(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	defer time.Sleep(breath)
	return s.slack.OpenHome(s.t.Context(), s.people[words[0]])
}

// guest WHO: becomes a guest, so that the right to pay ends.
func (s *stage) guest(words []string) error {
	s.slack.SetPerson(s.people[words[0]], func(p *sandbox.Person) { p.Guest = true })
	return nil
}

// store down|up: whether the bot reaches its store.
func (s *stage) reachable(words []string) error {
	s.life.cut.Store(words[0] == "down")
	return nil
}

// share: #finance is shared with another organisation.
func (s *stage) share([]string) error {
	s.slack.SetChannel(s.finance, func(c *sandbox.Channel) { c.Shared = true })
	return nil
}

// fault stripe KIND (of the next payment) | stripe-after-charge KIND (of everything, until mend) | decline CODE | slack KIND METHOD.
func (s *stage) fault(words []string) error {
	switch words[0] {
	case "stripe":
		s.stripe.Fail(sandbox.StripeFault{Op: "/pay", Kind: sandbox.StripeFaultKind(words[1]), Times: 1, Delay: 5 * time.Second})
	case "stripe-after-charge":
		s.onCharge = func() { s.stripe.Fail(sandbox.StripeFault{Kind: sandbox.StripeFaultKind(words[1]), Times: -1}) }
	case "decline":
		s.stripe.DeclineNext(words[1])
	case "slack":
		kinds := map[string]sandbox.FaultKind{"429": sandbox.RateLimited, "cut after": sandbox.CutAfter, "cut before": sandbox.CutBefore,
			"500": sandbox.FailBefore, "500 after": sandbox.FailAfter, "slow": sandbox.Slow}
		kind, known := kinds[words[1]]
		if !known {
			return fmt.Errorf("no such fault %q", words[1])
		}
		s.slack.Fail(sandbox.Fault{Kind: kind, Method: words[2], RetryAfter: 5, Latency: 5 * time.Second})
	default:
		return fmt.Errorf("nobody knows the far end %q", words[0])
	}
	return nil
}

// authenticate NUMBER: the payer does so on Stripe's hosted page.
func (s *stage) authenticate(words []string) error {
	return s.stripe.Authenticate(s.invoices[words[0]])
}

// debit NUMBER with METHOD: somebody pays so on Stripe's hosted page.
func (s *stage) debit(words []string) error {
	return s.stripe.PayHosted(s.invoices[words[0]], s.methods[words[2]])
}

// clear NUMBER: its bank debit comes through.
func (s *stage) clear(words []string) error { s.stripe.Clear(s.invoices[words[0]]); return nil }

// mend: Stripe works again.
func (s *stage) mend([]string) error { s.stripe.Mend(); return nil }

// crash charge | crash METHOD "TEXT": the bot is killed when a charge was made, or when that call was applied.
func (s *stage) crash(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	t := &trap{what: words[0]}
	if len(words) > 1 {
		t.text = words[1]
	}
	s.armed.Store(t)
	return nil
}

// restart: the bot that was killed, or is stopped now, starts again.
func (s *stage) restart([]string) error {
	if s.armed.Load() != nil {
		return errors.New("the crash that was waited for never came")
	}
	s.end()
	return s.alive()
}

// stop: the bot is stopped, so that it can be given other settings; restart starts it.
func (s *stage) stop([]string) error { s.end(); return nil }

// type WHO "/invoices …": in #finance.
func (s *stage) typed(words []string) error {
	if err := s.alive(); err != nil {
		return err
	}
	defer time.Sleep(breath)
	return s.slack.Command(s.t.Context(), s.people[words[0]], s.finance, words[1])
}
