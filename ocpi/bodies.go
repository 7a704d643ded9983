package ocpi

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// Bodies are what one call carried, as it came: driver data is not masked. It
// hides from logs. The slices belong to the message.
type Bodies struct {
	Module ModuleID
	Side   Interface // whose endpoint was called
	// Path is that below the endpoint, unmasked: it may name a driver.
	Path            string
	Request, Answer []byte
}

// String shows nothing of it.
func (Bodies) String() string { return Masked }

// LogValue shows nothing of it.
func (Bodies) LogValue() slog.Value { return slog.StringValue(Masked) }

// Kept says whether bodies of the module may be kept at all: not those with
// credentials, and none of which nobody knows what names a driver in them.
func (b Bodies) Kept() bool { return b.Module.Functional() && !b.Module.Custom() }

// MaskedBody is a body as it may be kept.
type MaskedBody struct {
	// JSON is the body with what could name a driver masked, an object or an
	// array; empty when nothing may be kept of it: it is no JSON, for one.
	JSON []byte
	// Cut: JSON is the beginning of the body, closed where that ends.
	Cut bool
}

// Mask masks both bodies, which may be cut off anywhere. What is found in one
// under a name that tells of a driver is masked in both wherever it stands.
func (b Bodies) Mask() (request, answer MaskedBody) {
	if !b.Kept() {
		return MaskedBody{}, MaskedBody{}
	}
	m := masker{module: b.Module}
	m.learnPath(b.Side, b.Path)
	for _, body := range [][]byte{b.Request, b.Answer} {
		m.walk(body, nil)
	}
	var out [2]MaskedBody
	for i, body := range [][]byte{b.Request, b.Answer} {
		var w jsonWriter
		whole := m.walk(body, &w)
		if w.opened {
			out[i] = MaskedBody{JSON: w.close(), Cut: !whole}
		}
	}
	return out[0], out[1]
}

// masker knows the secrets of one call.
type masker struct {
	module  ModuleID
	secrets []string // in lower case
}

const (
	// leastSecret is how long a value must be to be looked for elsewhere: short
	// ones name nobody, and would mask every other word.
	leastSecret = 4
	mostSecrets = 100
)

func (m *masker) learn(value string) {
	value = strings.ToLower(strings.TrimSpace(value))
	if len(value) >= leastSecret && len(m.secrets) < mostSecrets && !slices.Contains(m.secrets, value) {
		m.secrets = append(m.secrets, value)
	}
}

// learnPath learns what MaskPath masks of a path.
func (m *masker) learnPath(side Interface, path string) {
	masked := strings.Split(MaskPath(m.module, side, path), "/")
	for i, part := range strings.Split(path, "/") {
		if len(masked) > i && masked[i] == part {
			continue
		}
		m.learn(part)
		if plain, err := url.PathUnescape(part); err == nil {
			m.learn(plain)
		}
	}
}

// tells says whether a text holds a secret.
func (m *masker) tells(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(m.secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

// walk goes through a body up to its end, or to where it is no JSON any more.
// Without a writer it learns the secrets, else it writes the rest. whole says
// that it came to the end.
func (m *masker) walk(body []byte, w *jsonWriter) (whole bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var at spot
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if delim, ok := token.(json.Delim); ok {
			if at = m.bracket(at, delim, w); len(at) == 0 {
				return len(bytes.TrimSpace(body[d.InputOffset():])) == 0
			}
			continue
		}
		if len(at) == 0 {
			return false // a lone value: nobody knows what it is
		}
		if name, ok := token.(string); ok && at.wantsName() {
			at.name(name)
			continue
		}
		m.scalar(at, token, w)
		at.valueDone()
	}
}

// bracket enters or leaves an object or an array.
func (m *masker) bracket(at spot, delim json.Delim, w *jsonWriter) spot {
	switch delim {
	case '{', '[':
		f := frame{object: delim == '{', secret: at.secret(), of: at.named()}
		if at.named() != "" && !f.secret && m.secretName(at.named(), true) {
			f.secret = true
			m.write(w, at, Masked)
		} else if !f.secret && w != nil {
			w.value(at.label(m), string(delim))
			w.open(delim)
		}
		return append(at, f)
	default:
		if !at.secret() && w != nil {
			w.leave()
		}
		at = at[:len(at)-1]
		at.valueDone()
		return at
	}
}

// scalar learns or writes a string, number, truth value or null.
func (m *masker) scalar(at spot, token json.Token, w *jsonWriter) {
	text := ""
	switch v := token.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	hide := token != nil && m.secretName(at.named(), false)
	switch {
	case w == nil && (hide || at.secret()):
		m.learn(text)
	case w == nil || at.secret():
	case hide || m.tells(text):
		m.write(w, at, Masked)
	default:
		m.write(w, at, token)
	}
}

func (m *masker) write(w *jsonWriter, at spot, v any) {
	if w == nil {
		return
	}
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // a scalar always can be
	w.value(at.label(m), strings.TrimSuffix(raw.String(), "\n"))
}
