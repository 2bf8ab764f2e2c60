// Keeps Issuers, Certificates and what authorities ask for. The loops are upstream's; its command is a module that
// proxies lack.
package main

import (
	"context"
	"log"
	"slices"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/cert-manager/cert-manager/cmd/started"
	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	configscheme "github.com/cert-manager/cert-manager/internal/apis/config/controller/scheme"
	builtin "github.com/cert-manager/cert-manager/internal/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/vault"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/venafi"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

func main() {
	told, err := defaults()
	if err != nil {
		log.Fatal(err)
	}
	started.Program("controller", flags(told), &told.Logging, func(ctx context.Context) error { return run(ctx, told) })
}

func defaults() (*config.ControllerConfiguration, error) {
	scheme, _, err := configscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	published, told := &v1alpha1.ControllerConfiguration{}, &config.ControllerConfiguration{}
	scheme.Default(published)
	return told, scheme.Convert(published, told, nil)
}

// flags by upstream's names, with upstream's defaults.
func flags(told *config.ControllerConfiguration) *pflag.FlagSet {
	known := pflag.NewFlagSet("controller", pflag.ContinueOnError)
	for name, text := range map[string]*string{
		"kubeconfig":                      &told.KubeConfig,
		"cluster-resource-namespace":      &told.ClusterResourceNamespace,
		"leader-election-namespace":       &told.LeaderElectionConfig.Namespace,
		"acme-http01-solver-image":        &told.ACMEHTTP01Config.SolverImage,
		"metrics-listen-address":          &told.MetricsListenAddress,
		"internal-healthz-listen-address": &told.HealthzListenAddress,
	} {
		known.StringVar(text, name, *text, "as upstream's")
	}
	for name, switched := range map[string]*bool{
		"leader-elect":                       &told.LeaderElectionConfig.Enabled,
		"enable-certificate-owner-ref":       &told.EnableCertificateOwnerRef,
		"cluster-issuer-ambient-credentials": &told.ClusterIssuerAmbientCredentials,
		"issuer-ambient-credentials":         &told.IssuerAmbientCredentials,
		"dns01-recursive-nameservers-only":   &told.ACMEDNS01Config.RecursiveNameserversOnly,
	} {
		known.BoolVar(switched, name, *switched, "as upstream's")
	}
	known.StringSliceVar(&told.Controllers, "controllers", told.Controllers, "`*`, names, and `-` before those left out")
	nameservers := &told.ACMEDNS01Config.RecursiveNameservers
	known.StringSliceVar(nameservers, "dns01-recursive-nameservers", *nameservers, "address:port")
	known.IntVar(&told.MaxConcurrentChallenges, "max-concurrent-challenges", told.MaxConcurrentChallenges, "at once")
	return known
}

func run(ctx context.Context, told *config.ControllerConfiguration) error {
	contexts, err := contexts(ctx, told)
	if err != nil {
		return err
	}
	shared, err := contexts.Build()
	if err != nil {
		return err
	}
	// All that runs ends with the first that fails: a pod that does half of its work is worse than one that starts again.
	running, ctx := errgroup.WithContext(ctx)
	elected := make(chan struct{})
	if err := answer(ctx, running, told, shared, elected); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return running.Wait()
	case <-elected:
	}
	for name, build := range controller.Known() {
		if !enabled(told.Controllers, name) {
			continue
		}
		loop, err := build(contexts)
		if err != nil {
			return err
		}
		logf.FromContext(ctx).Info("starting", "loop", name)
		running.Go(func() error { return loop.Run(told.NumberOfConcurrentWorkers, ctx) })
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	return running.Wait()
}

func enabled(asked []string, name string) bool {
	if slices.Contains(asked, "-"+name) {
		return false
	}
	usual := slices.Contains(asked, "*") && slices.Contains(builtin.DefaultEnabledControllers, name)
	return usual || slices.Contains(asked, name)
}
