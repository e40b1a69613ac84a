"""SageMaker on one machine: the part of its API that this project uses, over real containers run as processes.

The local AWS (ministack) has S3, SNS and Lambda but no SageMaker. This emulator keeps models, endpoint configs and
endpoints, takes asynchronous invocations, posts them to the container and tells the result through S3 and SNS.
"""
