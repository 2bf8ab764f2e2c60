// Command csi-node-driver-registrar tells the kubelet that there is a CSI driver on this node, and where it listens.
//
// It stands in for the program of that name of the Kubernetes project, whose Go module no proxy serves: the same
// protocols and the same two flags, and nothing else of it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const registry = "/registration"

// driver answers the kubelet, which finds its socket in the folder of plugins.
type driver struct {
	registration.UnimplementedRegistrationServer
	name, endpoint string
}

func (d driver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: d.name, Endpoint: d.endpoint, SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (d driver) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (
	*registration.RegistrationStatusResponse, error,
) {
	if !status.PluginRegistered {
		log.Fatalf("the kubelet refused %s: %s", d.name, status.Error)
	}
	log.Printf("the kubelet has registered %s", d.name)
	return &registration.RegistrationStatusResponse{}, nil
}

func main() {
	address := flag.String("csi-address", "/run/csi/socket", "socket of the CSI driver, as seen from here")
	endpoint := flag.String("kubelet-registration-path", "", "the same socket, as the kubelet sees it")
	flag.Int("v", 0, "taken, for the sake of those who set it")
	flag.Parse()
	if err := serve(*address, *endpoint); err != nil {
		log.Fatal(err)
	}
}

func serve(address, endpoint string) error {
	name, err := nameOf(address)
	if err != nil {
		return fmt.Errorf("asking the driver for its name: %w", err)
	}
	socket := filepath.Join(registry, name+"-reg.sock")
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, driver{name: name, endpoint: endpoint})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-stop; server.Stop() }() // which removes the socket: the kubelet forgets the driver
	return server.Serve(listener)
}

// nameOf waits for the driver, which starts at the same time.
func nameOf(address string) (string, error) {
	connection, err := grpc.NewClient("unix://"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	patience, done := context.WithTimeout(context.Background(), 2*time.Minute)
	defer done()
	identity := csi.NewIdentityClient(connection)
	answer, err := identity.GetPluginInfo(patience, &csi.GetPluginInfoRequest{}, grpc.WaitForReady(true))
	return answer.GetName(), err
}
