package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// manifest is a configuration that was read from YAML, and where each part of it
// stands. A file may have several documents: they count as one.
type manifest struct {
	config   *adminv1.Configuration
	sections []string // that are there
	places   map[string]spot
	document int // that is being read, from 1
}

// spot is where a value stands.
type spot struct {
	path           string // in its document
	document, line int
}

// String is the path, with the document if it is not the first.
func (s spot) String() string {
	if s.document > 1 {
		return fmt.Sprintf("document %d, %s", s.document, s.path)
	}
	return s.path
}

// places matches the places that the hub names, for example agreements[2].until.
func places() *regexp.Regexp {
	return regexp.MustCompile(`\b(platforms|agreements)\[\d+\](\.[a-z_]+(\[\d+\])?)*`)
}

// readManifest reads YAML. Field names are those of the proto messages; keys that
// are unknown or doubled, aliases and merges are refused.
func readManifest(r io.Reader) (*manifest, error) {
	m := &manifest{config: &adminv1.Configuration{}, places: map[string]spot{}}
	decoder := yaml.NewDecoder(r)
	for {
		var doc yaml.Node
		m.document++
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return nil, fmt.Errorf("no YAML: %s", strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: "))
		}
		if len(doc.Content) != 1 || isNull(doc.Content[0]) {
			continue
		}
		if err := m.readMessage(doc.Content[0], m.config.ProtoReflect(), path{}); err != nil {
			return nil, err
		}
	}
}

// path is where a value goes: counted over all documents, as the hub names it,
// and within its document.
type path struct{ whole, local string }

func (p path) field(name string) path {
	if p.whole == "" {
		return path{name, name}
	}
	return path{p.whole + "." + name, p.local + "." + name}
}

func (p path) item(whole, local int) path {
	return path{fmt.Sprintf("%s[%d]", p.whole, whole), fmt.Sprintf("%s[%d]", p.local, local)}
}

// at notes where a value stands.
func (m *manifest) at(p path, n *yaml.Node) spot {
	s := spot{path: p.local, document: m.document, line: n.Line}
	m.places[p.whole] = s
	return s
}

// wrong is an error about a value.
func (m *manifest) wrong(p path, n *yaml.Node, format string, args ...any) error {
	s := m.at(p, n)
	where := fmt.Sprintf("line %d", s.line)
	if s.path != "" {
		where = fmt.Sprintf("%s (line %d)", s, s.line)
	}
	return fmt.Errorf("%s: "+format, append([]any{where}, args...)...)
}

// readMessage reads a mapping.
func (m *manifest) readMessage(n *yaml.Node, msg protoreflect.Message, p path) error {
	fields := msg.Descriptor().Fields()
	if err := m.plain(n, p); err != nil {
		return err
	}
	if n.Kind != yaml.MappingNode {
		return m.wrong(p, n, "want the fields %s", names(fields))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := fields.ByName(protoreflect.Name(key.Value))
		switch {
		case key.Kind != yaml.ScalarNode || f == nil:
			return m.wrong(p, key, "unknown key %q, want some of %s", key.Value, names(fields))
		case seen[key.Value]:
			return m.wrong(p.field(key.Value), key, "the key stands here twice")
		}
		seen[key.Value] = true
		if p.whole == "" && !slices.Contains(m.sections, key.Value) {
			m.sections = append(m.sections, key.Value)
		}
		m.at(p.field(key.Value), key)
		if isNull(value) {
			continue
		}
		if err := m.readField(value, msg, f, p.field(key.Value)); err != nil {
			return err
		}
	}
	return nil
}

func names(fields protoreflect.FieldDescriptors) string {
	out := make([]string, fields.Len())
	for i := range out {
		out[i] = string(fields.Get(i).Name())
	}
	return strings.Join(out, ", ")
}

// plain refuses what a reader of the file does not see as it will be.
func (m *manifest) plain(n *yaml.Node, p path) error {
	if n.Kind == yaml.AliasNode {
		return m.wrong(p, n, "aliases are not taken: write it out")
	}
	return nil
}

func (m *manifest) readField(n *yaml.Node, msg protoreflect.Message, f protoreflect.FieldDescriptor, p path) error {
	if err := m.plain(n, p); err != nil {
		return err
	}
	if !f.IsList() {
		if f.Message() != nil {
			value, err := m.readTime(n, p)
			if err == nil && value != nil {
				msg.Set(f, protoreflect.ValueOfMessage(value.ProtoReflect()))
			}
			return err
		}
		value, err := m.readScalar(n, f, p)
		if err == nil {
			msg.Set(f, value)
		}
		return err
	}
	if n.Kind != yaml.SequenceNode {
		return m.wrong(p, n, "want a list")
	}
	list := msg.Mutable(f).List()
	for i, item := range n.Content {
		at := p.item(list.Len(), i)
		m.at(at, item)
		if err := m.readItem(item, list, f, at); err != nil {
			return err
		}
	}
	return nil
}

func (m *manifest) readItem(n *yaml.Node, list protoreflect.List, f protoreflect.FieldDescriptor, p path) error {
	if f.Message() != nil {
		item := list.NewElement()
		if err := m.readMessage(n, item.Message(), p); err != nil {
			return err
		}
		list.Append(item)
		return nil
	}
	if err := m.plain(n, p); err != nil {
		return err
	}
	value, err := m.readScalar(n, f, p)
	if err == nil {
		list.Append(value)
	}
	return err
}

// readScalar takes text as it stands there: a party id 001 is no number.
func (m *manifest) readScalar(n *yaml.Node, f protoreflect.FieldDescriptor, p path) (v protoreflect.Value, err error) {
	switch {
	case n.Kind != yaml.ScalarNode || isNull(n):
		return v, m.wrong(p, n, "want a single value")
	case f.Kind() == protoreflect.StringKind && n.ShortTag() != "!!binary":
		return protoreflect.ValueOfString(n.Value), nil
	case f.Kind() == protoreflect.BoolKind && n.ShortTag() == "!!bool":
		var b bool
		err = n.Decode(&b)
		return protoreflect.ValueOfBool(b), err
	case f.Kind() == protoreflect.BoolKind:
		return v, m.wrong(p, n, "want true or false, got %q", n.Value)
	}
	return v, m.wrong(p, n, "want plain text")
}

// readTime reads a moment or, as --from and --until do, a day; nil is no end.
func (m *manifest) readTime(n *yaml.Node, p path) (*timestamppb.Timestamp, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, m.wrong(p, n, "want a date or a date-time")
	}
	read := firstDay
	if strings.HasSuffix(p.whole, ".until") {
		read = lastDay
	}
	t, err := read(n.Value)
	if err != nil {
		return nil, m.wrong(p, n, "want a date such as 2026-12-31 or a date-time such as 2026-12-31T12:00:00Z, got %q", n.Value)
	}
	return t, nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
