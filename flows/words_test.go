package flows

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kvitt/billing"
)

// spoken reads one language's file: every text by its id, plurals as "id#one".
func spoken(lang Lang) map[string]string {
	raw, err := wordFiles.ReadFile("words/" + string(lang) + ".json")
	must(err)
	var file map[string]any
	must(json.Unmarshal(raw, &file))
	texts := map[string]string{}
	for id, v := range file {
		if text, ok := v.(string); ok {
			texts[id] = text
			continue
		}
		for form, text := range v.(map[string]any) {
			texts[id+"#"+form] = text.(string)
		}
	}
	return texts
}

var variable = regexp.MustCompile(`{{[^}]*}}`)

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	en, nb := spoken(English), spoken(Norwegian)
	for id, text := range en {
		other, ok := nb[id]
		if !ok {
			t.Errorf("%s has no Norwegian words", id)
			continue
		}
		if a, b := variables(text), variables(other); !slices.Equal(a, b) {
			t.Errorf("%s uses %v in English and %v in Norwegian", id, a, b)
		}
		if text == other && strings.Trim(variable.ReplaceAllString(text, ""), ":, ") != "" {
			t.Errorf("%s is %q in both", id, text)
		}
	}
	for id, text := range nb {
		if en[id] == "" || strings.TrimSpace(text) != text || text == "" {
			t.Errorf("%s: %q and %q", id, en[id], text)
		}
	}
	for id := range en {
		if base, form, plural := strings.Cut(id, "#"); plural && (en[base+"#one"] == "" || en[base+"#other"] == "" || form != "one" && form != "other") {
			t.Errorf("%s needs the forms one and other", base)
		}
	}
}

// commandWords are typed the same in every language.
var commandWords = regexp.MustCompile(`/invoices \w+`)

func variables(text string) []string {
	found := variable.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestNoEnglishIsLeftInNorwegian(t *testing.T) {
	english := regexp.MustCompile(`(?i)\b(the|this|that|is|are|was|your|you|we|not|pay|paid|payment|invoice|and|or|of|by|due|nothing|please|again|try|choose|add|close|undo)\b`)
	for id, text := range spoken(Norwegian) {
		plain := commandWords.ReplaceAllString(variable.ReplaceAllString(text, ""), "")
		if word := english.FindString(plain); word != "" {
			t.Errorf("%s says %q: %s", id, word, text)
		}
	}
}

func TestLabelsFit(t *testing.T) {
	most := map[int][]string{
		24: {"pay", "undo", "close", "modal.title", "modal.progress.title", "modal.view.title", "undo.title", "ledger.submit", "approval.title", "approval.decline.title", "approval.decline"},
		30: {"view", "release", "modal.add", "modal.ask", "modal.link", "modal.add.link", "modal.choose", "modal.method", "home.language", "approval.approve", "approval.withdraw"},
	}
	for _, lang := range []Lang{English, Norwegian} {
		for longest, ids := range most {
			for _, id := range ids {
				if text := speak(lang).say(id); utf8.RuneCountInString(text) > longest {
					t.Errorf("%s: %q is longer than %d", lang, text, longest)
				}
			}
		}
	}
}

// code finds the ids that the package says, and every text that could be one.
func code(t *testing.T) (said, texts map[string]bool) {
	said, texts = map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("*.go")
	must(err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				texts[text] = true
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			how, isMethod := call.Fun.(*ast.SelectorExpr)
			what, isText := call.Args[0].(*ast.BasicLit)
			if isMethod && isText && (how.Sel.Name == "say" || how.Sel.Name == "count") && what.Kind == token.STRING {
				id, _ := strconv.Unquote(what.Value)
				said[how.Sel.Name+" "+id] = true
			}
			return true
		})
	}
	return said, texts
}

func TestEveryWordInTheCodeExistsAndNoneIsIdle(t *testing.T) {
	said, texts := code(t)
	if len(said) < 40 {
		t.Fatalf("only %d found; does this test still read the code?", len(said))
	}
	words := spoken(English)
	for call := range said {
		how, id, _ := strings.Cut(call, " ")
		if plural := words[id+"#other"] != ""; words[id] == "" && !plural || plural != (how == "count") {
			t.Errorf("%s(%q): there are no such words", how, id)
		}
	}
	made := regexp.MustCompile(`^(month|notice|decline|state|confirm|command|approval)\.`)
	for id := range words {
		if base, _, _ := strings.Cut(id, "#"); !texts[base] && !texts[id] && !made.MatchString(id) {
			t.Errorf("nobody says %s", id)
		}
	}
	for _, e := range endings {
		if words["approval."+string(e)] == "" {
			t.Errorf("no words for a request that is %s", e)
		}
	}
	for _, d := range declines {
		if words["decline."+string(d)] == "" {
			t.Errorf("no words for the refusal %q", d)
		}
	}
	for _, n := range notices() {
		if words["notice."+string(n.Kind)] == "" {
			t.Errorf("no words for the notice %q", n.Kind)
		}
	}
}

