package ocpi

import (
	"net/url"
	"strings"
)

// Specified returns the path below an endpoint as the specification shapes it,
// where it has another shape that some implementations use; every other path
// as it is. Paths are escaped.
func Specified(at Address, method, path string) string {
	for _, row := range rules[at] {
		if row.Method != method || row.Also == "" {
			continue
		}
		for i, also := range lengths(row.Also) {
			if given, fits := fill(also, path); fits {
				specified, _ := write(lengths(row.Path)[i], given) // each name of Path is one of Also
				return specified
			}
		}
	}
	return path
}

// OtherPath returns the path of a message in the other shape that some
// implementations want; ok is false when there is none. The path is escaped.
func (r *Rule) OtherPath(path string, body []byte) (other string, ok bool) {
	if r.Also == "" {
		return "", false
	}
	for i, shape := range lengths(r.Path) {
		if given, fits := fill(shape, path); fits {
			return write(lengths(r.Also)[i], func(name string) string {
				if value := given(name); value != "" {
					return value
				}
				return url.PathEscape(FindString(body, strings.Trim(name, "{}")))
			})
		}
	}
	return "", false
}

// lengths are the shapes that a shape with optional tails stands for, the
// shortest first.
func lengths(shape string) (out []string) {
	tails := strings.Split(strings.TrimRight(shape, "]"), "[")
	for i := range tails {
		out = append(out, strings.Join(tails[:i+1], ""))
	}
	return out
}

// fill reads the names of a shape from a path; fits is false when the path has
// another shape.
func fill(shape, path string) (given func(name string) string, fits bool) {
	values := map[string]string{}
	words, parts := strings.Split(shape, "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(words) != len(parts) {
		return nil, false
	}
	for i, word := range words {
		if !strings.HasPrefix(word, "{") && word != parts[i] || word != "" && parts[i] == "" {
			return nil, false
		}
		values[word] = parts[i]
	}
	return func(name string) string { return values[name] }, true
}

// write puts values into a shape; ok is false when one is missing.
func write(shape string, value func(name string) string) (path string, ok bool) {
	words := strings.Split(shape, "/")
	for i, word := range words {
		if !strings.HasPrefix(word, "{") {
			continue
		}
		if words[i] = value(word); words[i] == "" {
			return "", false
		}
	}
	return strings.Join(words, "/"), true
}
