package ocpitest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// answerFlaws are what goes wrong with answers: their envelope, headers, times.
func answerFlaws() []Flaw {
	return []Flaw{
		{Name: "no-envelope", Does: "answers are the data alone, without the envelope of OCPI", script: adding(bare)},
		{Name: "status-missing", Does: "the envelope has no status_code", script: adding(withoutStatus)},
		{Name: "clock-skew", Does: "the clock is ten minutes fast, in Date headers and timestamps", script: adding(fastClock)},
		{Name: "local-time", Does: "timestamps are local time, two hours from UTC", script: adding(localTime)},
		{Name: "no-request-id-echo", Does: "answers have no X-Request-ID and X-Correlation-ID", script: adding(withoutIDs)},
		{Name: "routing-headers-not-turned", Does: "OCPI-from and OCPI-to come back as they were sent", script: adding(notTurned)},
		{Name: "wrong-content-type", Does: "answers are text/plain", script: adding(plainText)},
		{Name: "html-404", Does: "unknown paths are answered with a web page", script: adding(webPage)},
	}
}

// miscount raises X-Total-Count.
func miscount(_ Call, w *Written) {
	if n, err := strconv.Atoi(w.Header.Get(ocpi.HeaderTotalCount)); err == nil {
		w.Header.Set(ocpi.HeaderTotalCount, strconv.Itoa(n+7))
	}
}

// bare gives the data of every success without its envelope.
func bare(c Call, w *Written) {
	if env, ok := w.succeeded(); ok && c.Method == http.MethodGet && len(env.Data) > 0 {
		w.Body = env.Data
	}
}

// withoutStatus leaves the status_code out.
func withoutStatus(_ Call, w *Written) {
	env, ok := w.envelope()
	if !ok {
		return
	}
	rest := map[string]any{"timestamp": env.Timestamp}
	if len(env.Data) > 0 {
		rest["data"] = env.Data
	}
	w.Body = mustJSON(rest)
}

// fastClock puts the answer ten minutes ahead.
func fastClock(_ Call, w *Written) {
	const fast = 10 * time.Minute
	w.Header.Set("Date", time.Now().Add(fast).UTC().Format(http.TimeFormat))
	stamp(w, func(t time.Time) string { return ocpi.FormatDateTime(t.Add(fast)) })
}

// localTime writes what a clock on the wall shows, two hours east.
func localTime(_ Call, w *Written) {
	stamp(w, func(t time.Time) string { return t.Add(2 * time.Hour).Format("2006-01-02T15:04:05") })
}

// stamp writes the timestamp of the envelope anew.
func stamp(w *Written, write func(time.Time) string) {
	env, ok := w.envelope()
	at, err := ocpi.ParseDateTime(env.Timestamp)
	if ok && err == nil {
		env.Timestamp = write(at)
		w.Body = env.Bytes()
	}
}

func withoutIDs(_ Call, w *Written) {
	w.Header.Del(ocpi.HeaderRequestID)
	w.Header.Del(ocpi.HeaderCorrelationID)
}

func notTurned(c Call, w *Written) {
	if c.Module.Functional() && c.Version != ocpi.V211 {
		setRouting(w.Header, c.Routing)
	}
}

func plainText(_ Call, w *Written) { w.Header.Set("Content-Type", "text/plain; charset=utf-8") }

func webPage(_ Call, w *Written) {
	if w.Status == http.StatusNotFound {
		w.Header.Set("Content-Type", "text/html")
		w.Body = []byte("<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>")
	}
}
