package browsertest

import (
	"bufio"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"assent/app/apptest"
)

// Desktop is a D-Bus session with a notification service of its own
// (org.freedesktop.Notifications 1.2), on which a test can click.
type Desktop struct {
	Address string // for DBUS_SESSION_BUS_ADDRESS

	t     testing.TB
	conn  *dbus.Conn
	mu    sync.Mutex
	last  uint32
	shown map[uint32]Notification
	next  []Notification // that are shown when whoever asks has been answered
	news  chan struct{}
}

// Notification is one that stands on the desktop.
type Notification struct {
	ID            uint32
	Summary, Body string
	Actions       []string // key, label, key, label, ...
}

const (
	notifications     = "org.freedesktop.Notifications"
	notificationsPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// patience is how long what is waited for may take.
const patience = 30 * time.Second

// StartDesktop runs a desktop for the length of a test.
func StartDesktop(t testing.TB) *Desktop {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		apptest.NotRun(t,
			"a desktop for notifications: no dbus-daemon on this machine (Debian: apt-get install dbus-daemon libnotify4)")
	}
	cmd := exec.Command(path, "--session", "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon: %v", err)
	}
	d := &Desktop{
		t:       t,
		Address: strings.TrimSpace(address),
		shown:   map[uint32]Notification{},
		news:    make(chan struct{}, 100),
	}
	if d.conn, err = dbus.Connect(d.Address, dbus.WithOutgoingInterceptor(d.answers)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.conn.Close() })
	if err := d.conn.Export(service{d}, notificationsPath, notifications); err != nil {
		t.Fatal(err)
	}
	if _, err := d.conn.RequestName(notifications, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return d
}

// service is what programs call; its methods are the interface's.
type service struct{ d *Desktop }

// GetCapabilities implements the interface.
func (service) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body", "persistence"}, nil
}

// GetServerInformation implements the interface.
func (service) GetServerInformation() (name, vendor, version, spec string, err *dbus.Error) {
	return "assent-tests", "assent", "1", "1.2", nil
}

// Notify implements the interface.
func (s service) Notify(_ string, replaces uint32, _, summary, body string, actions []string, _ map[string]dbus.Variant,
	_ int32) (uint32, *dbus.Error) {
	d := s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	id := replaces
	if id == 0 {
		d.last++
		id = d.last
	}
	d.next = append(d.next, Notification{ID: id, Summary: summary, Body: body, Actions: actions})
	return id, nil
}

// answers shows what came while a program waits for the answer: a click that
// overtook it would be one on a notification that the program doesn't know yet.
func (d *Desktop) answers(m *dbus.Message) {
	if m.Type != dbus.TypeMethodReply {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.next {
		d.shown[n.ID] = n
		d.tell()
	}
	d.next = nil
}

// CloseNotification implements the interface.
func (s service) CloseNotification(id uint32) *dbus.Error {
	s.d.mu.Lock()
	delete(s.d.shown, id)
	s.d.tell()
	s.d.mu.Unlock()
	if err := s.d.conn.Emit(notificationsPath, notifications+".NotificationClosed", id, uint32(3)); err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

func (d *Desktop) tell() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// Shown are the notifications that stand on the desktop now.
func (d *Desktop) Shown() []Notification {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Notification
	for _, n := range d.shown {
		out = append(out, n)
	}
	return out
}

// Wait gives the notification whose summary or body has text, once it stands there.
func (d *Desktop) Wait(text string) Notification {
	d.t.Helper()
	late := time.After(patience)
	for {
		for _, n := range d.Shown() {
			if strings.Contains(n.Summary+"\n"+n.Body, text) {
				return n
			}
		}
		select {
		case <-d.news:
		case <-late:
			d.t.Fatalf("no notification says %q; shown are %+v", text, d.Shown())
		}
	}
}

// Click clicks on a notification, as a person does on its text.
func (d *Desktop) Click(n Notification) {
	d.t.Helper()
	// What the bus answers to came behind the answer that showed n.
	if err := d.conn.BusObject().Call("org.freedesktop.DBus.Peer.Ping", 0).Err; err != nil {
		d.t.Fatal(err)
	}
	if err := d.conn.Emit(notificationsPath, notifications+".ActionInvoked", n.ID, "default"); err != nil {
		d.t.Fatal(err)
	}
}
