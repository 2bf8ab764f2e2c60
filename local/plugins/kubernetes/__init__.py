"""The `kubernetes` provider: what the official plugin does for a program, on server-side apply and plain HTTP.

Where it differs from the official plugin on purpose:
- a name that it makes itself (and the field manager) is derived from the resource's URN, so that an update that was
  killed between the API server's answer and the state file finds its object again instead of making a second one;
- an edit by hand (`kubectl edit`, `scale`, `label`...) of a field that the program sets loses to the program; a field
  that a controller owns is a conflict, as in the official plugin;
- a Service does not wait for pods that do not exist yet, and an Ingress is not waited for at all;
- `metadata.managedFields` is left out of the state.
"""
