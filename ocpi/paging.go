package ocpi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// PageRequest is what a client asks of a paginated list (transport and format,
// Paginated Request). Zero values stand for absent parameters.
type PageRequest struct {
	From   time.Time // last_updated at or after this time
	To     time.Time // last_updated before this time
	Offset int       // objects to skip
	Limit  int       // most objects wanted; 0: as the server likes
	Cursor string    // where the page of an earlier Link begins, opaque to clients
}

// ParsePageRequest reads the query of a list leniently: parameters without a
// value count as absent, and a DateTime may have any form that ParseDateTime
// takes, also with a '+' that was not percent-encoded. An error names the
// parameter.
func ParsePageRequest(query url.Values) (PageRequest, error) {
	p := PageRequest{Cursor: query.Get("cursor")}
	var err error
	if p.From, err = dateParam(query, "date_from"); err != nil {
		return PageRequest{}, err
	}
	if p.To, err = dateParam(query, "date_to"); err != nil {
		return PageRequest{}, err
	}
	if p.Offset, err = countParam(query, "offset"); err != nil {
		return PageRequest{}, err
	}
	if p.Limit, err = countParam(query, "limit"); err != nil {
		return PageRequest{}, err
	}
	return p, nil
}

func dateParam(query url.Values, name string) (time.Time, error) {
	value := strings.TrimSpace(query.Get(name))
	if value == "" {
		return time.Time{}, nil
	}
	t, err := ParseDateTime(plusAgain(value))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// plusAgain puts back the '+' of a zone offset: in a query it reads as a blank
// unless it was escaped, and many do not escape it.
func plusAgain(value string) string {
	i := strings.LastIndexByte(value, ' ')
	if i < 0 || !strings.Contains(value[:i], ":") {
		return value
	}
	return value[:i] + "+" + value[i+1:]
}

func countParam(query url.Values, name string) (int, error) {
	value := strings.TrimSpace(query.Get(name))
	if value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s: %.40q is not a number of objects: give 0 or more", name, value)
	}
	return n, nil
}
