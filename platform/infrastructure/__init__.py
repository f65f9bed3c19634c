"""The platform on AWS, as code: what `make synth` makes CloudFormation of, one file a subject, with CDK.

What differs between stages is in `stages.yaml` alone, read by `stages`; what a task of ECS is told is in `environment`.
Nothing here runs on AWS, and nothing of Tributary imports it.
"""
