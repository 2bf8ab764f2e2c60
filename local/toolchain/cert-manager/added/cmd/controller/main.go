// Keeps Issuers, Certificates and what authorities ask for. The loops are upstream's, but for those of Vault and
// Venafi; its command is a module that proxies lack.
package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	logsapi "k8s.io/component-base/logs/api/v1"

	"github.com/cert-manager/cert-manager/cmd/started"
	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmechallenges"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmeorders"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/acme"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

func main() {
	told := defaults()
	started.Program("controller", flags(told), &told.Logging, func(ctx context.Context) error { return run(ctx, told) })
}

// defaults are upstream's. Its own are in a package that stands on Venafi's client, which proxies lack.
func defaults() *config.ControllerConfiguration {
	told := &config.ControllerConfiguration{
		KubernetesAPIQPS:                20,
		KubernetesAPIBurst:              50,
		ClusterResourceNamespace:        "kube-system",
		Controllers:                     []string{"*"},
		ClusterIssuerAmbientCredentials: true,
		CopiedAnnotationPrefixes: []string{
			"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/",
		},
		NumberOfConcurrentWorkers:                5,
		MaxConcurrentChallenges:                  60,
		MetricsListenAddress:                     "0.0.0.0:9402",
		HealthzListenAddress:                     "0.0.0.0:9403",
		CertificateRequestMinimumBackoffDuration: time.Hour,
		CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
	}
	election := &told.LeaderElectionConfig
	election.Enabled, election.Namespace = true, "kube-system"
	election.LeaseDuration, election.RenewDeadline = time.Minute, 40*time.Second
	election.RetryPeriod, election.HealthzTimeout = 15*time.Second, 20*time.Second
	told.ACMEDNS01Config.CheckRetryPeriod = 10 * time.Second
	logsapi.SetRecommendedLoggingConfiguration(&told.Logging)
	return told
}

// flags by upstream's names.
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
	return !slices.Contains(asked, "-"+name) && (slices.Contains(asked, "*") || slices.Contains(asked, name))
}
