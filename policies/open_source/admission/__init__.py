"""The rules on images as the API server can enforce them: what operators create at run time is judged too.

A ValidatingAdmissionPolicy has no catalogue and no Python, so both are put into its terms. What the catalogue and a
stack's settings allow becomes a ConfigMap (`parameter`); finding, reading and judging images becomes CEL (`workloads`,
`shapes`, `reading`, `verdict`); `objects` makes Kubernetes objects of them.
"""
