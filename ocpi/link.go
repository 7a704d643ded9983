package ocpi

import (
	"iter"
	"strings"
)

// FormatLinkNext writes the Link header that leads to the next page (transport
// and format, Paginated Response).
func FormatLinkNext(url string) string { return "<" + url + `>; rel="next"` }

// ParseLinkNext returns the target of the first link with rel="next" in the
// Link headers of an answer, as it is written: it may be relative. It reads
// leniently (H-130): any case, several links in one header, several relations
// in one rel, quotes left out. Without such a link, or when the header is empty
// or cannot be read, ok is false: the page is the last.
func ParseLinkNext(header []string) (target string, ok bool) {
	for _, value := range header {
		for target, params := range links(value) {
			if target != "" && hasRelation(params, "next") {
				return target, true
			}
		}
	}
	return "", false
}

// links yields the target and the parameters of each link in a Link header.
func links(value string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for {
			_, rest, opened := strings.Cut(value, "<")
			target, rest, closed := strings.Cut(rest, ">")
			if !opened || !closed {
				return
			}
			var params string
			params, value = cutUnquoted(rest, ',')
			if !yield(strings.TrimSpace(target), params) {
				return
			}
		}
	}
}

func hasRelation(params, relation string) bool {
	for params != "" {
		var param string
		param, params = cutUnquoted(params, ';')
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for word := range strings.FieldsSeq(strings.Trim(value, ` "'`)) {
			if strings.EqualFold(word, relation) {
				return true
			}
		}
		return false // only the first rel of a link counts (RFC 8288, 3.3)
	}
	return false
}

// cutUnquoted cuts s at the first separator that is not within double quotes.
func cutUnquoted(s string, separator byte) (before, after string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
