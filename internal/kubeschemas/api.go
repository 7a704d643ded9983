package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// schema is a JSON schema, or a part of one.
type schema = map[string]any

// api is the description of all kinds of Kubernetes.
type api struct{ definitions map[string]schema }

func readAPI(file string) (*api, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	a := &api{}
	var doc struct{ Definitions map[string]schema }
	err = json.Unmarshal(raw, &doc)
	a.definitions = doc.Definitions
	return a, err
}

// schema finds a kind by its group and version.
func (a *api) schema(k kind) (schema, error) {
	for name, d := range a.definitions {
		gvks, _ := d["x-kubernetes-group-version-kind"].([]any)
		for _, gvk := range gvks {
			if g, _ := gvk.(schema); len(gvks) == 1 && g["group"] == k.group && g["version"] == k.version && g["kind"] == k.name {
				return a.named(name)
			}
		}
	}
	return nil, fmt.Errorf("there is no %s of %s %s", k.name, k.group, k.version)
}

func (a *api) named(name string) (schema, error) {
	d, ok := a.definitions[name]
	if !ok {
		return nil, fmt.Errorf("there is no definition %s", name)
	}
	if name == "io.k8s.apimachinery.pkg.api.resource.Quantity" {
		return schema{"type": []any{"string", "number"}}, nil
	}
	return a.strict(d)
}

// kept are the words of a schema that a check needs; texts and hints for
// servers are left out.
var kept = map[string]bool{
	"type": true, "required": true, "enum": true, "pattern": true, "minimum": true, "maximum": true, "minLength": true,
	"maxLength": true, "minItems": true, "maxItems": true, "minProperties": true, "maxProperties": true,
}

// strict copies a schema with its references resolved, and refuses fields that
// it does not name.
func (a *api) strict(in schema) (schema, error) {
	if ref, ok := in["$ref"].(string); ok {
		return a.named(strings.TrimPrefix(ref, "#/definitions/"))
	}
	if in["format"] == "int-or-string" || in["x-kubernetes-int-or-string"] == true {
		return schema{"type": []any{"string", "integer"}}, nil
	}
	out := schema{}
	for word, value := range in {
		if kept[word] {
			out[word] = value
			continue
		}
		part, err := a.part(word, value)
		if err != nil {
			return nil, err
		}
		if part != nil {
			out[word] = part
		}
	}
	_, named := out["properties"]
	_, open := out["additionalProperties"]
	if named && !open && in["x-kubernetes-preserve-unknown-fields"] != true {
		out["additionalProperties"] = false
	}
	return out, nil
}

// part copies what holds schemas itself; nil: nothing that is kept.
func (a *api) part(word string, value any) (any, error) {
	switch value := value.(type) {
	case schema:
		switch word {
		case "properties":
			fields := schema{}
			for name, field := range value {
				s, err := a.strict(field.(schema))
				if err != nil {
					return nil, err
				}
				fields[name] = s
			}
			return fields, nil
		case "items", "additionalProperties":
			return a.strict(value)
		}
	case bool:
		if word == "additionalProperties" {
			return value, nil
		}
	}
	return nil, nil
}
