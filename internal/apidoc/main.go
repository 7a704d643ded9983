// Apidoc is a plugin of protoc: it writes the reference of the admin API from
// the comments of its proto files. `make generate` runs it.
package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() { protogen.Options{}.Run(write) }

// file is the name of the reference, in the folder that buf.gen.yaml names.
const file = "admin-api.md"

const preface = `# The admin API

Generated from ` + "`proto/ocpihub/admin/v1`" + ` by ` + "`make generate`" + `: do not edit.

The API is gRPC without TLS on ` + "`admin.listen`" + ` (127.0.0.1:8081). Every call but those of the health service carries the metadata ` + "`authorization: Bearer TOKEN`" + `. Reflection is on. ` + "`hubctl`" + ` is a client of this API and knows nothing else.

A token has a role. A viewer may call what reads (List, Get, Stats, Explain, Follow, reflection); an operator also what changes something; only an admin may remove platforms and manage tokens. The root token, in the file ` + "`admin.token_file`" + `, is an admin's.

Parties are written CC*PID, for example DE*ABC. Lists are never null. A call that changes something takes ` + "`dry_run`" + `: the hub validates all of it, says what it would do, and does nothing.

| gRPC status | means |
|---|---|
| INVALID_ARGUMENT | the message names the field and what is allowed |
| UNAUTHENTICATED | no admin token, or none of this hub |
| PERMISSION_DENIED | the token's role may not do this: the message names the one that is needed |
| NOT_FOUND, FAILED_PRECONDITION | what it is about is not there, is in a state in which this cannot be |
| ABORTED | somebody else has what this wants, or changes it at the same time |
| UNAVAILABLE, DEADLINE_EXCEEDED | the hub, or the platform that it called, did not serve in time: try again |
| INTERNAL | a fault of the hub: its log tells more |
`

// write writes the reference of all files that are generated at once.
func write(p *protogen.Plugin) error {
	p.SupportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)
	g := p.NewGeneratedFile(file, "")
	g.P(preface)
	g.P("## Services")
	for _, f := range files(p) {
		for _, s := range f.Services {
			g.P(fmt.Sprintf("- [%s](#%s): %s", s.GoName, strings.ToLower(s.GoName), firstSentence(said(s.Comments))))
		}
	}
	for _, f := range files(p) {
		for _, s := range f.Services {
			service(g, s)
		}
		for _, m := range f.Messages {
			message(g, m)
		}
		for _, e := range f.Enums {
			enum(g, e)
		}
	}
	return nil
}

func files(p *protogen.Plugin) []*protogen.File {
	var out []*protogen.File
	for _, f := range p.Files {
		if f.Generate {
			out = append(out, f)
		}
	}
	return out
}

func service(g *protogen.GeneratedFile, s *protogen.Service) {
	g.P("\n## ", s.GoName)
	g.P("\n", said(s.Comments))
	g.P("\n| call | takes | gives | |")
	g.P("|---|---|---|---|")
	for _, m := range s.Methods {
		gives := link(m.Output.Desc)
		if m.Desc.IsStreamingServer() {
			gives = "stream of " + gives
		}
		g.P(fmt.Sprintf("| `%s` | %s | %s | %s |", m.GoName, link(m.Input.Desc), gives, said(m.Comments)))
	}
}

func message(g *protogen.GeneratedFile, m *protogen.Message) {
	g.P("\n### ", m.GoIdent.GoName)
	if text := said(m.Comments); text != "" {
		g.P("\n", text)
	}
	if len(m.Fields) == 0 {
		g.P("\nNo fields.")
		return
	}
	g.P("\n| field | type | |")
	g.P("|---|---|---|")
	for _, f := range m.Fields {
		g.P(fmt.Sprintf("| `%s` | %s | %s |", f.Desc.Name(), typeOf(f.Desc), said(f.Comments)))
	}
	for _, nested := range m.Messages {
		if !nested.Desc.IsMapEntry() {
			message(g, nested)
		}
	}
	for _, e := range m.Enums {
		enum(g, e)
	}
}

func enum(g *protogen.GeneratedFile, e *protogen.Enum) {
	g.P("\n### ", e.GoIdent.GoName)
	g.P("\n", said(e.Comments))
	g.P("\n| value | |")
	g.P("|---|---|")
	for _, v := range e.Values {
		g.P(fmt.Sprintf("| `%s` | %s |", v.Desc.Name(), said(v.Comments)))
	}
}

func typeOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map of %s to %s", typeOf(f.MapKey()), typeOf(f.MapValue()))
	case f.IsList():
		return "list of " + single(f)
	case f.HasOptionalKeyword():
		return "optional " + single(f)
	}
	return single(f)
}

func single(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Message() != nil:
		return link(f.Message())
	case f.Enum() != nil:
		return link(f.Enum())
	}
	return f.Kind().String()
}

// link leads to a type of this reference; one of protobuf's own is only named.
func link(d protoreflect.Descriptor) string {
	name := string(d.Name())
	if strings.HasPrefix(string(d.FullName()), "google.protobuf.") {
		return name
	}
	for parent := d.Parent(); ; parent = parent.Parent() {
		if _, nested := parent.(protoreflect.MessageDescriptor); !nested {
			return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
		}
		name = string(parent.Name()) + "_" + name
	}
}

// said is a comment as one line that fits into a table.
func said(c protogen.CommentSet) string {
	text := string(c.Leading)
	if text == "" {
		text = string(c.Trailing)
	}
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func firstSentence(text string) string {
	sentence, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(sentence, ".")
}
