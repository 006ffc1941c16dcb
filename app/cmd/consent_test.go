package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/app/cmd"
	"assent/web/emulator"
)

// want has the third party ask for a consent, by its page.
func (p *phone) want(d *cmd.Demo, sample, way string) {
	p.t.Helper()
	p.open(d.Pretend + "/open-banking")
	p.see("ask")
	if !eval[bool](p, fmt.Sprintf(`(() => {
		document.querySelector("#sample").value = %q;
		document.querySelector('[name=way][value=%q]').checked = true;
		return document.querySelector("#sample").value === %q;
	})()`, sample, way, sample)) {
		p.t.Fatalf("the page offers no %s", sample)
	}
	p.hit("ask", `[data-testid="ask"] [type=submit]`)
}

// choose ticks or picks an account.
func (p *phone) choose(id string) {
	p.t.Helper()
	p.hit("choose "+id, fmt.Sprintf(`label:has(input[name="accounts"][value=%q])`, id))
	p.until("it is chosen", fmt.Sprintf(`document.querySelector('input[name="accounts"][value=%q]').checked`, id))
}

// A consent of each sort and country, from the third party's page to the
// accounts that ACP is told.
func TestConsents(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := cmd.StartDemo(t, dir)
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	bruno := newPhone(t, "bruno", look{width: 390, height: 844, mobile: true, lang: "pt-BR"})
	bruno.enrol(d.Links[1])
	party := newPhone(t, "party", look{width: 1280, height: 900, lang: "en-GB"})
	for _, c := range []struct {
		sample, way string
		who         *phone
		shows       map[string]string // by testid
		accounts    []string          // that are chosen by hand
		told        string            // the accounts that ACP is told, as the third party's page shows them
	}{
		{"uk-accounts", "openbanking_intent_id", ada,
			map[string]string{"headline": "account details", "sentence": "Approving lets it look until"},
			[]string{"acc-ada-current", "acc-ada-card"}, "acc-ada-card, acc-ada-current"},
		{"uk-pay", "openbanking_intent_id", ada,
			map[string]string{
				"amount":        "£1,234.50",
				"payee":         "Quill & Daughter",
				"payee_account": "20-32-56",
				"reference":     "INV-7781",
			},
			[]string{"acc-ada-joint"}, "acc-ada-joint"},
		{"uk-pay-fixed", "openbanking_intent_id", ada,
			map[string]string{"amount": "£850.00", "payee": "Rowan Lettings", "sentence": "Current account ••3344"},
			nil, "acc-ada-current"},
		{"br-data", "user_identifier", bruno, map[string]string{"headline": "contas", "sentence": "Ao aprovar"}, nil,
			"acc-bruno-cartao, acc-bruno-corrente, acc-bruno-poupanca"},
		{"br-data-company", "openbanking_intent_id", bruno,
			map[string]string{"headline": "contas", "sentence": "Ao aprovar"}, nil,
			"acc-oficina-corrente, acc-oficina-reserva"},
		{"br-pix-qr", "scope", bruno,
			map[string]string{"amount": "R$ 1.348,90", "payee": "Padaria Aurora", "method": "QR"}, nil,
			"acc-bruno-corrente"},
		{"br-pix-monthly", "openbanking_intent_id", bruno,
			map[string]string{"amount": "R$ 150,00", "frequency": "6 pagamentos"}, []string{"acc-bruno-corrente"},
			"acc-bruno-corrente"},
	} {
		before := len(d.Emulator.Sessions())
		party.want(d, c.sample, c.way)
		c.who.open(d.URL)
		c.who.click("read")
		c.who.see("approve")
		c.who.accessible("consent " + c.sample)
		for id, text := range c.shows {
			c.who.says(id, text)
		}
		for _, id := range c.accounts {
			c.who.choose(id)
		}
		c.who.click("approve")
		c.who.see("seal")
		c.who.accessible("approved " + c.sample)
		party.says("consent", c.told)
		sessions := d.Emulator.Sessions()
		if len(sessions) != before+1 || sessions[before].State != emulator.Approved {
			t.Errorf("%s: at ACP %+v", c.sample, sessions[before:])
		}
		party.accessible("third party, " + c.sample)
	}
	receipts(t, ada, dir, "Current account ••3344", "£850.00", "Rowan Lettings", "acc-ada-current", "Ada Quill")
}

