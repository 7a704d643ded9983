package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// judgeAnswers looks at what all answers have in common.
func judgeAnswers(all []Exchange) []Line {
	var out []Line
	for _, judge := range []func([]Exchange) (Line, bool){
		judgeEnvelope, judgeStatusCode, judgeContentType, judgeTimestamp, judgeClock,
		judgeMessageIDs, judgeRouting, judgeRedirects, judgeAnswerTime,
	} {
		if line, ok := judge(all); ok {
			out = append(out, line)
		}
	}
	return out
}

// tally counts the answers that something is wrong with.
type tally struct {
	of, bad int
	example string
}

func (t *tally) add(x Exchange, bad bool) {
	t.of++
	if bad {
		t.bad++
		if t.example == "" {
			t.example = "GET " + string(x.Module)
		}
	}
}

// String tells them: 3 of 14 answers (the first to GET locations).
func (t *tally) String() string {
	return fmt.Sprintf("%d of %s (the first to %s)", t.bad, count(t.of, "answer"), t.example)
}

// each counts the answers of success for which bad holds.
func each(all []Exchange, bad func(Exchange, answer) bool) tally {
	var t tally
	for _, x := range all {
		if a := x.answer(); x.succeeded() && a.form != nothing {
			t.add(x, bad(x, a))
		}
	}
	return t
}

func judgeEnvelope(all []Exchange) (Line, bool) {
	t := each(all, func(_ Exchange, a answer) bool { return a.form == bare })
	if t.bad > 0 {
		return checkEnvelope.fail(t.String()+" have no envelope", "wrap every answer: data, status_code, timestamp"), true
	}
	return checkEnvelope.ok("%s in an envelope", count(t.of, "answer")), t.of > 0
}

func judgeStatusCode(all []Exchange) (Line, bool) {
	t := each(all, func(_ Exchange, a answer) bool { return a.form == noStatus })
	if t.bad > 0 {
		return checkStatusCode.fail(t.String()+" have no status_code", "give status_code as a number in every answer, 1000 for a success"), true
	}
	return checkStatusCode.ok("it is there"), t.of > 0
}

func judgeContentType(all []Exchange) (Line, bool) {
	other := ""
	t := each(all, func(x Exchange, _ answer) bool {
		got := x.header("Content-Type")
		media, _, _ := strings.Cut(got, ";")
		bad := !strings.EqualFold(strings.TrimSpace(media), "application/json")
		if bad && other == "" {
			other = got
		}
		return bad
	})
	if t.bad > 0 {
		return checkContentType.warn(fmt.Sprintf("%s have Content-Type %q", &t, shown(other)), "send Content-Type: application/json"), true
	}
	return checkContentType.ok("application/json"), t.of > 0
}

func judgeMessageIDs(all []Exchange) (Line, bool) {
	var other tally
	sent := slices.DeleteFunc(slices.Clone(all), func(x Exchange) bool { return x.RequestID == "" })
	missing := each(sent, func(x Exchange, _ answer) bool {
		id, correlation := x.header(ocpi.HeaderRequestID), x.header(ocpi.HeaderCorrelationID)
		other.add(x, id != "" && id != x.RequestID || correlation != "" && correlation != x.CorrelationID)
		return id == "" || correlation == ""
	})
	switch {
	case other.bad > 0:
		return checkMessageIDs.fail(other.String()+" have ids of another message", "answer with X-Request-ID and X-Correlation-ID of the request"), true
	case missing.bad > 0:
		return checkMessageIDs.warn(missing.String()+" lack X-Request-ID or X-Correlation-ID", "answer with those of the request: by them messages are found"), true
	}
	return checkMessageIDs.ok("answers have those of the request"), missing.of > 0
}

// judgeRouting looks at answers of functional modules: who answered is from, who
// asked is to.
func judgeRouting(all []Exchange) (Line, bool) {
	var missing, wrong tally
	for _, x := range all {
		if !x.succeeded() || !x.Module.Functional() || x.Routing.To.IsZero() {
			continue
		}
		got, want := x.Reply.Routing, x.Routing.Reply()
		missing.add(x, got.To.IsZero() || got.From.IsZero())
		wrong.add(x, !got.To.IsZero() && got.To != want.To || !got.From.IsZero() && got.From != want.From)
	}
	switch {
	case wrong.bad > 0:
		return checkRouting.fail(wrong.String()+" do not turn OCPI-from and OCPI-to round", "answer from the party that was asked to the party that asked"), true
	case missing.bad > 0:
		return checkRouting.warn(missing.String()+" lack OCPI-from or OCPI-to", "answer from the party that was asked to the party that asked"), true
	}
	return checkRouting.ok("answers have them turned round"), missing.of > 0
}

func judgeRedirects(all []Exchange) (Line, bool) {
	var followed, refused tally
	for _, x := range all {
		if !x.came() {
			continue
		}
		followed.add(x, x.Reply.Details != nil && len(x.Reply.Details.Redirects) > 0)
		refused.add(x, x.Reply.Status >= 300 && x.Reply.Status < 400 && x.Reply.Status != http.StatusNotModified)
	}
	switch {
	case refused.bad > 0:
		return checkRedirects.fail(refused.String()+" redirect to where the hub does not follow", "register the URLs that answer: redirects lose bodies and tokens"), true
	case followed.bad > 0:
		return checkRedirects.warn(followed.String()+" come after a redirect", "list the URLs that answer, with or without the slash at the end"), true
	}
	return checkRedirects.ok("none"), followed.of > 0
}

// slow is how long answers may take: real-time authorisation has three seconds
// in all.
const slow = 2 * time.Second

func judgeAnswerTime(all []Exchange) (Line, bool) {
	var took []time.Duration
	for _, x := range all {
		if x.came() {
			took = append(took, x.Came.Sub(x.Asked))
		}
	}
	if len(took) == 0 {
		return Line{}, false
	}
	slices.Sort(took)
	median, slowest := took[len(took)/2], took[len(took)-1]
	found := fmt.Sprintf("usually %s, at most %s", median.Round(time.Millisecond), slowest.Round(time.Millisecond))
	if median > slow {
		return checkAnswerTime.warn(found, "answer within two seconds: drivers wait for some messages"), true
	}
	return checkAnswerTime.ok("%s", found), true
}
