package ocpi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// PageRequest is what a client asks of a list (transport and format, Paginated
// Request). Zero values stand for absent parameters.
type PageRequest struct {
	// From is inclusive, To exclusive, both on last_updated.
	From, To time.Time
	// Offset counts from 0. Limit is 0 when the client names none.
	Offset, Limit int
	// Cursor is the hub's own, from a Link that it gave.
	Cursor string
}

// ParsePageRequest reads the parameters of a list, DateTimes leniently. Errors
// name the parameter.
func ParsePageRequest(query url.Values) (PageRequest, error) {
	req := PageRequest{Cursor: query.Get("cursor")}
	for name, field := range map[string]*time.Time{"date_from": &req.From, "date_to": &req.To} {
		if err := parseDate(query.Get(name), field); err != nil {
			return PageRequest{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, field := range map[string]*int{"offset": &req.Offset, "limit": &req.Limit} {
		if err := parseCount(query.Get(name), field); err != nil {
			return PageRequest{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return req, nil
}

// parseDate reads a DateTime. The plus of an offset that was not escaped
// arrives as a blank.
func parseDate(s string, field *time.Time) (err error) {
	if s == "" {
		return nil
	}
	if i := strings.LastIndexByte(s, ' '); i > len("2006-01-02") {
		s = s[:i] + "+" + s[i+1:]
	}
	*field, err = ParseDateTime(s)
	return err
}

func parseCount(s string, field *int) error {
	if s == "" {
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a whole number from 0", s)
	}
	*field = n
	return nil
}

// ParseLinkNext finds the target of rel="next" in Link headers, leniently: in
// any case, with several links or relations, with or without quotes (H-130). An
// empty header, as some send on the last page, holds none.
func ParseLinkNext(headers []string) (target string, ok bool) {
	for _, header := range headers {
		for header != "" {
			_, rest, found := strings.Cut(header, "<")
			if !found {
				break
			}
			link, params, found := strings.Cut(rest, ">")
			if !found {
				break
			}
			params, header = splitLink(params)
			if hasNext(params) && strings.TrimSpace(link) != "" {
				return strings.TrimSpace(link), true
			}
		}
	}
	return "", false
}

// splitLink cuts the parameters of one link from those that follow it.
func splitLink(s string) (params, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// hasNext says whether the parameters of a link hold the relation next.
func hasNext(params string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for _, rel := range strings.Fields(strings.Trim(strings.TrimSpace(value), `"'`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}

// FormatLinkNext writes a Link header exactly as specified.
func FormatLinkNext(target string) string { return "<" + target + `>; rel="next"` }