// receipts has the person keep the receipt of what they approved last, and
// checks it as an auditor would, with the key alone.
func receipts(t *testing.T, p *phone, dir string, says ...string) {
	t.Helper()
	data := "--data-dir=" + dir
	ref := p.text("ref")
	link := eval[string](p, `document.querySelector('[data-testid="receipt"]').href`)
	kept := eval[string](p, `fetch(document.querySelector('[data-testid="receipt"]').href).then(r => r.text())`)
	request := link[strings.Index(link, "/requests/")+len("/requests/"):]
	request = request[:strings.Index(request, "/")]
	if exported := must(t, "receipt", "export", data, request); exported != kept {
		t.Errorf("the receipt that %s keeps differs from the exported one:\n%s\n%s", p.name, kept, exported)
	}
	if by := must(t, "receipt", "export", data, ref[strings.LastIndex(ref, " ")+1:]); by != kept {
		t.Errorf("by its reference %q comes %s", ref, by)
	}
	file, key := filepath.Join(t.TempDir(), "receipt.json"), filepath.Join(t.TempDir(), "key.pem")
	write(t, file, kept)
	write(t, key, must(t, "receipt", "key", data))
	said := must(t, "receipt", "verify", "--key="+key, file)
	for _, want := range says {
		if !strings.Contains(said, want) {
			t.Errorf("the receipt doesn't say %q:\n%s", want, said)
		}
	}
	if bare := must(t, "receipt", "verify", file); !strings.Contains(bare, "agrees with itself") {
		t.Errorf("without a key it says\n%s", bare)
	}
	write(t, file, strings.Replace(kept, "£850.00", "£85.00", 1))
	if _, _, err := run(t, "receipt", "verify", "--key="+key, file); err == nil ||
		!strings.Contains(err.Error(), "changed after it was signed") {
		t.Errorf("with another amount: %v", err)
	}
	write(t, key, must(t, "receipt", "key", "--data-dir="+t.TempDir()))
	write(t, file, kept)
	if _, _, err := run(t, "receipt", "verify", "--key="+key, file); err == nil ||
		!strings.Contains(err.Error(), "not by this key") {
		t.Errorf("with the key of another installation: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A person who picks no account is told so, and nothing is sent; a consent
// that isn't theirs shows nothing of itself.
func TestConsentsThatNeedSomethingFirst(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	party := newPhone(t, "party", look{width: 1280, height: 900, lang: "en-GB"})
	party.want(d, "uk-pay", "openbanking_intent_id")
	ada.open(d.URL)
	ada.click("read")
	ada.see("approve")
	ada.click("approve")
	ada.until("it says what is missing",
		`[...document.querySelectorAll("[role=alert]")].some(e => e.textContent.trim() !== "")`)
	if s := d.Emulator.Sessions()[0]; s.State != emulator.Pending {
		t.Errorf("approved without an account: %s", s.State)
	}
	ada.click("deny")
	ada.see("outcome")
	party.want(d, "uk-pay-strange", "openbanking_intent_id")
	settledBy := time.Now().Add(patience)
	ada.open(d.URL)
	ada.click("read")
	ada.see("outcome")
	ada.accessible("an account to pay from that isn't theirs")
	for d.Emulator.Sessions()[1].State == emulator.Pending && time.Now().Before(settledBy) {
		ada.until("a moment passes", `new Promise(r => requestAnimationFrame(() => r(true)))`)
	}
	if s := d.Emulator.Sessions()[1]; s.State != emulator.Rejected {
		t.Errorf("at ACP it is %s", s.State)
	}
}
