// Command assent is the authentication service of CIBA for Cloudentity ACP.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"assent/app/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := cmd.Run(ctx, cmd.Process{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "assent:", err)
		os.Exit(1)
	}
}
