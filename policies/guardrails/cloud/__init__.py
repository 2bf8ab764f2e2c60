"""The rules on what clouds offer: by the type of a resource, as pulumi-aws 7 and pulumi-gcp 9 name them."""
