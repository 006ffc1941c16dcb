package slip

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assent/app/i18n"
)

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// flatten turns a value from ACP that there are no words for into labelled
// values, nothing left out: nested members get a path for a label.
func flatten(label string, v any) []Box {
	switch v := v.(type) {
	case map[string]any:
		var out []Box
		for _, k := range keys(v) {
			path := k
			if label != "" {
				path = label + " › " + k
			}
			out = append(out, flatten(path, v[k])...)
		}
		return out
	case []any:
		if simple := simpleList(v); simple != "" {
			return unknown(label, simple)
		}
		var out []Box
		for i, e := range v {
			out = append(out, flatten(strings.TrimSpace(label+" "+strconv.Itoa(i+1)), e)...)
		}
		return out
	}
	return unknown(label, scalar(v))
}

func unknown(label, value string) []Box {
	if value = i18n.Plain(value); value == "" {
		return nil
	}
	return []Box{{Label: i18n.Plain(strings.ReplaceAll(label, "_", " ")), Value: value, Wide: true, Foreign: true}}
}

// simpleList is a list without lists or objects in it, as one line.
func simpleList(list []any) string {
	out := make([]string, 0, len(list))
	for _, e := range list {
		switch e.(type) {
		case map[string]any, []any:
			return ""
		}
		if s := scalar(e); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}
