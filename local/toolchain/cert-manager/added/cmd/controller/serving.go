package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	dnsutil "github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/util"
)

// contexts of the loops: what they were told, and their login.
func contexts(ctx context.Context, told *config.ControllerConfiguration) (*controller.ContextFactory, error) {
	nameservers := told.ACMEDNS01Config.RecursiveNameservers
	if len(nameservers) == 0 {
		nameservers = dnsutil.RecursiveNameservers
	}
	return controller.NewContextFactory(ctx, controller.ContextOptions{
		Kubeconfig:         told.KubeConfig,
		KubernetesAPIQPS:   told.KubernetesAPIQPS,
		KubernetesAPIBurst: told.KubernetesAPIBurst,
		ACMEOptions: controller.ACMEOptions{
			// Challenges by HTTP have no rights, so nothing starts it; but it is told of as upstream's is.
			HTTP01SolverImage:       told.ACMEHTTP01Config.SolverImage,
			DNS01Nameservers:        nameservers,
			DNS01CheckAuthoritative: !told.ACMEDNS01Config.RecursiveNameserversOnly,
			DNS01CheckRetryPeriod:   told.ACMEDNS01Config.CheckRetryPeriod,
		},
		SchedulerOptions: controller.SchedulerOptions{MaxConcurrentChallenges: told.MaxConcurrentChallenges},
		IssuerOptions: controller.IssuerOptions{
			ClusterResourceNamespace:        told.ClusterResourceNamespace,
			ClusterIssuerAmbientCredentials: told.ClusterIssuerAmbientCredentials,
			IssuerAmbientCredentials:        told.IssuerAmbientCredentials,
		},
		CertificateOptions: controller.CertificateOptions{
			EnableOwnerRef:                           told.EnableCertificateOwnerRef,
			CopiedAnnotationPrefixes:                 told.CopiedAnnotationPrefixes,
			CertificateRequestMinimumBackoffDuration: told.CertificateRequestMinimumBackoffDuration,
			CertificateRequestMaximumBackoffDuration: told.CertificateRequestMaximumBackoffDuration,
		},
	})
}

// answer whether it lives and what it counts, and close `elected` once this one of several is to work.
func answer(
	ctx context.Context,
	running *errgroup.Group,
	told *config.ControllerConfiguration,
	shared *controller.Context,
	elected chan struct{},
) error {
	var listen net.ListenConfig
	counted, err := listen.Listen(ctx, "tcp", told.MetricsListenAddress)
	if err != nil {
		return err
	}
	asked, err := listen.Listen(ctx, "tcp", told.HealthzListenAddress)
	if err != nil {
		return err
	}
	certificates := shared.SharedInformerFactory.Certmanager().V1()
	shared.Metrics.SetupACMECollector(shared.SharedInformerFactory.Acme().V1().Challenges().Lister())
	shared.Metrics.SetupCertificateCollector(certificates.Certificates().Lister())
	shared.Metrics.SetupIssuerCollector(certificates.Issuers().Lister())
	shared.Metrics.SetupClusterIssuerCollector(certificates.ClusterIssuers().Lister())
	metrics := shared.Metrics.NewServer(counted)
	running.Go(func() error {
		if err := metrics.Serve(counted); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	running.Go(func() error {
		<-ctx.Done()
		return metrics.Close()
	})
	health := healthz.NewServer(told.LeaderElectionConfig.HealthzTimeout)
	running.Go(func() error { return health.Start(ctx, asked) })
	if !told.LeaderElectionConfig.Enabled {
		close(elected)
		return nil
	}
	return elect(ctx, running, told, shared, health, elected)
}

// elect by a Lease: whoever loses it ends, so that two never work at once.
func elect(
	ctx context.Context,
	running *errgroup.Group,
	told *config.ControllerConfiguration,
	shared *controller.Context,
	health *healthz.Server,
	elected chan struct{},
) error {
	self, err := os.Hostname()
	if err != nil {
		return err
	}
	election := told.LeaderElectionConfig
	lease, err := resourcelock.New(
		resourcelock.LeasesResourceLock, election.Namespace, "cert-manager-controller",
		shared.Client.CoreV1(), shared.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: self + "-external-cert-manager-controller", EventRecorder: shared.Recorder},
	)
	if err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lease,
		LeaseDuration:   election.LeaseDuration,
		RenewDeadline:   election.RenewDeadline,
		RetryPeriod:     election.RetryPeriod,
		ReleaseOnCancel: true,
		WatchDog:        health.LeaderHealthzAdaptor,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(elected) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	running.Go(func() error {
		elector.Run(ctx)
		if ctx.Err() == nil {
			return errors.New("another one leads")
		}
		return nil
	})
	return nil
}
