package cmd_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assent/app/cmd"
)

const accountFile = `person,id,kind,name,scheme,identification,secondary_identification,ispb,issuer,number,account_type,currency,balance,payable
ada,uk-1,account,Everyday,UK.OBIE.SortCodeAccountNumber,20325612345678,,,,,,GBP,1204.10,yes
ada,c-1,card,Visa,UK.OBIE.PAN,************4444,,,,,,GBP,,Cards can't be paid from
cpf:123.456.789-09,br-1,account,Conta corrente,,,,12345678,1774,12345-6,CACC,BRL,10.00,yes
`

// The commands work while the service runs.
func TestAccountCommands(t *testing.T) {
	data := t.TempDir()
	serve(t, data)
	dir := "--data-dir=" + data
	must(t, "user", "add", dir, "--name=Ada Quill", "--id=ada", "--id=subject:Sub-1")
	must(t, "user", "add", dir, "--name=Bruno Reis", "--id=cpf:12345678909")
	path := filepath.Join(t.TempDir(), "accounts.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	imported := func(want string) {
		t.Helper()
		out, errs, err := run(t, "account", "import", dir, path)
		if err != nil || out != "" || errs != want+"\n" {
			t.Errorf("printed %q and %q (%v), want %q on stderr", out, errs, err, want)
		}
	}
	write(accountFile)
	imported("3 added, 0 changed, 0 unchanged")
	imported("0 added, 0 changed, 3 unchanged: nothing had to be changed")
	write(strings.Replace(accountFile, "1204.10", "7.00", 1))
	imported("0 added, 1 changed, 2 unchanged")

	list := must(t, "account", "list", dir, "subject:Sub-1")
	lines := strings.Split(strings.TrimSpace(list), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "Everyday") || !strings.Contains(lines[1], "GBP 7.00") ||
		!strings.HasSuffix(lines[1], "yes") || !strings.Contains(lines[2], "Cards can't be paid from") {
		t.Errorf("list:\n%s", list)
	}

	write(accountFile + "nobody,x,account,X,,,,,,,,,,yes\nada,y,account,Y,X,1,,,,,,,lots,yes\n")
	_, _, err := run(t, "account", "import", dir, path)
	for _, says := range []string{"2 rows are wrong, nothing was changed", "line 5: identification:",
		"person: no such person", "line 6: balance:"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v\ndoesn't say %q", err, says)
		}
	}
	if again := must(t, "account", "list", dir, "ada"); again != list {
		t.Errorf("a file that is wrong changed\n%s to\n%s", list, again)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"no such person", []string{"account", "list", dir, "nobody"}},
		{"no such file", []string{"account", "import", dir, path + ".not"}},
		{"no standard input", []string{"account", "import", dir, "-"}},
		{"ASSENT_ACCOUNTS_URL", []string{"account", "list", dir, "--accounts-url=http://core.bank.example", "ada"}},
	} {
		if _, _, err := run(t, c.args...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %q", c.args, err, c.says)
		}
	}
}

func TestAccountImportFromStandardInput(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	must(t, "user", "add", dir, "--name=Ada Quill", "--id=ada")
	var out, errs strings.Builder
	text := strings.Join(strings.SplitAfter(accountFile, "\n")[:3], "")
	if err := cmd.Run(t.Context(),
		cmd.Process{
			Args:   []string{"account", "import", dir, "-"},
			Stdin:  strings.NewReader(text),
			Stdout: &out,
			Stderr: &errs,
		}); err != nil ||
		errs.String() != "2 added, 0 changed, 0 unchanged\n" {
		t.Errorf("printed %q, %v", errs.String(), err)
	}
}

func TestAccountListAsksTheEndpoint(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	must(t, "user", "add", dir, "--name=Ada Quill", "--id=ada")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t-0" || r.URL.RawQuery != "id=ada" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w,
			`{"accounts":[{"id":"br-9","kind":"account","name":"Poupança","ispb":"12345678","issuer":"1774","number":"123450","account_type":"SVGS","payable":"Conta poupança"}]}`)
	}))
	defer srv.Close()
	if list := must(t, "account", "list", dir, "--accounts-url="+srv.URL, "--accounts-token=t-0",
		"ada"); !strings.Contains(list, "br-9") ||
		!strings.Contains(list, "12345678 1774 123450") || !strings.HasSuffix(list, "Conta poupança\n") {
		t.Errorf("list:\n%s", list)
	}
	if _, _, err := run(t, "account", "list", dir, "--accounts-url="+srv.URL, "--accounts-token=other",
		"ada"); err == nil ||
		!strings.Contains(err.Error(), "it answers 401") {
		t.Errorf("refused by the endpoint: %v", err)
	}
}

// The list names the companies that the person acts for, whose accounts the
// endpoint is asked for one by one; by POST nothing of it is in the URL.
func TestAccountListOfCompanies(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	must(t, "user", "add", dir, "--name=Bruno Reis", "--id=cpf:123.456.789-09", "--company=12.345.678/0001-95")
	path := filepath.Join(t.TempDir(), "accounts.csv")
	rows := "person,id,kind,name,number,payable,company,joint\ncpf:12345678909,c-1,card,Own,4444,yes,,yes\ncpf:12345678909,c-1,card,Oficina,5555,yes,12345678000195,\n"
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, err := run(t, "account", "import", dir, path); err != nil ||
		errs != "2 added, 0 changed, 0 unchanged\n" {
		t.Fatalf("%q, %v", errs, err)
	}
	lines := strings.Split(must(t, "account", "list", dir, "cpf:12345678909"), "\n")
	if len(lines) != 4 || strings.Join(strings.Fields(lines[1]), " ") != "Own card c-1 - 4444 - - yes yes" ||
		strings.Join(strings.Fields(lines[2]), " ") != "Oficina card c-1 12345678000195 5555 - - no yes" {
		t.Errorf("list:\n%s", strings.Join(lines, "\n"))
	}
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.String()+" "+string(body))
		io.WriteString(w, `{"accounts":[]}`)
	}))
	defer srv.Close()
	must(t, "account", "list", dir, "--accounts-url="+srv.URL+"/a", "--accounts-id=cpf", "--accounts-method=post",
		"cpf:12345678909")
	want := []string{`POST /a {"id":"12345678909","kind":"cpf","company":""}`,
		`POST /a {"id":"12345678909","kind":"cpf","company":"12345678000195"}`}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	for flag, says := range map[string]string{
		"--accounts-method=PUT":                     "ASSENT_ACCOUNTS_METHOD",
		"--accounts-url=" + srv.URL + "/?company=1": "leave out the parameter company",
	} {
		args := []string{"account", "list", dir, "--accounts-url=" + srv.URL, flag, "cpf:12345678909"}
		if _, _, err := run(t, args...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestHelpOfAccountImportNamesTheColumns(t *testing.T) {
	out := strings.Join(strings.Fields(must(t, "account", "import", "--help")), " ")
	for column := range strings.SplitSeq(strings.SplitN(accountFile, "\n", 2)[0], ",") {
		if !strings.Contains(out, column) {
			t.Errorf("doesn't say %s", column)
		}
	}
}
