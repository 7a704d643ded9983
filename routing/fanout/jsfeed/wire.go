package jsfeed

import (
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// wireMark is a mark as it is stored.
type wireMark struct {
	Seq uint64    `json:"seq"`
	At  time.Time `json:"at"`
	New bool      `json:"new,omitempty"`

	Owed []wireOwed `json:"owed,omitempty"`
}

// wireOwed is what is owed, as it is stored.
type wireOwed struct {
	Module string    `json:"module"`
	Resync bool      `json:"resync,omitempty"`
	Seq    uint64    `json:"seq,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Cursor string    `json:"cursor,omitempty"`
	Count  int       `json:"count,omitempty"`
}

func fromMark(m fanout.Mark) wireMark {
	w := wireMark{Seq: m.Seq, At: m.At, New: m.New}
	for _, o := range m.Owed {
		w.Owed = append(w.Owed, wireOwed{string(o.Module), o.Resync, o.Seq, o.At, o.Cursor, o.Count})
	}
	return w
}

func (w wireMark) toMark() fanout.Mark {
	m := fanout.Mark{Seq: w.Seq, At: w.At, New: w.New}
	for _, o := range w.Owed {
		m.Owed = append(m.Owed, fanout.Owed{
			Module: ocpi.ModuleID(o.Module), Resync: o.Resync, Seq: o.Seq, At: o.At, Cursor: o.Cursor, Count: o.Count,
		})
	}
	return m
}

func toMarks(stored map[string]wireMark) map[string]fanout.Mark {
	out := make(map[string]fanout.Mark, len(stored))
	for platform, m := range stored {
		out[platform] = m.toMark()
	}
	return out
}
