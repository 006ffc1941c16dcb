package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/cmd"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// asCommand makes the test binary the program itself, in a process of its own.
const asCommand = "ASSENT_TEST_AS_COMMAND"

func command() int {
	if err := cmd.Run(context.Background(),
		cmd.Process{Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is the service in a process of its own.
type process struct {
	t   *testing.T
	url string
	cmd *exec.Cmd
}

// spawn starts the service on dir, beside the pretend ACP.
func spawn(t *testing.T, dir string, em *emulator.Emulator) *process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	p := &process{
		t:   t,
		url: "http://" + addr,
		cmd: exec.Command(os.Args[0], "serve", "--data-dir="+dir, "--listen="+addr,
			"--public-url=http://localhost:"+addr[strings.LastIndex(addr, ":")+1:], "--api-username=acp",
			"--api-password=correct horse battery",
			"--acp-issuer="+em.Issuer(), "--acp-client-id=assent", "--acp-client-secret=a long secret",
			"--log-level=warn"),
	}
	p.cmd.Env = append(os.Environ(), asCommand+"=1")
	p.cmd.Stdout, p.cmd.Stderr = t.Output(), t.Output()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	until(t, "the service is ready", 30*time.Second, func() bool {
		res, err := http.Get(p.url + "/readyz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	})
	em.SetService(emulator.Service{URL: p.url, Username: "acp", Password: "correct horse battery"})
	return p
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	p.cmd.Wait() // killed, as it says
}

// until waits for something that must come within a time.
func until(t *testing.T, what string, within time.Duration, is func() bool) {
	t.Helper()
	end := time.Now().Add(within)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
		<-tick.C
	}
}

// ACP doesn't answer, the service is killed while it waits, and is started
// again: ACP has the approval as soon as it answers.
func TestACrashCostsNoApproval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	em := emulatortest.Start(t, emulator.Options{Client: emulator.Client{ID: "assent", Secret: "a long secret"}})
	first := spawn(t, dir, em)
	// The person and their answer are written beside the service, as commands write.
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	db := &storetest.DB{Store: st, T: t, Dir: dir}
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	s := em.Begin(emulator.Ask{Hint: "alice", Scopes: []string{"openid"}, BindingMessage: "K7-PLUM"})
	if a, err := em.Start(t.Context(), em.StartPayload(s.ID)); err != nil || a.Status != http.StatusOK {
		t.Fatalf("start: %d %s %v", a.Status, a.Body, err)
	}
	r, err := st.RequestByLogin(t.Context(), "demo", s.ID)
	if err != nil {
		t.Fatal(err)
	}
	em.Fail(emulator.Accept, emulator.Fault{Status: http.StatusServiceUnavailable})
	em.Fail(emulator.Accept, emulator.Fault{Hang: true})
	if err := errors.Join(st.Shown(t.Context(), storetest.On(dev), r.ID, "{}", "seen", ""),
		st.Approve(t.Context(), storetest.On(dev), r.ID,
			app.Approval{
				Digest:       "seen",
				Granted:      `{"scopes":["openid"]}`,
				At:           st.Now(),
				CredentialID: dev.CredentialID,
			})); err != nil {
		t.Fatal(err)
	}
	until(t, "the second try waits for ACP", 30*time.Second, func() bool { return em.Calls(emulator.Accept) == 2 })
	first.kill()
	em.Heal()

	second := spawn(t, dir, em)
	until(t, "the accept reaches ACP", 2*time.Second, func() bool {
		got, ok := em.Session(s.ID)
		return ok && got.Accepted != nil
	})
	until(t, "the service knows", 2*time.Second, func() bool {
		now, err := st.Request(t.Context(), r.ID)
		return err == nil && now.Delivery == app.DeliveryDelivered
	})

	// While it runs no other serves the folder, and nothing there is touched.
	_, _, err = run(t,
		append([]string{"serve", "--listen=" + strings.TrimPrefix(second.url, "http://"), "--data-dir=" + dir},
			complete...)...)
	if !errors.Is(err, app.ErrDataDirInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second service on the folder: %v", err)
	}
	if _, _, err := run(t, "demo", "--demo-dir="+dir, "--demo-port=0",
		"--pretend-port=0"); !errors.Is(err, app.ErrDataDirInUse) {
		t.Errorf("a demo on the folder: %v", err)
	}
	must(t, "user", "list", "--data-dir="+dir) // commands go on working beside it
}
