package front

import (
	"cmp"

	"github.com/ocpihub/ocpihub/routing"
)

// A sender that asks with headerExplain: 1 is told by headerRoute which way its
// message went, and why. Neither is part of OCPI; others ignore them.
const (
	headerExplain = "X-Hub-Explain"
	headerRoute   = "X-Hub-Route"
)

// explain notes the way of a message for a sender that asked.
func (q *request) explain(a routing.Answer) {
	if q.http.Header.Get(headerExplain) == "1" && a.Reason != "" {
		q.route = cmp.Or(string(a.Way), "none") + "; reason=" + string(a.Reason)
	}
}
