package acp

import "encoding/json"

const (
	// bulkLimit bounds what an answer may say, in bytes: each value with the
	// names that lead to it, which is how a page lays out what it has no words
	// for. The deepest nesting thus can't blow a small answer up.
	bulkLimit = 256 << 10
	tooMuch   = problem("it says more than a person can be shown")
)

// bulky tells whether an answer says more than a person can be shown. Nobody
// should decide over a part of it.
func bulky(body []byte) bool {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return false // which another reader will say
	}
	return bulk(v, 0, bulkLimit) < 0
}

// bulk takes the size of v, under names of together so many bytes, off what is
// left; below zero it stops.
func bulk(v any, names, left int) int {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if left = bulk(e, names+len(name)+1, left); left < 0 {
				return left
			}
		}
		return left
	case []any:
		for _, e := range v {
			if left = bulk(e, names+1, left); left < 0 {
				return left
			}
		}
		return left
	case string:
		return left - names - len(v)
	}
	return left - names - 8
}
