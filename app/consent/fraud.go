package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"regexp"
	"strings"
	"time"

	"assent/app"
	"assent/app/accounts"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/store"
)

// Protection is the policy against fraud and fatigue.
type Protection struct {
	// ReportPauses names what of a person's requests stops after "I didn't ask
	// for this", until the help desk clears it.
	ReportPauses app.PauseScope
	// MatchCode names the profiles whose requests ask for the code of their
	// binding message; UnderAttack those that do while the person is under attack.
	MatchCode, UnderAttack []string
	// Cooling is how long a new device can't approve payments.
	Cooling time.Duration
	// CodePatterns find the code in a message by their first group, by profile;
	// that of the empty name is for all that have none.
	CodePatterns map[string]*regexp.Regexp
	// RefuseWithoutCode cancels a request whose code is always asked for and whose
	// message has none; otherwise the person compares the message. Under attack the
	// requests of clients that may be part of it are cancelled in any case (see
	// store.UnderAttack), and those of other clients are none the worse for it.
	RefuseWithoutCode bool
}

const (
	// MuteTime is how long a client stays muted.
	MuteTime = store.MuteTime
	// paymentWindow is how far back an amount is compared, and usualPayments
	// how many payments make a habit to compare it with.
	paymentWindow = 365 * 24 * time.Hour
	usualPayments = 3
)

// payment is what approving the sheet pays: nil where that isn't one payee and
// one amount.
func payment(sh *slip.Sheet) *app.Payment {
	amount, ok := sh.Consent.Fact(authz.Amount)
	if !ok {
		amount, ok = sh.Consent.Fact(authz.RecurringPayment)
	}
	if !ok || amount.Money == nil {
		return nil
	}
	payee := ""
	if f, ok := sh.Consent.Fact(authz.PayeeAccount); ok && f.Account != nil {
		a := accounts.Canonical(*f.Account)
		payee = strings.Join([]string{a.Scheme, a.Identification, a.SecondaryIdentification, a.ISPB, a.Issuer,
			a.Number},
			"\n")
	} else if f, ok := sh.Consent.Fact(authz.PayeeDocument); ok {
		payee = f.Text
	} else {
		return nil
	}
	sum := sha256.Sum256([]byte(payee))
	return &app.Payment{
		PayeeHash: hex.EncodeToString(sum[:]),
		Company:   sh.Consent.CNPJ,
		Currency:  amount.Money.Currency,
		Amount:    amount.Money.Amount,
	}
}

// payee is the name of whom the sheet pays.
func payee(sh *slip.Sheet) string {
	f, _ := sh.Consent.Fact(authz.Payee)
	return i18n.Plain(f.Text)
}

// hints compare a payment with what the person approved before. They are
// neutral: somebody who never paid here before gets none of their amount.
func (s *Service) hints(ctx context.Context, personID string, sh *slip.Sheet) ([]slip.Hint, error) {
	p := payment(sh)
	if p == nil {
		return nil, nil
	}
	paid, err := s.store.Paid(ctx, personID, *p, paymentWindow)
	if err != nil {
		return nil, err
	}
	var out []slip.Hint
	if !paid.Payee {
		out = append(out, slip.Hint{Kind: slip.FirstPayee})
	}
	amount, ok := new(big.Rat).SetString(p.Amount)
	if !ok || len(paid.Amounts) < usualPayments {
		return out, nil
	}
	largest, text := new(big.Rat), ""
	for _, a := range paid.Amounts {
		if r, ok := new(big.Rat).SetString(a); ok && r.Cmp(largest) > 0 {
			largest, text = r, a
		}
	}
	if text != "" && amount.Cmp(largest) > 0 {
		out = append(out, slip.Hint{Kind: slip.LargestAmount, Money: &authz.Money{Amount: text, Currency: p.Currency}})
	}
	return out, nil
}

// DeniedClients is of how many clients DenyAll denies what waits at a time.
const DeniedClients = 50

// DenyAll denies what waits of the clients for the person, one after another,
// and gives how much there was. Clients of which nothing waits count for none,
// and those beyond DeniedClients are left, the ones whose requests end last.
func (s *Service) DenyAll(ctx context.Context, by app.Actor, clientIDs ...string) (int, error) {
	waiting, err := s.store.Waiting(ctx, by.PersonID)
	if err != nil {
		return 0, err
	}
	asked := map[string]bool{}
	for _, id := range clientIDs {
		asked[id] = true
	}
	denied, clients := 0, 0
	for _, w := range waiting {
		if !asked[w.ClientID] {
			continue
		}
		n, err := s.store.DenyAll(ctx, by, w.ClientID, app.ReasonPerson)
		if err != nil {
			return denied, err
		}
		denied += n
		if clients++; clients == DeniedClients {
			break
		}
	}
	return denied, nil
}

// Mute keeps a client quiet for a day, or ends that.
func (s *Service) Mute(ctx context.Context, by app.Actor, clientID, clientName string, on bool) error {
	until := s.store.Now()
	if on {
		until = until.Add(MuteTime)
	}
	return s.store.Mute(ctx, by, clientID, clientName, until)
}
