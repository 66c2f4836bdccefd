"""How a deployment is talked to: HTTP with requests, the Lambda and Logs APIs with boto3."""
