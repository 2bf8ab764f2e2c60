// Ends once the API server takes cert-manager's objects. What is asked is upstream's; its command is a module that
// proxies lack.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"
	logsapi "k8s.io/component-base/logs/api/v1"

	"github.com/cert-manager/cert-manager/cmd/started"
	"github.com/cert-manager/cert-manager/internal/kube"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
)

func main() {
	flags := pflag.NewFlagSet("startupapicheck", pflag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server from outside of the cluster")
	namespace := flags.String("namespace", "default", "where it asks for a certificate that nobody is to sign")
	patience := flags.Duration("wait", 0, "how long it asks")
	interval := flags.Duration("interval", 5*time.Second, "between two times that it asks")
	started.Program("startupapicheck", flags, logsapi.NewLoggingConfiguration(), func(ctx context.Context) error {
		if !slices.Equal(flags.Args(), []string{"check", "api"}) {
			return fmt.Errorf("it is told %q, and knows `check api` alone", flags.Args())
		}
		login, err := kube.BuildClientConfig("", *kubeconfig)
		if err != nil {
			return err
		}
		api, err := cmapichecker.New(login, *namespace)
		if err != nil {
			return err
		}
		return ask(ctx, api, *patience, *interval)
	})
}

func ask(ctx context.Context, api cmapichecker.Interface, patience, interval time.Duration) error {
	for end := time.Now().Add(patience); ; {
		err := api.Check(ctx)
		if err == nil {
			fmt.Fprintln(os.Stdout, "The cert-manager API is ready")
			return nil
		}
		logf.FromContext(ctx).Info("not ready", "because", err.Error())
		if time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(interval):
		}
	}
}
