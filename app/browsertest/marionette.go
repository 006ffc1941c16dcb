package browsertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// marionette is Firefox's remote protocol: JSON arrays over TCP, each behind
// its length in bytes and a colon. A command is [0, id, name, params], its
// answer [1, id, error, result].
type marionette struct {
	conn net.Conn
	in   *bufio.Reader
	last int
}

func newMarionette(conn net.Conn) (*marionette, error) {
	m := &marionette{conn: conn, in: bufio.NewReader(conn)}
	_, err := m.read() // who it is
	return m, err
}

// longest answer that is believed, in bytes.
const longest = 64 << 20

func (m *marionette) read() ([]byte, error) {
	if err := m.conn.SetReadDeadline(time.Now().Add(2 * patience)); err != nil {
		return nil, err
	}
	length, err := m.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(length[:len(length)-1])
	if err != nil || n < 0 || n > longest {
		return nil, fmt.Errorf("a message of %q bytes", length)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(m.in, b)
	return b, err
}

// call runs a command and reads its result into into, if that isn't nil.
func (m *marionette) call(command string, params, into any) error {
	m.last++
	b, err := json.Marshal([]any{0, m.last, command, params})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(b), b); err != nil {
		return err
	}
	if b, err = m.read(); err != nil {
		return err
	}
	var answer [4]json.RawMessage
	if err := json.Unmarshal(b, &answer); err != nil {
		return err
	}
	if string(answer[1]) != strconv.Itoa(m.last) {
		return fmt.Errorf("an answer to %s instead of %d", answer[1], m.last)
	}
	if string(answer[2]) != "null" {
		var fault struct{ Error, Message string }
		if err := json.Unmarshal(answer[2], &fault); err != nil {
			return err
		}
		return fmt.Errorf("%s: %s", fault.Error, fault.Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer[3], into)
}

// quit asks Firefox to end; what it answers, if it still does, doesn't matter.
func (m *marionette) quit() {
	_ = m.call("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}}, nil)
	m.conn.Close()
}
