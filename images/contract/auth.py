"""Names the ways in which callers of the HTTP API say who they are."""

IAM = "iam"  # a request signed with AWS's signature, version 4
JWT = "jwt"  # a bearer token of an issuer that the deployment trusts
NONE = "none"
MODES = (IAM, JWT, NONE)
