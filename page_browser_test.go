package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a person would wait for the page.
const patience = 15 * time.Second

// needs finds a program without which a test proves nothing. A machine that lacks it fails, unless whoever runs the tests says ALLOW_SKIP=1.
func needs(t *testing.T, programs ...string) string {
	t.Helper()
	for _, program := range programs {
		if path, err := exec.LookPath(program); err == nil {
			return path
		}
	}
	missing := "none of " + strings.Join(programs, ", ") + " is on this machine; make tools installs it, ALLOW_SKIP=1 does without"
	if os.Getenv("ALLOW_SKIP") == "1" {
		t.Skip(missing)
	}
	t.Fatal(missing)
	return ""
}

// openBrowser starts a browser that ends with the test.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(needs(t, "chromium", "chromium-browser", "google-chrome")),
		chromedp.WindowSize(1280, 800), chromedp.Flag("lang", "en-GB"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has no sandbox for root, as whom containers often run.
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return browser
}

// tab is one window on the demo. Whatever is not so within patience ends the test with a look at the page.
type tab struct {
	t       *testing.T
	ctx     context.Context
	address string
	ids     map[string]string // People and places by name.
}

// openTab opens a window; what the page complains of in the browser's console fails the test.
func openTab(t *testing.T, browser context.Context, address string, ids map[string]string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800)); err != nil { // Without a deadline: it would be the window's, too.
		t.Fatal(err)
	}
	p := &tab{t: t, ctx: ctx, address: address, ids: ids}
	console := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range console {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				t.Errorf("the browser's console says: %s %s", m, m.URL)
			}
		}
	}()
	t.Cleanup(func() { closeTab(); <-done })
	return p
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v; the page says:\n%s", err, p.text("body"))
	}
}

// script runs an expression in the page. Arguments are put in as JSON.
func script[T any](p *tab, format string, args ...any) T {
	p.t.Helper()
	for i, a := range args {
		raw, _ := json.Marshal(a)
		args[i] = string(raw)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(format, args...)))
	if err != nil {
		p.t.Fatalf("in the page: %v", err)
	}
	return got
}

// soon waits until an expression is true in the page.
func (p *tab) soon(what, format string, args ...any) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(30 * time.Millisecond) {
		if script[bool](p, "Boolean("+format+")", append([]any(nil), args...)...) {
			return
		}
	}
	p.t.Fatalf("not within %s: %s; the page says:\n%s", patience, what, p.text("body"))
}

// visit opens a place as a person, from the start.
func (p *tab) visit(who, place string) {
	p.t.Helper()
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(p.address+"/#as="+p.ids[who]+"&in="+p.ids[place]))
	p.soon("the page as "+who, `document.body.dataset.ready === %s`, p.ids[who])
}

// text is what a part of the page says.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return script[string](p, `document.querySelector(%s)?.innerText ?? ""`, selector)
}

func (p *tab) see(selector string, parts ...string) {
	p.t.Helper()
	for _, part := range parts {
		p.soon(part, `document.querySelector(%s)?.innerText.replace(/\s+/g, " ").includes(%s)`, selector, part)
	}
}

func (p *tab) gone(selector string) {
	p.t.Helper()
	p.soon("no "+selector, `!document.querySelector(%s)`, selector)
}

// cardOf is the card about an invoice: the first message that names it.
const cardOf = `[...document.querySelectorAll("#messages article.message")].find((m) => m.innerText.includes(%s))`

func (p *tab) seeIn(invoice string, parts ...string) {
	p.t.Helper()
	for _, part := range parts {
		p.soon(part+" on the card of "+invoice, cardOf+`?.innerText.includes(%s)`, invoice, part)
	}
}

func (p *tab) lacksIn(invoice, action string) {
	p.t.Helper()
	p.soon("no "+action+" on the card of "+invoice, cardOf+`?.querySelector("[data-action-id=" + %s + "]") === null`, invoice, action)
}

// buttonIn is the selector of a button on an invoice's card.
func (p *tab) buttonIn(invoice, action string) string {
	p.t.Helper()
	p.soon(action+" on the card of "+invoice, cardOf+`?.querySelector("[data-action-id=" + %s + "]")`, invoice, action)
	return fmt.Sprintf(`#messages [data-ts=%q] [data-action-id=%q]`, script[string](p, cardOf+`.dataset.ts`, invoice), action)
}

func (p *tab) pressIn(invoice, action string) {
	p.t.Helper()
	p.click(p.buttonIn(invoice, action))
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// choose takes the option of a menu that begins with a label, as the browser's own list does, which is drawn outside the page and cannot be clicked by a script.
func (p *tab) choose(action, label string) {
	p.t.Helper()
	p.soon(label+" chosen", `(() => {
		const menu = document.querySelector("#modal select[data-action-id=" + %s + "]");
		const option = [...menu?.options ?? []].find((o) => o.text.startsWith(%s));
		if (!option) return false;
		menu.value = option.value;
		menu.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, action, label)
}

func (p *tab) keys(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// tabTo presses Tab until something has the focus.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	for range 60 {
		if script[bool](p, `document.activeElement?.matches(%s) ?? false`, selector) {
			return
		}
		p.keys(kb.Tab)
	}
	p.t.Fatalf("the keyboard does not reach %s", selector)
}

func (p *tab) focused(selector string) {
	p.t.Helper()
	p.soon("the focus on "+selector, `document.activeElement?.matches(%s)`, selector)
}

// watch remembers everything that a part of the page says from now on, however briefly.
func (p *tab) watch(selector string) {
	p.t.Helper()
	script[bool](p, `(() => {
		const part = document.querySelector(%s);
		window.said = [];
		new MutationObserver(() => window.said.push(part.innerText)).observe(part, { subtree: true, childList: true, characterData: true });
		return true;
	})()`, selector)
}

func (p *tab) saw(part string) {
	p.t.Helper()
	if !script[bool](p, `window.said.some((text) => text.includes(%s))`, part) {
		p.t.Errorf("nobody could read %q; what could be read: %q", part, script[[]string](p, `window.said`))
	}
}

// fits proves that nothing sticks out at the side.
func (p *tab) fits() {
	p.t.Helper()
	wide := script[[]string](p, `[document.documentElement, document.body, ...document.querySelectorAll("#main, #scroller, #messages, #home, .message, .block, #modal, .modal-body, #panel, .panel-part, .wire-entry")]
		.filter((el) => el.checkVisibility() && (el.scrollWidth > el.clientWidth + 1 || el.getBoundingClientRect().right > innerWidth + 1))
		.map((el) => el.localName + "#" + el.id + "." + el.className + " " + el.scrollWidth + " > " + el.clientWidth)`)
	if len(wide) > 0 {
		p.t.Errorf("these stick out: %q", wide)
	}
}
