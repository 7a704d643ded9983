// Package strictjson is the one strict look at a JSON text, at the door. Text
// that passes reads the same to every parser: it is valid JSON (RFC 8259) in
// valid UTF-8, no object has a name twice at any depth and however the name is
// escaped, the nesting is bounded, and nothing follows the value. After it,
// code may look into the bytes with lenient means.
//
// Errors tell what is wrong and where, by byte offset and JSON pointer. They
// hold names of members but never a value, so they may be shown and logged.
package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is the deepest nesting of objects and arrays that is accepted. OCPI
// objects need less than ten; the bound keeps recursive readers off the end of
// their stack.
const MaxDepth = 1000

// Check reports why body is not one strict JSON value, or nil. The error is
// meant for who sent the body. It does not keep body, and allocates nothing
// for a body that passes.
func Check(body []byte) error {
	if offset, deep := tooDeep(body); deep {
		return fmt.Errorf("it nests deeper than %d levels at byte %d", MaxDepth, offset)
	}
	if jsontext.Value(body).IsValid() {
		return nil
	}
	return diagnose(body)
}

// IsObject says whether a body that passed Check is a JSON object.
func IsObject(body []byte) bool {
	text := bytes.TrimLeft(body, " \t\r\n")
	return len(text) > 0 && text[0] == '{'
}

// tooDeep finds where the nesting passes MaxDepth. It runs before the parser,
// which recurses; counting brackets spares nearly every body the walk.
func tooDeep(body []byte) (offset int, deep bool) {
	if bytes.Count(body, []byte("{"))+bytes.Count(body, []byte("[")) <= MaxDepth {
		return 0, false
	}
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return i, true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return 0, false
}

// diagnose parses a body that is known to be wrong once more, with positions.
func diagnose(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	_, err := d.ReadValue()
	if err == nil {
		return fmt.Errorf("more text follows the value after byte %d", d.InputOffset())
	}
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return errors.New("it cannot be read")
	}
	return fmt.Errorf("%s at byte %d%s", fault(body, syntax), syntax.ByteOffset, within(syntax.JSONPointer))
}

// fault names the mistake in words of our own: the parser's quote the text.
func fault(body []byte, err *jsontext.SyntacticError) string {
	switch {
	case errors.Is(err.Err, jsontext.ErrDuplicateName):
		return "a name is given twice in one object"
	case errors.Is(err.Err, jsontext.ErrNonStringName):
		return "a name is not a string"
	case errors.Is(err.Err, io.ErrUnexpectedEOF):
		return "the text ends too early"
	case !utf8.Valid(rune1(body, err.ByteOffset)):
		return "the text is not UTF-8"
	}
	return "unexpected text"
}

// rune1 returns the bytes of one character at offset.
func rune1(body []byte, offset int64) []byte {
	rest := body[min(offset, int64(len(body))):]
	_, size := utf8.DecodeRune(rest)
	return rest[:size]
}

// maxPointer bounds how much of a pointer is shown: names are as long as the
// sender likes.
const maxPointer = 120

func within(pointer jsontext.Pointer) string {
	switch {
	case pointer == "":
		return ""
	case len(pointer) > maxPointer:
		return fmt.Sprintf(" in %q...", pointer[:maxPointer])
	}
	return fmt.Sprintf(" in %q", pointer)
}
