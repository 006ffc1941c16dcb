package slip

import "assent/app/i18n"

// banks are the large institutions of Brazil by their ISPB, which is the root
// of their CNPJ (Banco Central do Brasil, participants of the STR and of Pix).
var banks = map[string]string{
	"00000000": "Banco do Brasil",
	"00000208": "BRB",
	"00360305": "Caixa Econômica Federal",
	"00416968": "Banco Inter",
	"01181521": "Sicredi",
	"02038232": "Sicoob",
	"04902979": "Banco da Amazônia",
	"07237373": "Banco do Nordeste",
	"08561701": "PagBank",
	"10573521": "Mercado Pago",
	"16501555": "Stone",
	"18236120": "Nubank",
	"22896431": "PicPay",
	"30306294": "BTG Pactual",
	"31872495": "C6 Bank",
	"33264668": "Banco XP",
	"58160789": "Banco Safra",
	"59285411": "Banco Pan",
	"59588111": "Banco BV",
	"60701190": "Itaú Unibanco",
	"60746948": "Bradesco",
	"62232889": "Banco Daycoval",
	"90400888": "Santander",
	"92702067": "Banrisul",
}

// institution is a Brazilian institution by name where it is known, and always
// by its code.
func institution(ispb string) string {
	ispb = i18n.Plain(ispb)
	if name, ok := banks[ispb]; ok {
		return name + " (ISPB " + ispb + ")"
	}
	if ispb == "" {
		return ""
	}
	return "ISPB " + ispb
}
