package cmd

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"unicode/utf8"

	"assent/app"
	"assent/app/i18n"
)

// longestOperator is how many characters of who ran a command the audit keeps.
const longestOperator = 200

// operator is the actor of what a command changes. Its source says which user
// of the operating system ran the command, on which machine, and through sudo
// for whom: "root(0)@bank-01 sudo:ada(1001)". Names are for people; the user id
// in brackets is the kernel's word, except for what sudo says.
func operator() app.Actor {
	by := app.Operator
	uid := os.Getuid() // -1 on Windows
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	by.Source = account(name, strconv.Itoa(uid)) + "@" + word(host)
	if sudo := os.Getenv("SUDO_USER"); sudo != "" {
		by.Source += " sudo:" + account(sudo, os.Getenv("SUDO_UID"))
	}
	if utf8.RuneCountInString(by.Source) > longestOperator {
		by.Source = string([]rune(by.Source)[:longestOperator])
	}
	return by
}

func account(name, uid string) string { return fmt.Sprintf("%s(%s)", word(name), word(uid)) }

// word is a name without what would end it in the source or do something to a
// log, or a question mark where it isn't known.
func word(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()@:", r) {
			return '_'
		}
		return r
	}, i18n.Plain(name))
	if name == "" {
		return "?"
	}
	return name
}
