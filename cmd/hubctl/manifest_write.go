package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// exportPreface stands above what is exported. It has no date: equal
// configurations are equal files.
const exportPreface = `# Platforms and agreements of an OCPI hub: hubctl apply -f takes this. Tokens are
# not in here; hubctl platforms rotate ID makes one for a platform that is PLANNED.
`

// writeYAML writes a configuration with the sections that were asked for, none
// named: all, empty ones too.
func writeYAML(w io.Writer, c *adminv1.Configuration, kinds []string) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	m := c.ProtoReflect()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if len(kinds) == 0 || slices.Contains(kinds, string(f.Name())) {
			root.Content = append(root.Content, textNode(string(f.Name())), listNode(m.Get(f).List(), f))
		}
	}
	if _, err := fmt.Fprint(w, exportPreface); err != nil {
		return err
	}
	e := yaml.NewEncoder(w)
	const indent = 2
	e.SetIndent(indent)
	if err := e.Encode(root); err != nil {
		return err
	}
	return e.Close()
}

// messageNode writes the fields that are set, in their order.
func messageNode(m protoreflect.Message) *yaml.Node {
	if t, ok := m.Interface().(*timestamppb.Timestamp); ok {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!timestamp", Value: t.AsTime().Format(time.RFC3339Nano)}
	}
	node := &yaml.Node{Kind: yaml.MappingNode}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !m.Has(f) {
			continue
		}
		node.Content = append(node.Content, textNode(string(f.Name())), fieldNode(m, f))
	}
	return node
}

func fieldNode(m protoreflect.Message, f protoreflect.FieldDescriptor) *yaml.Node {
	if f.IsList() {
		return listNode(m.Get(f).List(), f)
	}
	return valueNode(m.Get(f), f)
}

// listNode writes a list; one of plain values on one line.
func listNode(list protoreflect.List, f protoreflect.FieldDescriptor) *yaml.Node {
	node := &yaml.Node{Kind: yaml.SequenceNode}
	if f.Message() == nil || list.Len() == 0 {
		node.Style = yaml.FlowStyle
	}
	for i := range list.Len() {
		node.Content = append(node.Content, valueNode(list.Get(i), f))
	}
	return node
}

func valueNode(v protoreflect.Value, f protoreflect.FieldDescriptor) *yaml.Node {
	switch {
	case f.Message() != nil:
		return messageNode(v.Message())
	case f.Kind() == protoreflect.BoolKind:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: v.String()}
	}
	return textNode(v.String())
}

func textNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }
