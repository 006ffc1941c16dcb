package receipt_test

import (
	"time"

	"assent/app/receipt"
)

// ukPayment is a domestic payment as the page of the United Kingdom shows it.
func ukPayment() receipt.Content {
	return receipt.Content{
		Request:  receipt.Request{ID: "req_8Yb2mQx4TzVw", Ref: "7Q4-KM2"},
		Client:   receipt.Client{ID: "d9de35e3bcb44d96ba5bca98058e993c", Name: "Financroo Ltd"},
		Kind:     "uk-domestic-payment",
		Details:  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Granted:  receipt.Grant{Scopes: []string{"openid", "payments"}, Accounts: []string{"acc-0001"}},
		Deadline: receipt.Time(started.Add(2 * time.Minute)),
		Person:   receipt.Person{ID: "person-andrea"},
		Device:   receipt.Device{ID: "device-1", Name: "Andrea’s phone"},
		Site:     receipt.Site{RPID: "assent.northmoor.example", Origin: "https://assent.northmoor.example"},
		Shown: []byte(`{
			"version": "3f2a9c41", "lang": "en-GB", "words": 41, "kind": "Payment", "ref": "7Q4-KM2", "institution": "Northmoor", "owner": "Andrea Smith",
			"requester": {"name": "Financroo Ltd", "host": "financroo.example"},
			"verb": "asks you to pay", "amount": "£1,234.50", "payee": "to \u2068Ms Ada Quill\u2069", "under": ["Quill & Sons <Books>"],
			"message": {"label": "A message from the requester: check that it matches what you see there.", "text": "K7-PLUM"},
			"boxes": [
				{"label": "Payee’s sort code and account number", "value": "20-00-00  1234 5678"},
				{"label": "Reference", "value": "Café 20931"},
				{"label": "Date", "value": "23 November 2026"}
			],
			"choice": {"label": "Paid from", "many": false, "accounts": [{"id": "acc-0001", "name": "Current account", "number": "10-20-30  •••• 4321"}]},
			"details": [{"label": "Consent id", "value": "urn:northmoor:7290"}, {"label": "Asked", "value": "23 November 2026, 14:30"}],
			"sentence": "If you approve, Northmoor pays £1,234.50 from Current account •••• 4321 today.",
			"deadline": "Answer by 14:32", "approve": "Approve", "deny": "Deny"
		}`),
	}
}

// brPayment is a Pix payment as the page of Brazil shows it.
func brPayment() receipt.Content {
	return receipt.Content{
		Request: receipt.Request{ID: "req_Jc7PzN3kWd0R", Ref: "H3M-9TX"},
		Client:  receipt.Client{ID: "bugkgai3g9kregtu04u0", Name: "Livraria Bom Tempo Ltda"},
		Kind:    "br-payment",
		Details: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
		Granted: receipt.Grant{
			Scopes:         []string{"openid"},
			Claims:         []string{"name"},
			VerifiedClaims: []string{"cpf"},
			Accounts:       []string{"conta-1", "conta-2"},
		},
		Deadline: receipt.Time(started.Add(2 * time.Minute)),
		Person:   receipt.Person{ID: "person-ana"},
		Device:   receipt.Device{ID: "device-2", Name: "Celular da Ana"},
		Site:     receipt.Site{RPID: "ribeira.example", Origin: "https://assent.ribeira.example:8443"},
		Shown: []byte(`{"version":"3f2a9c41","lang":"pt-BR","kind":"Pagamento com Pix","ref":"H3M-9TX","institution":"Banco Ribeira","owner":"Ana Souza",` +
			`"requester":{"name":"Livraria Bom Tempo Ltda"},"verb":"pede que você pague","amount":"R$\u00a01.348,90","payee":"para Livraria Bom Tempo Ltda",` +
			`"boxes":[{"label":"Descrição","value":"Pedido 20931, 4 livros 📚"}],"sentence":"Ao aprovar, Banco Ribeira paga R$\u00a01.348,90 hoje.",` +
			`"deadline":"Responda até 11h32","approve":"Aprovar","deny":"Recusar"}`),
	}
}

// leastPayment has little in every place, for tests that go byte by byte.
func leastPayment() receipt.Content {
	return receipt.Content{
		Request: receipt.Request{ID: "r", Ref: "7Q"}, Client: receipt.Client{ID: "c", Name: "Loja"}, Kind: "br-payment",
		Details: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
		Granted: receipt.Grant{Scopes: []string{"openid"}}, Deadline: receipt.Time(started.Add(2 * time.Minute)),
		Person: receipt.Person{ID: "p"},
		Device: receipt.Device{ID: "d", Name: "Oi"},
		Site:   receipt.Site{RPID: "x.example", Origin: "https://x.example"},
		Shown:  []byte(`{"version":"1","lang":"pt-BR","amount":"R$ 9,50","of":{"more":[{"n":10}]}}`),
	}
}