func TestMoneyIsWrittenInTheWayOfTheLanguage(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency string
		en, nb   string
	}{
		{123450, "EUR", "1,234.50 EUR", "1\u00a0234,50 EUR"}, {0, "EUR", "0.00 EUR", "0,00 EUR"}, {5, "NOK", "0.05 NOK", "0,05 NOK"},
		{-123456789, "USD", "-1,234,567.89 USD", "-1\u00a0234\u00a0567,89 USD"}, {-5, "USD", "-0.05 USD", "-0,05 USD"},
		{1234567, "JPY", "1,234,567 JPY", "1\u00a0234\u00a0567 JPY"}, {12345678, "KWD", "12,345.678 KWD", "12\u00a0345,678 KWD"},
		{99999, "EUR", "999.99 EUR", "999,99 EUR"}, {100000, "EUR", "1,000.00 EUR", "1\u00a0000,00 EUR"},
		{math.MaxInt64, "USD", "92,233,720,368,547,758.07 USD", "92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,07 USD"},
		{math.MinInt64, "USD", "-92,233,720,368,547,758.08 USD", "-92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,08 USD"},
		{math.MaxInt64, "JPY", "9,223,372,036,854,775,807 JPY", "9\u00a0223\u00a0372\u00a0036\u00a0854\u00a0775\u00a0807 JPY"},
	} {
		m := billing.Money{Minor: c.minor, Currency: c.currency}
		if en, nb := speak(English).money(m), speak(Norwegian).money(m); en != c.en || nb != c.nb {
			t.Errorf("%s: %q and %q, want %q and %q", m, en, nb, c.en, c.nb)
		}
	}
}

func TestDatesAndDaysLeft(t *testing.T) {
	en, nb, due := speak(English), speak(Norwegian), on(2026, time.March, 8)
	for _, c := range []struct{ got, want string }{
		{en.date(due), "8 March 2026"}, {nb.date(due), "8. mars 2026"}, {nb.date(on(2026, 5, 17)), "17. mai 2026"},
		{en.left(due, due), "today"}, {nb.left(due, due), "i dag"}, {en.left(due, on(2026, 3, 7)), "tomorrow"}, {nb.left(due, on(2026, 3, 7)), "i morgen"},
		{en.left(due, on(2026, 3, 1)), "in 7 days"}, {nb.left(due, on(2026, 3, 1)), "om 7 dager"}, {en.left(due, on(2026, 3, 9)), "1 day overdue"},
		{nb.left(due, on(2026, 3, 9)), "forfalt for 1 dag siden"}, {en.left(due, on(2026, 3, 29)), "21 days overdue"}, {nb.left(due, on(2026, 3, 29)), "forfalt for 21 dager siden"},
		{en.moment(monday, zone(t, "Europe/Oslo")), "2 March 2026, 13:00 CET"}, {nb.moment(monday, zone(t, "Europe/Oslo")), "2. mars 2026 kl. 13:00 CET"},
		{en.list([]string{"Asha", "Bo", "Cato"}, "or"), "Asha, Bo or Cato"}, {nb.list([]string{"Asha", "Bo"}, "and"), "Asha og Bo"}, {en.list(nil, "or"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestTheLanguageOfALocale(t *testing.T) {
	for locale, want := range map[string]Lang{"nb-NO": Norwegian, "nn_NO": Norwegian, "NO": Norwegian, "nb": Norwegian, "en-US": "?", "en-GB": "?", "": "?", "sv-SE": "?", "nbx": "?"} {
		if got := LangOf(locale, "?"); got != want {
			t.Errorf("%q is %q, want %q", locale, got, want)
		}
	}
	if got := speak("xx").say("pay"); got != "Pay now" {
		t.Errorf("a language that nobody speaks says %q", got)
	}
	if langs := slices.Sorted(maps.Keys(voices())); len(langs) != 2 {
		t.Errorf("%v", langs)
	}
	files, err := os.ReadDir("words")
	if err != nil || len(files) != 2 {
		t.Errorf("%d files of words, %v", len(files), err)
	}
}
