package flows

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"kvitt/billing"
)

// Lang is a language that Kvitt speaks.
type Lang string

const (
	English   Lang = "en"
	Norwegian Lang = "nb" // Bokmål.
)

// LangOf is the language for a Slack locale ("nb-NO"), given the language of people of whom no other is known: Norwegian of any
// kind is Bokmål, and English says nothing, because it is what Slack gives to everybody who never chose.
func LangOf(locale string, otherwise Lang) Lang {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(locale), "_", "-"), "-")
	switch base {
	case "nb", "nn", "no":
		return Norwegian
	}
	return otherwise
}

//go:embed words/*.json
var wordFiles embed.FS

var bundle = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, lang := range []Lang{English, Norwegian} {
		if _, err := b.LoadMessageFileFS(wordFiles, "words/"+string(lang)+".json"); err != nil {
			panic("the embedded words are broken: " + err.Error())
		}
	}
	return b
})

// words says things in one language. What it returns is plain text, never markup.
type words struct {
	lang      Lang
	localizer *i18n.Localizer
	numbers   *message.Printer
}

func speak(lang Lang) words {
	if spoken, ok := voices()[lang]; ok {
		return spoken
	}
	return voices()[English]
}

var voices = sync.OnceValue(func() map[Lang]words {
	all := map[Lang]words{}
	for _, lang := range []Lang{English, Norwegian} {
		tag := language.MustParse(string(lang))
		all[lang] = words{lang: lang, localizer: i18n.NewLocalizer(bundle(), string(lang)), numbers: message.NewPrinter(tag)}
	}
	return all
})

// say returns the words for id; pairs are the names and values that its template uses.
func (w words) say(id string, pairs ...string) string {
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		data[pairs[i]] = pairs[i+1]
	}
	return w.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
}

// count returns the words for id that fit a number of things.
func (w words) count(id string, n int) string {
	return w.localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n, TemplateData: map[string]any{"Count": n}})
}

// localize panics on unknown words: which words there are is known when Kvitt is built, and a test says every one of them.
func (w words) localize(c *i18n.LocalizeConfig) string {
	text, err := w.localizer.Localize(c)
	if err != nil {
		panic(fmt.Sprintf("no words for %q in %q: %v", c.MessageID, w.lang, err))
	}
	return text
}

// money shows an amount in the way of the language, with the currency's own number of decimals and its ISO code: a "$" alone is
// nobody's currency.
func (w words) money(m billing.Money) string {
	digits, err := billing.Decimals(m.Currency)
	if err != nil {
		return m.String()
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(m.Decimal(), "-"), ".")
	text := w.grouped(whole)
	if digits > 0 {
		text += w.decimalSign() + fraction
	}
	if m.Minor < 0 {
		text = "-" + text
	}
	return text + " " + m.Currency
}

// grouped sets the thousands apart, digit by digit, so that no amount ever passes through a float.
func (w words) grouped(whole string) string {
	var n int64
	if _, err := fmt.Sscan(whole, &n); err != nil {
		return whole
	}
	return w.numbers.Sprint(number.Decimal(n))
}

func (w words) decimalSign() string {
	return strings.Trim(w.numbers.Sprint(number.Decimal(0.5, number.MinFractionDigits(1))), "05")
}

func (w words) date(d billing.Date) string {
	return w.say("date", "Day", fmt.Sprint(d.Day), "Month", w.say(fmt.Sprintf("month.%d", d.Month)), "Year", fmt.Sprint(d.Year))
}

// moment shows a point in time by the clock of a zone, and names the zone.
func (w words) moment(t time.Time, zone *time.Location) string {
	local := t.In(zone)
	return w.say("moment", "Date", w.date(billing.DateOf(t, zone)), "Time", local.Format("15:04 MST"))
}

// left says how far a due date is from a day.
func (w words) left(due, on billing.Date) string {
	switch days := due.DaysSince(on); {
	case days == 0:
		return w.say("left.today")
	case days == 1:
		return w.say("left.tomorrow")
	case days > 1:
		return w.count("left.days", days)
	default:
		return w.count("left.overdue", -days)
	}
}

// list joins names: "Asha, Bo or Cato".
func (w words) list(names []string, joiner string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + w.say(joiner) + " " + names[last]
}
