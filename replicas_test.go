package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"kvitt/sandbox"
	"kvitt/store"
	"kvitt/store/redistest"
)

var crowd = flag.Int("crowd", 16, "how many invoices two replicas work on; 100 takes about two minutes, at Slack's pace")

// team is a finance team of five whose Kvitt is two replicas on one Redis.
type team struct {
	*office
	redis  *redistest.Server
	admins []string
	bills  map[string]string // Number to Stripe's id.
}

func newTeam(t *testing.T, invoices int) *team {
	t.Helper()
	o := &team{office: newOffice(t), redis: redistest.Start(t, "--appendonly", "yes"), bills: map[string]string{}}
	o.admins = []string{o.asha, o.bo}
	for _, name := range []string{"Cem", "Dina", "Eva"} {
		o.admins = append(o.admins, o.slack.AddPerson(sandbox.Person{Name: name}))
	}
	for i := range invoices {
		number := fmt.Sprintf("INV-%03d", i+1)
		o.bills[number] = o.bill(number)
	}
	return o
}

func (o *team) replica() *process {
	return start(o.t, o.settings("REDIS_URL="+o.redis.URL(), "KVITT_DIGEST_FROM=1000", "KVITT_ADMINS="+strings.Join(o.admins, ",")), "serve")
}

// posted counts the messages about an invoice in a place: cards and confirmations.
func (o *team) posted(place, number string) (cards, confirmations int) {
	for _, m := range o.slack.Everything(place) {
		switch {
		case !strings.Contains(m.Text, number):
		case strings.HasPrefix(m.Text, "Paid: "):
			confirmations++
		default:
			cards++
		}
	}
	return cards, confirmations
}

// reminders counts the cards in every place.
func (o *team) reminders() (total, twice int) {
	for _, place := range o.everywhere() {
		for number := range o.bills {
			cards, _ := o.posted(place, number)
			total += cards
			twice += max(cards-1, 0)
		}
	}
	return total, twice
}

func (o *team) everywhere() []string {
	places := []string{o.finance}
	for _, who := range o.admins {
		places = append(places, o.slack.DM(who))
	}
	return places
}

// pays presses Pay now and submits, as a person would: what nobody answers is pressed again, and what is paid or under way is left alone.
func (o *team) pays(who, number string) (submitted bool) {
	ctx := o.t.Context()
	for began := time.Now(); time.Since(began) < 40*time.Second; time.Sleep(100 * time.Millisecond) {
		button, payable := o.card(o.slack.DM(who), number)
		if !payable {
			return false
		}
		if o.slack.Press(ctx, who, button.Spot) != nil {
			continue
		}
		view := o.filled(who)
		payable = view.Submit != ""
		answered := payable && o.slack.Submit(ctx, who, view.ID) == nil
		for _, v := range o.slack.Modals(who) {
			_ = o.slack.Close(ctx, who, v.ID)
		}
		if answered || !payable {
			return answered
		}
	}
	return false
}

// filled waits until the modal no longer says "One moment…".
func (o *team) filled(who string) (top sandbox.View) {
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		if modals := o.slack.Modals(who); len(modals) > 0 {
			if top = modals[len(modals)-1]; !strings.Contains(top.Words(), "One moment") {
				return top
			}
		}
	}
	return top
}

// clicks has every admin pay so many invoices, all at the same time; several choose the same ones.
func (o *team) clicks(each int, seed uint64) (submissions int) {
	var done sync.WaitGroup
	var mu sync.Mutex
	for i, who := range o.admins {
		chance := rand.New(rand.NewPCG(seed, uint64(i/2))) // Two and two have the same taste.
		var choice []string
		for range each {
			choice = append(choice, fmt.Sprintf("INV-%03d", 1+chance.IntN(len(o.bills))))
		}
		done.Go(func() {
			for _, number := range choice {
				if o.pays(who, number) {
					mu.Lock()
					submissions++
					mu.Unlock()
				}
			}
		})
	}
	done.Wait()
	return submissions
}

// paid are the numbers of the invoices for which money moved, and how often it moved twice.
func (o *team) paid() (numbers []string, twice int) {
	for number, id := range o.bills {
		if n := len(o.stripe.Charges(id)); n > 0 {
			numbers = append(numbers, number)
			twice += n - 1
		}
	}
	return numbers, twice
}

// confirmed counts the confirmations, in the channel and to whoever paid.
func (o *team) confirmed() (total, twice int) {
	numbers, _ := o.paid()
	for _, number := range numbers {
		private := 0
		for _, who := range o.admins {
			_, n := o.posted(o.slack.DM(who), number)
			private += n
		}
		_, public := o.posted(o.finance, number)
		total += public + private
		twice += max(public-1, 0) + max(private-1, 0)
	}
	return total, twice
}

func TestTwoReplicasDoEverythingOnceAndOneTakesOverFromTheOther(t *testing.T) {
	t.Parallel()
	o := newTeam(t, *crowd)
	first, second := o.replica(), o.replica()
	want := len(o.bills) * len(o.everywhere())
	o.soon("every reminder", time.Duration(*crowd)*2*time.Second+30*time.Second, func() bool { n, _ := o.reminders(); return n >= want })

	submissions := o.clicks(5, 1)
	dying := make(chan time.Time, 1)
	time.AfterFunc(700*time.Millisecond, func() { first.kill(); dying <- time.Now() })
	submissions += o.clicks(5, 2)
	died := <-dying
	numbers, _ := o.paid()
	o.soon("every confirmation", 40*time.Second, func() bool {
		numbers, _ = o.paid()
		n, _ := o.confirmed()
		return n >= 2*len(numbers)
	})
	t.Logf("one of two replicas was killed; everything was said %s later", time.Since(died).Round(100*time.Millisecond))
	time.Sleep(2500 * time.Millisecond)
	if code, _ := second.stop(); code != well {
		t.Errorf("the other exited with %d", code)
	}

	reminders, remindedTwice := o.reminders()
	numbers, chargedTwice := o.paid()
	confirmations, confirmedTwice := o.confirmed()
	t.Logf("%d invoices, %d admins, 50 clicks, %d submissions: %d reminders (%d twice), %d charges (%d twice), %d confirmations (%d twice)",
		len(o.bills), len(o.admins), submissions, reminders, remindedTwice, len(numbers), chargedTwice, confirmations, confirmedTwice)
	if reminders != want || remindedTwice+chargedTwice+confirmedTwice > 0 || confirmations != 2*len(numbers) || len(numbers) == 0 {
		t.Errorf("want %d reminders and %d confirmations, and nothing twice; people see:\n%s", want, 2*len(numbers), o.scene())
	}
	o.audit(numbers)
}

// audit compares the trails in Redis with what happened, and verifies every chain.
func (o *team) audit(paid []string) {
	o.t.Helper()
	memory, err := store.OpenRedis(o.t.Context(), o.redis.URL(), store.RedisOptions{})
	if err != nil {
		o.t.Fatal(err)
	}
	defer memory.Close()
	if count := o.trails(memory); count["paid"] != len(paid) || count["pay sent"] < len(paid) || count["paid elsewhere"] > 0 {
		o.t.Errorf("the audit trails say %v, and %d invoices were paid", count, len(paid))
	}
}
