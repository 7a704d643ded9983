package interpret

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// Listed is what became of a list.
type Listed struct {
	Body     []byte
	Findings []bridge.Finding // their pointers begin with the place in the list
	Withheld []bridge.Reason  // of each object that is left out
}

// CarryList translates each object of a list. Objects that name their owner are
// that owner's, others of t.Owner.
func (i *Interpreter) CarryList(ctx context.Context, t Talk, body []byte) (Listed, error) {
	if !i.Needed(t.From, t.To) {
		return Listed{Body: body}, nil
	}
	if body = bytes.TrimLeft(body, " \t\r\n"); !json.Valid(body) || body[0] != '[' {
		return Listed{}, fmt.Errorf("the body is no list: %w", bridge.ErrNotJSON)
	}
	var out Listed
	var all [][]byte
	was := 0
	for element := range ocpi.Elements(body) {
		one := t
		one.ID = ""
		if p := partyIn(element); p.Valid() && t.From != ocpi.V211 {
			one.Owner = p
		}
		result, err := i.Carry(ctx, one, element)
		if err != nil {
			return Listed{}, err
		}
		if result.Withheld != nil {
			out.Withheld = append(out.Withheld, result.Withheld.Reason)
		} else {
			out.add(result.Findings, was, len(all))
			all = append(all, result.Body)
		}
		was++
	}
	out.Body = append(append([]byte{'['}, bytes.Join(all, []byte{','})...), ']')
	return out, nil
}

// add adds the findings of an object, with its places in source and result.
func (l *Listed) add(findings []bridge.Finding, was, is int) {
	for _, f := range findings {
		at := was
		if f.Kind == bridge.Invented {
			at = is
		}
		f.Pointer = fmt.Sprintf("/%d%s", at, f.Pointer)
		l.Findings = append(l.Findings, f)
	}
}
