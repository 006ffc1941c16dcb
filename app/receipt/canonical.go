package receipt

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

const (
	maxSize    = 1 << 20 // bytes, of a document or a receipt
	maxDepth   = 64
	maxInteger = 1<<53 - 1
)

// canonical gives the canonical form of JSON (RFC 8785), of less than the
// library takes: the form passes numbers through IEEE 754 doubles, so only
// integers that keep their digits are numbers here, and strings are Unicode
// without noncharacters (I-JSON, RFC 7493 section 2.1).
func canonical(raw []byte) ([]byte, error) {
	switch {
	case len(raw) == 0:
		return nil, ErrSize.with("it is empty")
	case len(raw) > maxSize:
		return nil, ErrSize.with("%d bytes are more than %d", len(raw), maxSize)
	case bytes.HasPrefix(raw, []byte("\ufeff")):
		return nil, ErrNotCanonical.with("a byte order mark at byte 0")
	case !utf8.Valid(raw):
		return nil, ErrText.with("invalid UTF-8 at byte %d", invalidAt(raw))
	}
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, ErrNotJSON.with("%v, after %d bytes", err, syntax.Offset)
		}
		return nil, ErrNotJSON.with("%v", err)
	}
	w := walker{json.NewDecoder(bytes.NewReader(raw))}
	w.UseNumber()
	if err := w.value("", 0); err != nil {
		return nil, err
	}
	form, err := jcs.Transform(raw)
	if err != nil {
		return nil, ErrText.with("%v", err) // of what is left, a lone surrogate
	}
	return form, nil
}

func invalidAt(raw []byte) int {
	at := 0
	for at < len(raw) {
		r, n := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	return at
}

// walker looks at every value of well-formed JSON.
type walker struct{ *json.Decoder }

// value checks the next value and all in it; path says where it stands.
func (w walker) value(path string, depth int) error {
	if depth > maxDepth {
		return ErrDepth.with("more than %d levels", maxDepth)
	}
	token, err := w.Token()
	if err != nil {
		return ErrNotJSON.with("%v", err)
	}
	switch t := token.(type) {
	case json.Delim:
		if err := w.inside(t, path, depth); err != nil {
			return err
		}
		if _, err := w.Token(); err != nil { // the closing one
			return ErrNotJSON.with("%v", err)
		}
	case json.Number:
		n, err := strconv.ParseInt(t.String(), 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != t.String() || n > maxInteger || n < -maxInteger {
			return ErrNumber.with("%s is %s; only integers below 2^53 are numbers, all else is text", named(path),
				clip(t.String()))
		}
	case string:
		return characters(t, path)
	}
	return nil
}

// inside checks what stands between a delimiter and its closing one.
func (w walker) inside(open json.Delim, path string, depth int) error {
	seen := map[string]bool{}
	for i := 0; w.More(); i++ {
		at := path + "[" + strconv.Itoa(i) + "]"
		if open == '{' {
			token, err := w.Token()
			name, ok := token.(string)
			if err != nil || !ok {
				return ErrNotJSON.with("%s has a member without a name", named(path))
			}
			at = join(path, name)
			if seen[name] {
				return ErrRepeated.with("%s", named(at))
			}
			seen[name] = true
			if err := characters(name, at); err != nil {
				return err
			}
		}
		if err := w.value(at, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// characters refuses noncharacters, which I-JSON has no place for.
func characters(s, path string) error {
	for _, r := range s {
		if r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef {
			return ErrText.with("%s holds the noncharacter U+%04X", named(path), r)
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return clip(name)
	}
	return path + "." + clip(name)
}

func named(path string) string {
	if path == "" {
		return "the whole"
	}
	return path
}

// clip makes foreign text fit for a line of an error.
func clip(s string) string {
	const most = 40
	s = visible(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// encode gives the canonical form of v.
func encode(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, ErrValue.with("%v", err)
	}
	return canonical(raw)
}

// decode reads what must be its own canonical form, and must be exactly what
// encoding v again gives: no member more, less or elsewhere, each value in the
// one spelling that the format has for it.
func decode(raw []byte, v any) error {
	form, err := canonical(raw)
	if err != nil {
		return err
	}
	if at, ok := difference(form, raw); ok {
		return ErrNotCanonical.with("at byte %d", at)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return ErrValue.with("%s is a %s", named(kind.Field), kind.Value)
		}
		return ErrValue.with("%v", err)
	}
	again, err := encode(v)
	if err != nil {
		return err
	}
	if bytes.Equal(again, raw) {
		return nil
	}
	var is, ought any
	if err := errors.Join(json.Unmarshal(raw, &is), json.Unmarshal(again, &ought)); err != nil {
		return ErrValue.with("%v", err)
	}
	return mismatch(is, ought, "")
}

// difference is the first byte in which two texts differ.
func difference(a, b []byte) (int, bool) {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i, true
		}
	}
	return n, len(a) != len(b)
}

// mismatch names what keeps is from being what the format makes of it.
func mismatch(is, ought any, path string) error {
	have, ok1 := is.(map[string]any)
	want, ok2 := ought.(map[string]any)
	if !ok1 || !ok2 {
		return ErrValue.with("%s is not written as the format prescribes", named(path))
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[name]; !ok {
			return ErrMembers.with("%s is not one of them", join(path, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		value, ok := have[name]
		if !ok {
			return ErrMembers.with("%s is missing", join(path, name))
		}
		if !reflect.DeepEqual(value, want[name]) {
			return mismatch(value, want[name], join(path, name))
		}
	}
	return ErrValue.with("%s is not written as the format prescribes", named(path))
}
