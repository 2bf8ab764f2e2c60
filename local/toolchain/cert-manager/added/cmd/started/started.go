// Package started is how each of cert-manager's programs begins and ends.
package started

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	logsapi "k8s.io/component-base/logs/api/v1"

	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

// Program reads its flags, and runs until it is told to end. A flag that upstream's program has and this one lacks is
// refused: nothing that a manifest asks for is left out in silence.
func Program(name string, flags *pflag.FlagSet, logging *logsapi.LoggingConfiguration, run func(context.Context) error) {
	logf.InitLogs()
	if flags.Lookup("v") == nil { // the webhook's flags are upstream's own, with these among them
		logf.AddFlags(logging, flags)
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		end(name, err)
	}
	if err := logf.ValidateAndApply(logging); err != nil {
		end(name, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(logf.NewContext(ctx, logf.Log, name))
	logf.FlushLogs()
	if err != nil && ctx.Err() == nil {
		end(name, err)
	}
}

func end(name string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}
