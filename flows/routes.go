package flows

import (
	"context"

	"kvitt/bot"
)

// register says which handler answers what people do in Slack.
func (f *Flows) register() {
	f.Bot.OnPress(ActPay, f.pressPay)
	f.Bot.OnPress(ActSteps, f.pressPay)
	f.Bot.OnPress(ActView, f.pressView)
	f.Bot.OnPress(ActAdd, f.pressAdd)
	f.Bot.OnPress(ActAsk, f.pressAsk)
	f.Bot.OnPress(ActApprove, f.pressApprove)
	f.Bot.OnPress(ActDecline, f.pressDecline)
	f.Bot.OnPress(ActWithdraw, f.pressWithdraw)
	f.Bot.OnPress(ActUndo, f.pressUndo)
	f.Bot.OnPress(ActRelease, f.pressRelease)
	f.Bot.OnPress(ActOtherway, f.pressOtherway)
	f.Bot.OnPress(ActLang, f.chooseLanguage)
	f.Bot.OnPress(ActLater, f.chooseLater)
	f.Bot.OnPress(ActShow, f.pressShow)
	f.Bot.OnPress(ActPage+"/back", f.turnPage)
	f.Bot.OnPress(ActPage+"/on", f.turnPage)
	f.Bot.OnPress(ActOpen, func(context.Context, bot.Click) error { return nil })
	f.Bot.OnSuggest(actMethod, f.suggestMethods)
	f.Bot.OnSubmit(CallPay, f.told(f.submitPay))
	f.Bot.OnSubmit(CallUndo, f.told(f.submitUndo))
	f.Bot.OnSubmit(CallDecline, f.told(f.submitDecline))
	f.Bot.OnHome(f.home)
	f.Bot.OnCommand(CommandName, f.command)
}

// told lets the answer of a submission reach the person although something failed on the way: the handlers choose their words by what failed, and
// bot would put Sorry's in their place.
func (f *Flows) told(submit func(context.Context, bot.Click) (bot.Reply, error)) func(context.Context, bot.Click) (bot.Reply, error) {
	return func(ctx context.Context, c bot.Click) (bot.Reply, error) {
		reply, err := submit(ctx, c)
		if err != nil {
			f.Log.ErrorContext(ctx, "a submission could not be carried out; the person was told", "callback", c.Callback, "err", err)
		}
		return reply, nil
	}
}

// Sorry answers a submission that was not handled in time: what became of it, the message about the invoice shows.
func (f *Flows) Sorry(c bot.Click) bot.Reply {
	w := f.atHand(c.User)
	return replyView(tellView(w, w.say("modal.late")))
}

// atHand speaks to somebody in the language that Slack said last, asking nobody.
func (f *Flows) atHand(user string) words {
	lang := f.Policy.Locale
	if person, known := f.Bot.Known(user); known {
		lang = LangOf(person.Locale, lang)
	}
	return speak(lang)
}
