package receipt_test

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"

	"assent/app/receipt"
)

// The examples of RFC 8785, of the library that does the work. Those that are
// in our stricter form too have the same canonical form from us.
func TestRFC8785(t *testing.T) {
	const utf8 = `7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72
		75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a
		5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31
		65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37
		5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30
		30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d`
	bytes, err := hex.DecodeString(strings.Join(strings.Fields(utf8), ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, in, want string
		fractions      bool
	}{
		{"3.2.2 and 3.2.4", `{
			"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
			"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
			"literals": [null, true, false]
		}`, string(bytes), true},
		{"3.2.2 without numbers", `{
			"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
			"literals": [null, true, false]
		}`, `{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}`, false},
		{"3.2.2.2, each control character", `"\u0000\u0008\u0009\u000A\u000B\u000c\u000D\u001f\u007f\u0080"`,
			`"\u0000\b\t\n\u000b\f\r\u001f` + "\u007f\u0080\"", false},
		{"3.2.3, by UTF-16 and not by code point", `{
			"\u20ac": "Euro Sign",
			"\r": "Carriage Return",
			"\ufb33": "Hebrew Letter Dalet With Dagesh",
			"1": "One",
			"\ud83d\ude00": "Emoji: Grinning Face",
			"\u0080": "Control",
			"\u00f6": "Latin Small Letter O With Diaeresis"
		}`,
			`{"\r":"Carriage Return","1":"One","` + "\u0080" +
				`":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","` +
				"\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`,
			false},
		{"3.2.3, at every level and within lists", `{"b":[{"d":1,"c":{"f":2,"e":3}},4],"a":{}}`,
			`{"a":{},"b":[{"c":{"e":3,"f":2},"d":1},4]}`, false},
		{"3.1, no composition of letters", `{"e\u0301":1,"\u00e9":2}`, "{\"e\u0301\":1,\"\u00e9\":2}", false},
		{"what HTML would have escaped", `"\u003c\u003e\u0026\u2028\u2029"`, "\"<>&\u2028\u2029\"", false},
	} {
		if got, err := jcs.Transform([]byte(row.in)); err != nil || string(got) != row.want {
			t.Errorf("%s: the library gives %s, %v", row.name, got, err)
		}
		got, err := receipt.Canonical([]byte(row.in))
		switch {
		case row.fractions && !errors.Is(err, receipt.ErrNumber):
			t.Errorf("%s: its fractions give %s, %v", row.name, got, err)
		case !row.fractions && (err != nil || string(got) != row.want):
			t.Errorf("%s gives %s, %v", row.name, got, err)
		}
	}
}

// The numbers of RFC 8785, appendix B. Of them only nought is a number to us:
// the others have fractions, or digits that a double might not keep.
func TestRFC8785Numbers(t *testing.T) {
	for _, row := range []struct{ bits, want string }{
		{"0000000000000000", "0"},
		{"8000000000000000", "0"},
		{"0000000000000001", "5e-324"},
		{"8000000000000001", "-5e-324"},
		{"7fefffffffffffff", "1.7976931348623157e+308"},
		{"ffefffffffffffff", "-1.7976931348623157e+308"},
		{"4340000000000000", "9007199254740992"},
		{"c340000000000000", "-9007199254740992"},
		{"4430000000000000", "295147905179352830000"},
		{"44b52d02c7e14af5", "9.999999999999997e+22"},
		{"44b52d02c7e14af6", "1e+23"},
		{"44b52d02c7e14af7", "1.0000000000000001e+23"},
		{"444b1ae4d6e2ef4e", "999999999999999700000"},
		{"444b1ae4d6e2ef4f", "999999999999999900000"},
		{"444b1ae4d6e2ef50", "1e+21"},
		{"3eb0c6f7a0b5ed8c", "9.999999999999997e-7"},
		{"3eb0c6f7a0b5ed8d", "0.000001"},
		{"41b3de4355555553", "333333333.3333332"},
		{"41b3de4355555554", "333333333.33333325"},
		{"41b3de4355555555", "333333333.3333333"},
		{"41b3de4355555556", "333333333.3333334"},
		{"41b3de4355555557", "333333333.33333343"},
		{"becbf647612f3696", "-0.0000033333333333333333"},
		{"43143ff3c1cb0959", "1424953923781206.2"},
	} {
		bits, err := strconv.ParseUint(row.bits, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		long := strconv.FormatFloat(math.Float64frombits(bits), 'e', 20, 64)
		if got, err := jcs.Transform([]byte(long)); err != nil || string(got) != row.want {
			t.Errorf("%s is written %s, not %s (%v)", long, got, row.want, err)
		}
		for _, written := range []string{long, row.want} {
			switch got, err := receipt.Canonical([]byte(written)); {
			case written == "0" && (err != nil || string(got) != "0"):
				t.Errorf("0 gives %s, %v", got, err)
			case written != "0" && !errors.Is(err, receipt.ErrNumber):
				t.Errorf("%s gives %s, %v", written, got, err)
			}
		}
	}
}

// Integers that keep their digits are numbers, in one spelling.
func TestCanonicalNumbers(t *testing.T) {
	for _, good := range []string{"0", "1", "-1", "10", "1234567890", "9007199254740991", "-9007199254740991"} {
		if got, err := receipt.Canonical([]byte("[" + good + "]")); err != nil || string(got) != "["+good+"]" {
			t.Errorf("%s gives %s, %v", good, got, err)
		}
	}
	for _, bad := range []string{"-0", "1.0", "1.5", "1e0", "1E2", "10e-1", "0.1", "1e400", "9007199254740992",
		"-9007199254740992", "9223372036854775808", strings.Repeat("9", 400)} {
		if got, err := receipt.Canonical([]byte(`{"a":[` + bad + `]}`)); !errors.Is(err, receipt.ErrNumber) ||
			!strings.Contains(err.Error(), "a[0]") {
			t.Errorf("%s gives %s, %v", bad, got, err)
		}
	}
	for _, bad := range []string{"01", "+1", ".5", "1.", "0x1", "NaN", "Infinity", "-"} {
		if got, err := receipt.Canonical([]byte("[" + bad + "]")); !errors.Is(err, receipt.ErrNotJSON) {
			t.Errorf("%s gives %s, %v", bad, got, err)
		}
	}
}

// Nothing but its own form is its own form: what canonical gives it gives again.
func TestCanonicalSettles(t *testing.T) {
	for _, in := range []string{`{}`, `[]`, `""`, ` null `, `{"":{"":[{}]}}`, `{"b":1,"a":[true,false,null]}`,
		string(ukPayment().Shown), string(brPayment().Shown)} {
		once, err := receipt.Canonical([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if twice, err := receipt.Canonical(once); err != nil || string(twice) != string(once) {
			t.Errorf("%s gives %s and then %s, %v", in, once, twice, err)
		}
	}
}
