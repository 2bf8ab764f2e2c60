// Writes into webhooks' registrations by whom they are signed. The loops are upstream's; its command is a module that
// proxies lack.
package main

import (
	"context"
	"log"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	aggregation "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/cert-manager/cert-manager/cmd/started"
	config "github.com/cert-manager/cert-manager/internal/apis/config/cainjector"
	configscheme "github.com/cert-manager/cert-manager/internal/apis/config/cainjector/scheme"
	"github.com/cert-manager/cert-manager/internal/kube"
	"github.com/cert-manager/cert-manager/pkg/apis/config/cainjector/v1alpha1"
	certscheme "github.com/cert-manager/cert-manager/pkg/client/clientset/versioned/scheme"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	"github.com/cert-manager/cert-manager/pkg/util"
)

func main() {
	told, err := defaults()
	if err != nil {
		log.Fatal(err)
	}
	flags := pflag.NewFlagSet("cainjector", pflag.ContinueOnError)
	flags.StringVar(&told.KubeConfig, "kubeconfig", "", "how to reach the API server from outside of the cluster")
	flags.StringVar(&told.Namespace, "namespace", "", "the one whose Secrets are read, in place of all")
	election := &told.LeaderElectionConfig
	flags.BoolVar(&election.Enabled, "leader-elect", election.Enabled, "whether one of several works")
	flags.StringVar(&election.Namespace, "leader-election-namespace", election.Namespace, "where they agree on which")
	flags.BoolVar(&told.EnableDataSourceConfig.Certificates, "enable-certificates-data-source", true, "read Certificates")
	into := &told.EnableInjectableConfig
	flags.BoolVar(&into.APIServices, "enable-apiservices-injectable", true, "write into APIServices")
	flags.BoolVar(&into.CustomResourceDefinitions, "enable-customresourcedefinitions-injectable", true, "and definitions")
	flags.StringVar(&told.MetricsListenAddress, "metrics-listen-address", told.MetricsListenAddress, "for Prometheus")
	started.Program("cainjector", flags, &told.Logging, func(ctx context.Context) error { return run(ctx, told) })
}

func defaults() (*config.CAInjectorConfiguration, error) {
	scheme, _, err := configscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	published, told := &v1alpha1.CAInjectorConfiguration{}, &config.CAInjectorConfiguration{}
	scheme.Default(published)
	return told, scheme.Convert(published, told, nil)
}

func run(ctx context.Context, told *config.CAInjectorConfiguration) error {
	login, err := kube.BuildClientConfig("", told.KubeConfig)
	if err != nil {
		return err
	}
	kinds := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme, certscheme.AddToScheme, apiextensions.AddToScheme, aggregation.AddToScheme,
	} {
		if err := add(kinds); err != nil {
			return err
		}
	}
	manager, err := ctrl.NewManager(util.RestConfigWithUserAgent(login, "cainjector"), options(told, kinds))
	if err != nil {
		return err
	}
	err = cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
		Namespace:                    told.Namespace,
		EnableCertificatesDataSource: told.EnableDataSourceConfig.Certificates,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   told.EnableInjectableConfig.MutatingWebhookConfigurations,
			cainjector.ValidatingWebhookConfigurationName: told.EnableInjectableConfig.ValidatingWebhookConfigurations,
			cainjector.APIServiceName:                     told.EnableInjectableConfig.APIServices,
			cainjector.CustomResourceDefinitionName:       told.EnableInjectableConfig.CustomResourceDefinitions,
		},
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

// options as upstream's: Secrets are read one by one, and never kept.
func options(told *config.CAInjectorConfiguration, kinds *runtime.Scheme) ctrl.Options {
	election := &told.LeaderElectionConfig
	var namespaces map[string]cache.Config
	if told.Namespace != "" {
		namespaces = map[string]cache.Config{told.Namespace: {}}
	}
	return ctrl.Options{
		Scheme:                        kinds,
		Cache:                         cache.Options{ReaderFailOnMissingInformer: true, DefaultNamespaces: namespaces},
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		Metrics:                       server.Options{BindAddress: told.MetricsListenAddress},
		LeaderElection:                election.Enabled,
		LeaderElectionNamespace:       election.Namespace,
		LeaderElectionID:              "cert-manager-cainjector-leader-election",
		LeaderElectionReleaseOnCancel: true,
		LeaderElectionResourceLock:    resourcelock.LeasesResourceLock,
		LeaseDuration:                 &election.LeaseDuration,
		RenewDeadline:                 &election.RenewDeadline,
		RetryPeriod:                   &election.RetryPeriod,
	}
}
