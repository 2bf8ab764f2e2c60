"""An environment on this machine: engine, plugins, cluster and images, built from source. Nothing else imports it."""
