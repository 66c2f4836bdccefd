"""Where the functions under test are: the lab, a Pulumi stack, or a file of outputs."""
