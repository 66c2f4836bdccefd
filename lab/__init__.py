"""A local AWS account made of real parts: Lambda (RIE), its API, an HTTP API, S3, a mounted file system, an image."""
