// Judges what is written for cert-manager. The server is upstream's; its command is a module that proxies lack.
package main

import (
	"context"
	"log"

	"github.com/spf13/pflag"

	"github.com/cert-manager/cert-manager/cmd/started"
	cmwebhook "github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
)

func main() {
	told, err := options.NewWebhookConfiguration()
	if err != nil {
		log.Fatal(err)
	}
	flags := pflag.NewFlagSet("webhook", pflag.ContinueOnError)
	options.AddConfigFlags(flags, told)
	started.Program("webhook", flags, &told.Logging, func(ctx context.Context) error {
		server, err := cmwebhook.NewCertManagerWebhookServer(logf.FromContext(ctx), *told)
		if err != nil {
			return err
		}
		return server.Run(ctx)
	})
}
