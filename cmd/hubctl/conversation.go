package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// printConversation prints records as one tree: each message with what the hub
// decided and answered, below it each call to a receiver, and below a command
// its result.
func printConversation(w io.Writer, records []*adminv1.TrafficRecord) error {
	ordered := inOrder(records)
	rows := [][]string{}
	for _, r := range ordered {
		rows = append(rows, conversationRow(r))
	}
	if err := printTraces(w, records); err != nil {
		return err
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "no record has this correlation id: it may be too old, or never have reached the hub")
		return err
	}
	var table strings.Builder
	if err := printRows(&table, rows); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n") {
		if _, err := fmt.Fprintln(w, line+shownFindings(ordered[i])+shownBody("sent", ordered[i].GetRequestBody())+shownBody("answered", ordered[i].GetAnswerBody())); err != nil {
			return err
		}
	}
	return nil
}

// shownFindings are lines below that of a record: what changed between versions.
func shownFindings(r *adminv1.TrafficRecord) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, "\n%14s"+format, append([]any{""}, args...)...) }
	for _, t := range r.GetTranslations() {
		line("%s, %s to %s:", t.GetObject(), t.GetFromVersion(), t.GetToVersion())
		if t.GetWithheld() != "" {
			line("  withheld: %s (%s)", t.GetWithheldWhy(), t.GetWithheld())
		}
		for _, f := range t.GetFindings() {
			times := ""
			if f.GetTimes() > 1 {
				times = fmt.Sprintf(" and %d more like it", f.GetTimes()-1)
			}
			line("  %s %s%s: %s (%s)", f.GetKind(), cmp.Or(printable(f.GetPointer()), "the object"), times, f.GetWhy(), f.GetReason())
		}
		if t.GetMore() > 0 {
			line("  and %d findings that are not listed", t.GetMore())
		}
	}
	return out.String()
}

// shownBody is a line below that of a record; empty when there is no body.
func shownBody(what string, b *adminv1.TrafficBody) string {
	switch {
	case b == nil:
		return ""
	case b.GetJson() == "":
		return fmt.Sprintf("\n%14s%s: %d bytes that are not kept", "", what, b.GetBytes())
	case b.GetCut():
		return fmt.Sprintf("\n%14s%s: the beginning of %d bytes, closed: %s", "", what, b.GetBytes(), printable(b.GetJson()))
	}
	return fmt.Sprintf("\n%14s%s: %s", "", what, printable(b.GetJson()))
}

// printTraces names the traces of a conversation, for whoever looks them up
// elsewhere: usually one.
func printTraces(w io.Writer, records []*adminv1.TrafficRecord) error {
	seen := map[string]bool{"": true}
	for _, r := range inOrder(records) {
		if id := r.GetTraceId(); !seen[id] {
			seen[id] = true
			if _, err := fmt.Fprintln(w, "trace", id); err != nil {
				return err
			}
		}
	}
	return nil
}

// inOrder sorts records by time. A message comes before its copies, though it
// may have begun in the same instant.
func inOrder(records []*adminv1.TrafficRecord) []*adminv1.TrafficRecord {
	out := slices.Clone(records)
	slices.SortStableFunc(out, func(a, b *adminv1.TrafficRecord) int {
		return cmp.Or(a.GetTime().AsTime().Compare(b.GetTime().AsTime()), cmp.Compare(a.GetAttempt(), b.GetAttempt()))
	})
	return out
}

func conversationRow(r *adminv1.TrafficRecord) []string {
	took := fmt.Sprintf("%d ms", r.GetDurationMs())
	at := r.GetTime().AsTime().Format("15:04:05.000")
	call := strings.TrimSpace(r.GetMethod() + " " + r.GetModule() + " " + r.GetObject())
	if r.GetAttempt() > 0 {
		to := fmt.Sprintf("%sto %s, attempt %d", branch(r), r.GetTo(), r.GetAttempt())
		return []string{at, to, call, answered(r), took, r.GetReason() + together(r) + crossed(r)}
	}
	head := fmt.Sprintf("%s%s to %s", branch(r), sender(r), cmp.Or(r.GetTo(), "nobody named"))
	decision := fmt.Sprintf("%s: %s%s", cmp.Or(r.GetRoute(), "not routed"), reason(r), crossed(r))
	if ref := r.GetAuthorizationReference(); ref != "" {
		decision += ", authorization_reference " + ref
	}
	return []string{at, head, call, answered(r), took, decision}
}

// together tells of an attempt that it brought other pushes as well.
func together(r *adminv1.TrafficRecord) string {
	if n := len(r.GetCovers()); n > 0 {
		return fmt.Sprintf(", together with %d more of this object", n)
	}
	return ""
}

// sender is the party that sent a message, or what is known of it.
func sender(r *adminv1.TrafficRecord) string {
	switch {
	case r.GetFrom() != "":
		return r.GetFrom()
	case r.GetFromPlatform() != "":
		return "platform " + r.GetFromPlatform()
	}
	return "an unknown sender"
}

// branch shows where a record hangs in the tree.
func branch(r *adminv1.TrafficRecord) string {
	result := r.GetRoute() == "callback"
	switch {
	case result && r.GetAttempt() > 0:
		return "   └─ "
	case result:
		return "└─ result: "
	case r.GetAttempt() > 0:
		return "├─ "
	}
	return ""
}

func answered(r *adminv1.TrafficRecord) string {
	switch {
	case r.GetHttpStatus() == 0:
		return "no answer"
	case r.GetOcpiStatus() == 0:
		return fmt.Sprintf("HTTP %d", r.GetHttpStatus())
	}
	return fmt.Sprintf("HTTP %d, OCPI %d", r.GetHttpStatus(), r.GetOcpiStatus())
}
